"""A4: a target that is busy or does not answer: the caller hears so, and the desk has them back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import Session, select

from callcenter.demo.phones.scenarios import answered, wait_bye
from callcenter.store.tables import Announcement
from tests.acceptance.switchboard.stage import AGENT, CALLER, SECOND, TARGET, Stage, settings_of, staged
from tests.spectrum import LEAST, heard
from tests.support import eventually


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path, settings_of(tmp_path, ring_timeout=1.0)) as here:
        yield here


def announced(stage: Stage) -> list[str]:
    with Session(stage.here.engine) as session:
        return [row.prompt for row in session.exec(select(Announcement))]


@pytest.mark.parametrize(
    ("ring", "prompt"), [("busy", "busy-to-desk"), ("never", "no-answer-to-desk")], ids=["busy", "no answer"]
)
@pytest.mark.parametrize("by", ["refer", "page"])
async def test_the_caller_is_told_and_comes_back_to_the_desk(
    stage: Stage, ring: str, prompt: str, by: str
) -> None:
    first, second = await stage.phone("1", AGENT), await stage.phone("2", SECOND)
    target = await stage.phone("4", TARGET, ring)
    caller = await stage.caller()
    await caller.hears(AGENT)
    await first.do("ring never")
    if by == "refer":
        await first.transfer("4")
    else:
        (call,) = stage.calls()
        await stage.transfer(call, "4")
    await caller.hears(SECOND, timeout=30.0)
    await second.hears(CALLER)
    caller.run.nudge()
    await caller.succeeded()
    (call,) = await stage.ended()
    assert (call.outcome, call.hung_up_by) == ("answered", "caller")
    assert announced(stage) == [prompt]
    assert stage.heard_prompt(caller, prompt)
    assert caller.story() == [{AGENT}, {SECOND}]
    assert target.calls == 1


async def test_nobody_at_the_desk_either(stage: Stage) -> None:
    """The caller is told so; they are not cut off without a word."""
    first = await stage.phone("1", AGENT)
    await stage.phone("4", TARGET, "busy")
    caller = await stage.phone("5", CALLER)
    await caller.dial("8000")
    await caller.hears(AGENT)
    await first.do("ring never")
    await first.transfer("4")
    await caller.wait("CALL_CLOSED", 40.0)
    (call,) = await stage.ended()
    assert (call.outcome, call.hung_up_by) == ("answered", "system")
    assert announced(stage) == ["busy-to-desk", "desk-unavailable"]
    assert await eventually(lambda: stage.heard_prompt(caller, "desk-unavailable"))
    assert heard(caller.sound(), last=LEAST) == set()


@pytest.mark.parametrize(("ring", "outcome"), [("busy", "busy"), ("never", "no_answer")])
async def test_a_desk_that_is_busy_or_does_not_answer(stage: Stage, ring: str, outcome: str) -> None:
    """Nobody of the desk can take the call: it has its outcome, by which it will be called back."""
    await stage.phone("1", AGENT, ring)
    await stage.phone("2", SECOND, ring)
    caller = await stage.phone("5", CALLER)
    await caller.dial("8000")
    await caller.wait("CALL_CLOSED", 20.0)
    (call,) = await stage.ended()
    assert (call.outcome, call.answered_at, call.three_rings) == (outcome, None, "fail")


FLOW = """
[start]
open = "ring"
[transfer]
busy = "callback"
no_answer = "other"
connected = "connected"
[group.desk]
order = "in_order"
agents = ["1", "2"]
ring_timeout = 1
[step.ring]
do = "ring"
group = "desk"
[step.callback]
do = "callback"
[step.other]
do = "extension"
number = "5"
"""


async def test_the_desks_flow_says_what_comes_next(tmp_path: Path) -> None:
    """Busy: a callback is noted. No answer: another target is rung."""
    async with staged(tmp_path, settings_of(tmp_path, flow=FLOW)) as stage:
        agent, target = await stage.phone("1", AGENT), await stage.phone("4", TARGET, "busy")
        await stage.phone("5", SECOND)
        first = await stage.caller(CALLER, answered(2), wait_bye())
        await first.hears(AGENT)
        await agent.transfer("4")
        await first.succeeded(40.0)
        assert stage.heard_prompt(first, "callback-taken")
        await target.do("ring never")
        await eventually(lambda: stage.here.board.agents.available("1"))
        second = await stage.caller(CALLER)
        await second.hears(AGENT)
        await agent.transfer("4")
        await second.hears(SECOND, timeout=40.0)
        second.run.nudge()
        await second.succeeded()
        one, other = await stage.ended(2)
    assert (first.story(), second.story()) == ([{AGENT}], [{AGENT}, {SECOND}])
    assert (one.transfer_to, one.hung_up_by) == ("4", "system")
    assert (other.transfer_to, other.hung_up_by) == ("4", "caller")


async def test_both_hear_that_they_are_connected_where_the_desk_wants_it(tmp_path: Path) -> None:
    """「您的电话已接通，请讲话」"""
    async with staged(tmp_path, settings_of(tmp_path, flow=FLOW)) as stage:
        agent, target = await stage.phone("1", AGENT), await stage.phone("4", TARGET)
        caller = await stage.caller()
        await caller.hears(AGENT)
        await agent.transfer("4")
        await caller.hears(TARGET, timeout=30.0)
        await target.hears(CALLER)
        caller.run.nudge()
        await caller.succeeded()
        await stage.ended()
    assert stage.heard_prompt(caller, "connected")
    assert caller.story() == [{AGENT}, {TARGET}]
