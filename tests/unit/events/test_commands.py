from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from callcenter.events.client import MqttClient
from callcenter.events.commands import CommandClient, Handler, serve_commands
from callcenter.events.errors import CommandError
from tests.servers import ServerProcess
from tests.support import eventually, scaled
from tests.unit.events.conftest import connected


async def hang_up(args: dict[str, Any]) -> Mapping[str, Any]:
    if args.get("call_id") == "gone":
        raise CommandError("not_found", "no call gone")
    if args.get("call_id") == "bug":
        raise RuntimeError("a fault of ours, with a secret")
    return {"hung_up": args["call_id"]}


@asynccontextmanager
async def desk(url: str, handlers: Mapping[str, Handler]) -> AsyncIterator[tuple[CommandClient, MqttClient]]:
    """A client that asks, and a server with the handlers."""
    async with connected(url, "switchboard") as server, connected(url, "web") as asker:
        serving = asyncio.create_task(serve_commands(server, "main", handlers))
        try:
            async with CommandClient(asker).running() as commands:
                yield commands, server
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def test_a_command_is_done_and_answered(url: str) -> None:
    async with desk(url, {"hangup": hang_up}) as (commands, _):
        assert await commands.request("hangup", {"call_id": "c1"}, scaled(10)) == {"hung_up": "c1"}


async def test_a_refusal_has_its_code_and_message(url: str) -> None:
    async with desk(url, {"hangup": hang_up}) as (commands, _):
        with pytest.raises(CommandError, match="no call gone") as caught:
            await commands.request("hangup", {"call_id": "gone"}, scaled(10))
        assert caught.value.code == "not_found"


async def test_a_fault_is_logged_and_answered_without_its_details(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with desk(url, {"hangup": hang_up}) as (commands, _):
        with pytest.raises(CommandError, match="log") as caught:
            await commands.request("hangup", {"call_id": "bug"}, scaled(10))
    assert caught.value.code == "unavailable"
    assert "secret" not in caught.value.message
    assert "command failed name=hangup" in caplog.text


async def test_nobody_answers(url: str) -> None:
    async with desk(url, {"hangup": hang_up}) as (commands, _):
        with pytest.raises(CommandError, match="nobody answered transfer") as caught:
            await commands.request("transfer", {}, 0.2)
        assert caught.value.code == "unavailable"


async def test_a_repeated_command_is_done_once_and_answered_again(url: str) -> None:
    done: list[str] = []
    proceed = asyncio.Event()

    async def slow(args: dict[str, Any]) -> Mapping[str, Any]:
        done.append(args["call_id"])
        await proceed.wait()
        return {"times": len(done)}

    topic = "callcenter/v1/main/replies/tester"
    payload = json.dumps({"id": "same", "reply_to": topic, "args": {"call_id": "c1"}}).encode()
    async with desk(url, {"slow": slow}) as (_, server), connected(url) as tester:
        await eventually(lambda: server.connected)
        async with tester.subscribe(topic) as replies:
            await eventually(
                lambda: asyncio.create_task(tester.publish("callcenter/v1/main/commands/slow", payload))
            )
            await eventually(lambda: done)
            await tester.publish("callcenter/v1/main/commands/slow", payload)
            proceed.set()
            await asyncio.wait_for(anext(replies), scaled(10))
            await tester.publish("callcenter/v1/main/commands/slow", payload)
            for _ in range(2):
                reply = json.loads((await asyncio.wait_for(anext(replies), scaled(10))).payload)
                assert reply == {"id": "same", "ok": True, "result": {"times": 1}}
    assert done == ["c1"]


async def test_a_command_asked_while_the_broker_is_away_is_answered_when_it_is_back(
    url: str, broker: ServerProcess
) -> None:
    async with desk(url, {"hangup": hang_up}) as (commands, _):
        broker.kill()
        asking = asyncio.create_task(commands.request("hangup", {"call_id": "c1"}, scaled(30)))
        await asyncio.to_thread(broker.start)
        assert await asking == {"hung_up": "c1"}


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"id": 1, "reply_to": "callcenter/v1/main/replies/x"}',
        b'{"id": "1"}',
        b'{"id": "1", "reply_to": "callcenter/v1/main/commands/hangup"}',
        b'{"id": "1", "reply_to": "somewhere/else"}',
    ],
)
async def test_what_is_no_command_is_left_alone(
    url: str, payload: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with desk(url, {"hangup": hang_up}) as (commands, server):
        assert await commands.request("hangup", {"call_id": "c1"}, scaled(10))
        async with server.subscribe("somewhere/else") as elsewhere:
            await server.publish("callcenter/v1/main/commands/hangup", payload or b" ")
            await eventually(lambda: "command ignored" in caplog.text)
            assert await commands.request("hangup", {"call_id": "c2"}, scaled(10)) == {"hung_up": "c2"}
            assert not elsewhere._messages
