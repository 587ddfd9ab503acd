"""The live state on its way to those who watch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callcenter.domain.cloudevents import jsonable
from callcenter.domain.topics import live_filter
from callcenter.switchboard.live import Live, look, publish_live
from callcenter.switchboard.snapshot import AgentNow, Held, Now
from tests.board import Phone, Switchboard
from tests.live_state import snapshot
from tests.servers import ServerProcess, embedded_broker
from tests.support import eventually, scaled
from tests.unit.events.conftest import connected
from tests.unit.store.facts import answered, at, call
from tests.unit.switchboard.conftest import MakePhone


def test_each_state_has_the_next_number_and_the_same_is_not_said_twice() -> None:
    states = [Now(), Now(), Now(agents=[AgentNow("1", "", "agent", True, "idle")])]
    live = Live("node-1", lambda: states.pop(0), lambda: at(0))
    first, second, third = live.payload(), live.payload(), live.payload()
    assert first is not None and second is None and third is not None
    assert [json.loads(each)["seq"] for each in (first, third)] == [1, 2]
    assert json.loads(first)["since"] == "2024-05-01T01:00:00.123456Z"


def test_a_broker_that_may_have_forgotten_is_told_again() -> None:
    live = Live("node-1", Now, lambda: at(0))
    assert live.payload() is not None
    again = live.payload(again=True)
    assert again is not None and json.loads(again)["seq"] == 2


def test_only_what_changed_is_encoded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def encoded(value: dict[str, Any]) -> Any:
        made.append(value["id"])
        return jsonable(value)

    monkeypatch.setattr("callcenter.switchboard.live.jsonable", encoded)
    one, other = call("c1"), call("c2")
    states = [Now([one, other]), Now([answered("c1"), other]), Now([other], {"c2-agent": Held(True)})]
    live = Live("node-1", lambda: states.pop(0), lambda: at(0))
    told = [json.loads(live.payload() or b"") for _ in range(3)]
    assert made == ["c1", "c2", "c1", "c2"]
    assert told[1]["calls"][0]["answered_at"] and told[2]["calls"][0]["legs"][1]["outside"]
    assert {**told[0], "calls": jsonable(snapshot("node-1", Now([one, other]))["calls"])} == told[0]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[ServerProcess]:
    server = embedded_broker(tmp_path)
    server.start()
    yield server
    server.kill()


async def test_who_comes_late_has_the_state_at_once(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, broker: ServerProcess
) -> None:
    await make_phone("1")
    await caller.dial("8000")
    await caller.connected()
    url = f"mqtt://127.0.0.1:{broker.port}"
    async with connected(url) as mine, connected(url) as late:
        publishing = asyncio.create_task(publish_live(mine, desk.board, every=0.05))
        try:
            await eventually(lambda: desk.board.ledger.backlog == 0)
            async with late.subscribe(live_filter("main")) as states, asyncio.timeout(scaled(20)):
                async for message in states:
                    state = json.loads(message.payload)
                    if [call["state"] for call in state["calls"]] == ["talking"]:
                        break
                live = await desk.live()
                await desk.command("hold", call_id=live.id, by="1")
                async for message in states:
                    newer = json.loads(message.payload)
                    if newer["calls"][0]["state"] == "held":
                        break
            assert newer["seq"] > state["seq"] and newer["since"] == state["since"]
            agents = {agent["number"]: agent for agent in newer["agents"]}
            assert agents["1"]["call_id"] == live.id and agents["1"]["registered"]
            assert not agents["2"]["registered"]
        finally:
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)


async def test_a_call_that_is_over_is_not_there(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    await make_phone("1")
    await caller.dial("8000")
    await caller.connected()
    assert len(look(desk.board).calls) == 1
    caller.call.hangup()
    await desk.row()
    assert look(desk.board).calls == []
