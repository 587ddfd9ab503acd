"""A group is rung in order, or all at once: who gets the call, and what the others are told."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.switchboard.dialling import Miss, Missed
from callcenter.switchboard.ringing import ELSEWHERE, worst
from tests.board import TRUNK, Phone, Switchboard, settings_for, switchboard
from tests.support import eventually
from tests.unit.sip.phone import pool


@pytest.fixture
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Switchboard]:
    seconds = getattr(request, "param", 5.0)
    settings = settings_for(tmp_path, agents=("1", "2", "3"), ring="together", ring_timeout=seconds)
    async with switchboard(settings) as running:
        yield running


@pytest.fixture
async def phones(desk: Switchboard) -> AsyncIterator[list[Phone]]:
    """The caller, who hums 440 Hz, and agents 1 to 3, who ring for ever and hum 600, 800 and 1000 Hz."""
    async with contextlib.AsyncExitStack() as stack:
        made = [Phone(TRUNK, 440.0, pool()), *(Phone(str(n), 400.0 + 200 * n, pool()) for n in (1, 2, 3))]
        for phone in made:
            await phone.start(desk.address, register=phone.number != TRUNK)
            stack.push_async_callback(phone.stop)
            phone.ring_seconds = None
        yield made


async def test_the_first_to_answer_has_the_call(desk: Switchboard, phones: list[Phone]) -> None:
    caller, *agents = phones
    agents[1].ring_seconds = 0.3
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(800.0)
    for loser in (agents[0], agents[2]):
        ended = await loser.call.over()
        assert ended.reason == ELSEWHERE
    assert desk.board.pool.in_use == 2
    caller.call.hangup()
    row = await desk.row()
    assert (row.outcome, row.three_rings, row.hung_up_by) == ("answered", "pass", "caller")
    legs = {leg.party: leg for leg in desk.legs()}
    assert [legs[n].verdict for n in ("1", "2", "3")] == ["not_applicable", "pass", "not_applicable"]
    assert [legs[n].final_status for n in ("1", "2", "3")] == [487, 200, 487]
    assert row.ring_seconds == pytest.approx(legs["2"].ring_seconds, abs=0.1)


async def test_two_answers_in_one_moment_are_one_call(desk: Switchboard, phones: list[Phone]) -> None:
    """Both 200s are there before anything is told of either."""
    caller, one, two, _ = phones
    await caller.dial("8000")
    await eventually(lambda: one.calls and two.calls and one.call.ringing_at and two.call.ringing_at)
    ours = [leg.call for leg in (await desk.live()).legs[1:3]]
    for phone in (one, two):
        await phone.pick_up()
    await caller.connected()
    await eventually(lambda: sum(call.is_over for call in ours) == 1)
    winner = one if one.call.ended is None else two
    await caller.hears(winner.hertz)
    caller.call.hangup()
    row = await desk.row()
    assert row.ended_at is not None and row.answered_at is not None
    legs = {leg.party: leg for leg in desk.legs()}
    verdicts = sorted(leg.verdict for leg in legs.values() if leg.role == "agent")
    assert (row.outcome, verdicts) == ("answered", ["not_applicable", "not_applicable", "pass"])
    assert row.talk_seconds == pytest.approx((row.ended_at - row.answered_at).total_seconds(), abs=0.1)


@pytest.mark.parametrize("desk", [0.5], indirect=True)
async def test_all_let_it_ring(desk: Switchboard, phones: list[Phone]) -> None:
    caller, *agents = phones
    agents[0].refuse = 486
    await caller.dial("8000")
    row = await desk.row()
    assert (row.outcome, row.hung_up_by) == ("no_answer", "system")  # that it rang outweighs the busy one
    assert len(agents[1].calls) == len(agents[2].calls) == 1
    assert desk.board.pool.in_use == 0


async def test_the_caller_leaves_while_all_ring(desk: Switchboard, phones: list[Phone]) -> None:
    caller, *agents = phones
    await caller.dial("8000")
    await eventually(lambda: all(agent.calls for agent in agents))
    caller.call.hangup()
    for agent in agents:
        await agent.call.over()
    assert (await desk.row()).outcome == "abandoned"
    await eventually(lambda: desk.board.pool.in_use == 0)


def test_what_the_caller_is_told_of_several_misses() -> None:
    misses = [Missed(Miss.UNREACHABLE), Missed(Miss.BUSY, 486), Missed(Miss.NO_ANSWER)]
    assert worst(misses).why is Miss.NO_ANSWER
    assert worst(misses[:2]).why is Miss.BUSY
    assert worst([]) == Missed(Miss.UNREACHABLE)
