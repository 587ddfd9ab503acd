from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path

import pytest

from callcenter.events.broker import run
from callcenter.events.errors import BrokerError
from tests.servers import embedded_broker
from tests.support import eventually, free_port
from tests.unit.events.conftest import connected


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "broker.example"])
async def test_it_listens_to_this_machine_only(host: str) -> None:
    with pytest.raises(BrokerError, match="Mosquitto"):
        await run(host, free_port())


async def test_a_taken_port_is_explained(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BrokerError, match=f"port {port} on 127.0.0.1 is taken"):
            await run("127.0.0.1", port)
    assert caplog.text == ""


async def test_it_runs_until_cancelled_on_a_port_of_its_choice(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ports: list[int] = []
    broker = asyncio.create_task(run("127.0.0.1", 0, ready=ports.append))
    await eventually(lambda: ports)
    async with connected(f"mqtt://127.0.0.1:{ports[0]}") as client, client.subscribe("a") as messages:
        await client.publish("a", b"1")
        assert (await anext(messages)).payload == b"1"
    broker.cancel()
    await asyncio.gather(broker, return_exceptions=True)
    assert [
        record.name for record in caplog.records if record.name.startswith(("amqtt", "transitions"))
    ] == []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", ports[0]))


def test_it_starts_again_at_once_on_its_port(tmp_path: Path) -> None:
    server = embedded_broker(tmp_path)
    server.start()
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            server.kill()
            server.start()
            assert client.fileno() >= 0
    server.kill()
