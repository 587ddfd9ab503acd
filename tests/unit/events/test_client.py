from __future__ import annotations

import asyncio
import json
import logging
import sys
from pathlib import Path

import pytest

from callcenter.events import client as clients
from callcenter.events.client import Message, MqttClient, Subscription
from callcenter.events.errors import Disconnected
from callcenter.events.status import publish_status
from tests.servers import ServerProcess, mosquitto
from tests.support import eventually, scaled
from tests.unit.events.conftest import connected


async def next_of(messages: Subscription) -> Message:
    return await asyncio.wait_for(anext(messages), scaled(10))


async def test_what_is_published_arrives_in_order(url: str) -> None:
    async with connected(url) as writer, connected(url) as reader, reader.subscribe("a/+") as messages:
        await asyncio.gather(*(writer.publish("a/x", str(number).encode()) for number in range(300)))
        assert [int((await next_of(messages)).payload) for _ in range(300)] == list(range(300))


async def test_each_subscription_gets_its_own_and_no_more_after_its_end(url: str) -> None:
    async with connected(url) as client, client.subscribe("a/+") as first:
        async with client.subscribe("b") as second:
            await client.publish("a/1", b"one")
            await client.publish("b", b"two")
            assert (await next_of(first)).payload == b"one"
            assert (await next_of(second)).payload == b"two"
        async with client.subscribe("a/+") as third:
            await client.publish("a/2", b"three")
            assert (await next_of(third)).payload == b"three"
        assert (await next_of(first)).payload == b"three"
        await client.publish("a/3", b"four")
        assert (await next_of(first)).payload == b"four"


async def test_a_connection_comes_back_with_its_subscriptions(url: str, broker: ServerProcess) -> None:
    async with connected(url) as client, client.subscribe("before") as before:
        broker.kill()
        await asyncio.wait_for(client.wait_disconnected(), scaled(10))
        with pytest.raises(Disconnected):
            await client.publish("before", b"lost")
        async with client.subscribe("during") as during:
            await asyncio.to_thread(broker.start)
            await asyncio.wait_for(client.wait_connected(), scaled(10))
            assert client.connections == 2
            await client.publish("before", b"1")
            await client.publish("during", b"2")
            assert (await next_of(before)).payload == b"1"
            assert (await next_of(during)).payload == b"2"


async def test_the_status_is_online_while_the_role_lives_and_offline_when_it_left(url: str) -> None:
    async with connected(url) as reader, reader.subscribe("callcenter/v1/main/status/+") as messages:
        async with connected(url, role="web") as client:
            beat = asyncio.create_task(publish_status(client, "web", lambda: {"calls": 3}, every=0.05))
            for _ in range(2):
                status = json.loads((await next_of(messages)).payload)
                assert (status["state"], status["metrics"]) == ("online", {"calls": 3})
                assert status["at"].endswith("Z")
            beat.cancel()
        await said_offline(messages)
    async with connected(url) as late, late.subscribe("callcenter/v1/main/status/web") as messages:
        kept = await next_of(messages)
        assert kept.retained
        assert json.loads(kept.payload)["state"] == "offline"


async def said_offline(messages: Subscription) -> None:
    while json.loads((await next_of(messages)).payload)["state"] != "offline":
        continue


async def test_a_role_that_vanishes_is_said_to_be_offline_by_the_broker(url: str) -> None:
    code = f"""
import asyncio
from callcenter.events.client import MqttClient
from callcenter.events.status import publish_status
async def main():
    client = MqttClient({url!r}, site="main", role="scribe")
    await asyncio.gather(client.run(), publish_status(client, "scribe", dict))
asyncio.run(main())
"""
    async with connected(url) as reader, reader.subscribe("callcenter/v1/main/status/scribe") as messages:
        role = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
        assert json.loads((await next_of(messages)).payload)["state"] == "online"
        role.kill()
        await role.wait()
        await said_offline(messages)


async def test_user_and_password(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    server = mosquitto(tmp_path, user="desk", password="ge/heim")
    server.start()
    try:
        async with connected(f"mqtt://desk:ge%2Fheim@127.0.0.1:{server.port}") as client:
            await client.publish("a", b"1")
        refused = MqttClient(f"mqtt://desk:falsch@127.0.0.1:{server.port}", site="main")
        running = asyncio.create_task(refused.run())
        await eventually(lambda: "uthori" in caplog.text)
        assert not refused.connected
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    finally:
        server.kill()
    assert "heim" not in caplog.text
    assert "falsch" not in caplog.text


async def test_a_broker_that_is_not_there_is_logged_once_and_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = MqttClient("mqtt://127.0.0.1:1", site="main")
    running = asyncio.create_task(client.run())
    await eventually(lambda: "mqtt disconnected broker=mqtt://127.0.0.1:1" in caplog.text)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert caplog.text.count("mqtt disconnected") == 1
    assert not client.connected


async def test_a_slow_reader_loses_the_oldest_and_is_told_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(clients, "QUEUE", 3)
    messages = Subscription("a")
    for number in range(5):
        messages.deliver(Message("a", str(number).encode()))
    assert [(await next_of(messages)).payload for _ in range(3)] == [b"2", b"3", b"4"]
    assert messages.dropped == 2
    assert "too slow" in caplog.text
