"""kill -9 of a broker, and of a publisher, while events flow: none is lost, doubles keep their id."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import col

from callcenter.domain.calls import CallFacts, Direction, EventName, Line
from callcenter.domain.cloudevents import CloudEvent
from callcenter.domain.topics import calls_filter
from callcenter.events.client import MqttClient
from callcenter.events.publisher import Seen, publish_outbox
from callcenter.store.engine import make_engine, session
from callcenter.store.ledger import CallChanged, Ledger, utc_now
from callcenter.store.migrate import upgrade
from callcenter.store.tables import Outbox
from tests.servers import ServerProcess, embedded_broker, mosquitto
from tests.support import eventually, scaled


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    server = embedded_broker(tmp_path) if request.param == "embedded" else mosquitto(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'callcenter.db'}"
    upgrade(url)
    engine = make_engine(url)
    yield engine
    engine.dispose()


def call(number: int) -> CallFacts:
    return CallFacts(
        id=f"c{number}",
        direction=Direction.INBOUND,
        line=Line.EXTERNAL,
        caller="13800000000",
        callee="8000",
        started_at=utc_now(),
    )


class Listener:
    """A consumer that ignores the ids it has seen, as consumers must."""

    def __init__(self, client: MqttClient) -> None:
        self.calls: list[str] = []
        self.copies = 0
        self._client, self._seen = client, Seen()

    async def run(self) -> None:
        async with self._client.subscribe(calls_filter("main")) as messages:
            async for message in messages:
                event = CloudEvent.parse(message.payload)
                self.copies += 1
                if self._seen.first(event.id):
                    self.calls.append(event.subject)


async def heard(listener: Listener, count: int) -> None:
    await eventually(lambda: len(listener.calls) >= count, 40, message=f"not {count} events were heard")


def unpublished(engine: Engine) -> int:
    with session(engine) as work:
        return work.scalar(select(func.count()).where(col(Outbox.published_at).is_(None))) or 0


async def test_a_broker_killed_while_events_flow(broker: ServerProcess, engine: Engine) -> None:
    url, wake = f"mqtt://127.0.0.1:{broker.port}", asyncio.Event()
    switchboard, web = (
        MqttClient(url, site="main", role="switchboard"),
        MqttClient(url, site="main", role="web"),
    )
    listener, ledger = Listener(web), Ledger(engine, "main", "node", wake.set)
    publishing = publish_outbox(switchboard, engine, "switchboard", wake)
    tasks = [asyncio.create_task(work) for work in (switchboard.run(), web.run(), listener.run(), publishing)]
    try:
        await asyncio.wait_for(web.wait_connected(), scaled(20))
        told = 0
        for _ in range(2):
            for step in range(150):
                ledger.put(CallChanged(call(told), EventName.STARTED))
                told += 1
                if step == 75:
                    broker.kill()
                if step == 100:
                    await asyncio.to_thread(broker.start)
                await asyncio.sleep(0.005)  # calls come one after another
            wanted = [f"c{number}" for number in range(told)]
            await heard(listener, told)
            assert listener.calls == wanted
            await eventually(lambda: unpublished(engine) == 0)
        assert switchboard.connections == web.connections == 3
    finally:
        await ledger.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


PUBLISHER = """
import asyncio, sys
from callcenter.events.client import MqttClient
from callcenter.events.publisher import publish_outbox
from callcenter.store.engine import make_engine
async def main():
    client = MqttClient(sys.argv[1], site="main", role="switchboard")
    wake = asyncio.Event()
    await asyncio.gather(client.run(), publish_outbox(client, make_engine(sys.argv[2]), "switchboard", wake))
asyncio.run(main())
"""


async def test_a_publisher_killed_while_it_publishes(broker: ServerProcess, engine: Engine) -> None:
    url, told = f"mqtt://127.0.0.1:{broker.port}", 3000
    ledger = Ledger(engine, "main", "node", lambda: None)
    for number in range(told):
        ledger.put(CallChanged(call(number), EventName.STARTED))
    await ledger.close(scaled(60))
    web = MqttClient(url, site="main", role="web")
    listener = Listener(web)
    tasks = [asyncio.create_task(work) for work in (web.run(), listener.run())]
    kills = 0
    try:
        await asyncio.wait_for(web.wait_connected(), scaled(20))
        while unpublished(engine):
            before = len(listener.calls)
            command = [sys.executable, "-c", PUBLISHER, url, str(engine.url)]
            publisher = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE)
            if before < told:
                await heard(listener, min(before + 700, told))
            else:  # killed after the last was told and before that was noted: they are told once more
                await eventually(lambda: not unpublished(engine))
            publisher.send_signal(signal.SIGKILL)
            await publisher.communicate()
            kills += 1
        await heard(listener, told)
        assert listener.calls == [f"c{number}" for number in range(told)]
        assert kills >= 3
        assert listener.copies >= told
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_embedded_broker_is_quiet_about_clients_that_vanish(tmp_path: Path) -> None:
    """Clients that are killed, or speak no MQTT, neither stop it nor leave a traceback in the log."""
    server = embedded_broker(tmp_path)
    await asyncio.to_thread(server.start)
    url = f"mqtt://127.0.0.1:{server.port}"
    client = MqttClient(url, site="main", role="web")
    running = asyncio.create_task(client.run())
    try:
        async with client.subscribe("callcenter/v1/main/status/scribe") as messages:
            await asyncio.wait_for(client.wait_connected(), scaled(20))
            role = await asyncio.create_subprocess_exec(sys.executable, "-c", SCRIBE, url)
            assert b"online" in (await asyncio.wait_for(anext(messages), scaled(20))).payload
            role.kill()
            await role.wait()
            for junk in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, b"\x10\xff\xff\xff\xff\x7f"):
                with socket.create_connection(("127.0.0.1", server.port)) as peer:
                    peer.sendall(junk)
            assert b"offline" in (await asyncio.wait_for(anext(messages), scaled(20))).payload
            for _ in range(20):
                await client.publish("callcenter/v1/main/status/scribe", b"{}")
        assert client.connections == 1
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        server.kill()
    assert "Traceback" not in server.words(), server.words()


SCRIBE = """
import asyncio, sys
from callcenter.events.client import MqttClient
from callcenter.events.status import publish_status
async def main():
    client = MqttClient(sys.argv[1], site="main", role="scribe")
    await asyncio.gather(client.run(), publish_status(client, "scribe", dict))
asyncio.run(main())
"""
