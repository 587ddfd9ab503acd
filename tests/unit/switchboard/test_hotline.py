"""A12's commands: a sales pitch uses no turn, and a caller may refuse an agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.events.errors import CommandError, ErrorCode
from callcenter.switchboard.returning import kept_claims
from tests.board import Phone, Switchboard
from tests.support import eventually
from tests.unit.switchboard.flows import Floor, floor

IN_TURN = """
[start]
open = "ring"
[group.all]
order = "in_turn"
agents = ["1", "2", "3"]
returning = 7
[step.ring]
do = "ring"
group = "all"
"""
NUMBER = "13800138000"


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Floor]:
    async with floor(tmp_path, IN_TURN) as running:
        yield running


async def called(on: Floor, number: str) -> Phone:
    """Somebody outside who talks with whoever's turn it is."""
    caller = await on.caller()
    await caller.dial("8000", caller=number)
    await caller.connected()
    return caller


def served_by(desk: Switchboard) -> str:
    live = next(iter(desk.board.calls.values()))
    return next(leg.party for leg in live.legs if leg is not live.caller)


async def over(on: Floor, caller: Phone) -> None:
    caller.call.hangup()
    await eventually(lambda: not on.desk.board.calls)
    await eventually(lambda: all(map(on.desk.board.agents.available, "123")))


async def test_a_sales_pitch_uses_no_turn_this_time_and_the_next(on: Floor) -> None:
    for number in "123":
        await on.phone(number)
    caller = await called(on, NUMBER)
    live = await on.desk.live()
    assert served_by(on.desk) == "1"
    assert await on.desk.command("sales_call", by="1", call_id=live.id) == {
        "call_id": live.id,
        "turn_given_back": True,
    }
    await over(on, caller)
    rung = []
    for number in ("139", NUMBER, "137", "136"):
        caller = await called(on, number)
        rung.append(served_by(on.desk))
        await over(on, caller)
    assert rung == ["1", "1", "2", "3"]  # the second is the seller's, for whom it was nobody's turn


async def test_a_caller_refuses_an_agent_for_good(on: Floor) -> None:
    for number in "123":
        await on.phone(number)
    caller = await called(on, NUMBER)
    live = await on.desk.live()
    assert served_by(on.desk) == "1"
    await on.desk.command("refuse_agent", by="1", call_id=live.id, agent="1")
    await over(on, caller)
    caller = await called(on, NUMBER)
    assert served_by(on.desk) == "2"
    await over(on, caller)
    caller = await called(on, NUMBER)
    assert served_by(on.desk) == "2"  # who first served them now
    await over(on, caller)
    board = on.desk.board
    await board.ledger.flush()
    kept = await asyncio.to_thread(kept_claims, on.desk.engine, {"front": 7}, board.now().utc)
    assert kept.holder("front", NUMBER, board.now().utc) == "2"
    assert kept.refused("front", NUMBER) == {"1"}


async def test_what_cannot_be_said(on: Floor) -> None:
    one, two = await on.phone("1"), await on.phone("2")
    await called(on, NUMBER)
    live = await on.desk.live()
    with pytest.raises(CommandError) as refused:
        await on.desk.command("refuse_agent", by="1", call_id=live.id, agent="99")
    assert refused.value.code is ErrorCode.INVALID
    with pytest.raises(CommandError) as refused:
        await on.desk.command("sales_call", by="2", call_id=live.id)
    assert refused.value.code is ErrorCode.FORBIDDEN
    one.call.hangup()
    await eventually(lambda: not on.desk.board.calls)
    await two.dial("1")
    await two.connected()
    live = await on.desk.live()
    with pytest.raises(CommandError) as refused:
        await on.desk.command("sales_call", by="2", call_id=live.id)
    assert refused.value.code is ErrorCode.CONFLICT
