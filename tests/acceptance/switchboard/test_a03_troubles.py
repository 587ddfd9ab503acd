"""A3, when a transfer goes wrong: whatever phones do, the caller is not lost, or is gone and all is released.

What sipp's scripts do to a whole service is in `tests/interop/test_transfers.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.demo.phones.scenarios import acknowledged, answer, called, receive, refuse, request, ring
from tests.acceptance.switchboard.stage import (
    AGENT,
    CALLER,
    SECOND,
    TARGET,
    Stage,
    settings_of,
    staged,
)
from tests.interop.peers import nudged
from tests.support import eventually

TALKS = (called(), ring(200), answer(), acknowledged())


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The first agent is the one who transfers, the second has the caller back."""
    async with staged(tmp_path, settings_of(tmp_path, ring_timeout=1.0)) as here:
        yield here


def refer_and_go(target: str) -> tuple[str, ...]:
    """REFER, and BYE right after the 202, when the test says so; whatever comes then is answered."""
    late = receive("NOTIFY", 'optional="true"') + receive(200)
    return (
        *(*TALKS, nudged(), request("REFER", 1, extra=f"Refer-To: <sip:{target}@[remote_ip]>\n")),
        *(receive(202), request("BYE", 2) + late),
        receive("NOTIFY", 'optional="true" timeout="500" ontimeout="end"'),
    )


@pytest.mark.parametrize("trouble", ["busy", "dead", "rings for ever"])
async def test_the_transferor_is_gone_and_the_target_is_no_help(stage: Stage, trouble: str) -> None:
    """She sent BYE right after the 202, and takes no more calls; her colleague has the caller."""
    transferor = await stage.agent("1", AGENT, *refer_and_go("4"))
    await stage.phone("2", SECOND)
    steps = {
        "busy": (called(), refuse(486, "Busy Here")),
        "dead": (called(),),
        "rings for ever": (called(), ring(60_000), answer()),
    }
    target = await stage.agent("4", TARGET, *steps[trouble])
    if trouble == "dead":
        await asyncio.to_thread(target.run.stop)
    caller = await stage.caller()
    await caller.hears(AGENT)
    transferor.run.nudge()
    await caller.hears(SECOND, timeout=60.0)
    caller.run.nudge()
    await caller.succeeded()
    (call,) = await stage.ended()
    assert (call.outcome, call.hung_up_by, call.transfer_to) == ("answered", "caller", "4")
    assert caller.story() == [{AGENT}, {SECOND}]


async def test_the_caller_leaves_while_the_target_rings_and_the_transferor_is_gone(stage: Stage) -> None:
    transferor = await stage.agent("1", AGENT, *refer_and_go("4"))
    target = await stage.phone("4", TARGET, "never")
    caller = await stage.caller()
    await caller.hears(AGENT)
    transferor.run.nudge()
    await target.wait("incoming")
    caller.run.nudge()
    await caller.succeeded()
    await target.wait("CALL_CLOSED")
    (call,) = await stage.ended()
    assert (call.outcome, call.hung_up_by) == ("answered", "caller")
    assert target.ever() == set()


@pytest.mark.parametrize("ring", ["busy", "never", "0"], ids=["busy", "rings", "talks"])
async def test_the_caller_leaves_while_the_agent_asks_another(stage: Stage, ring: str) -> None:
    """Their call ends; the agent's own goes on as it was."""
    agent = await stage.phone("1", AGENT)
    target = await stage.phone("4", TARGET, ring)
    caller = await stage.caller()
    await caller.hears(AGENT)
    await agent.do("hold")
    await agent.dial("4")
    await target.wait("incoming")
    if ring == "0":
        await agent.hears(TARGET, call=2)
    caller.run.nudge()
    await caller.succeeded()
    if ring == "0":
        await target.hears(AGENT)
    if ring != "busy":
        await agent.do("hangup")
    call, asked = await stage.ended(2)
    assert (call.outcome, call.hung_up_by) == ("answered", "caller")
    assert asked.outcome == {"busy": "busy", "never": "abandoned", "0": "answered"}[ring]
    assert target.ever() <= {AGENT}


async def test_the_target_hangs_up_while_she_asks(stage: Stage) -> None:
    """The agent takes the caller back, who has heard nothing of it."""
    agent, target = await stage.phone("1", AGENT), await stage.phone("4", TARGET)
    caller = await stage.caller()
    await caller.hears(AGENT)
    await agent.do("hold")
    await caller.hears()
    await agent.dial("4")
    await agent.hears(TARGET, call=2)
    await target.do("hangup")
    await eventually(lambda: len(stage.here.board.calls) == 1)
    await agent.do("resume 1")
    await caller.hears(AGENT)
    await agent.hears(CALLER, call=1)
    caller.run.nudge()
    await caller.succeeded()
    call, asked = await stage.ended(2)
    assert caller.story() == [{AGENT}]
    assert (call.transfer_to, call.hung_up_by, asked.hung_up_by) == (None, "caller", "agent")


@pytest.mark.parametrize("patience", [0.0, 0.05, 0.2, 0.4])
async def test_the_caller_leaves_about_when_the_target_answers(stage: Stage, patience: float) -> None:
    """Whichever comes first: one call, ended by the caller, and nothing left over."""
    agent = await stage.phone("1", AGENT)
    target = await stage.phone("4", TARGET, "0.2")
    caller = await stage.caller(CALLER)
    await caller.hears(AGENT)
    await agent.transfer("4")
    await target.wait("incoming")
    await asyncio.sleep(patience)
    caller.run.nudge()
    await caller.succeeded()
    await target.wait("CALL_CLOSED")
    await agent.wait("CALL_CLOSED")
    (call,) = await stage.ended()
    assert (call.outcome, call.hung_up_by, call.transfer_to) == ("answered", "caller", "4")
    assert target.ever() <= {CALLER}


async def test_both_sides_are_transferred_at_once(stage: Stage) -> None:
    """The agent sends the caller on while the page does: one of the two is done, the caller talks."""
    agent = await stage.phone("1", AGENT)
    await stage.phone("4", TARGET)
    await stage.phone("2", SECOND)
    caller = await stage.caller()
    await caller.hears(AGENT)
    (call,) = stage.calls()
    await asyncio.gather(agent.transfer("4"), stage.transfer(call, "2"))
    other = await eventually(lambda: next(iter(caller.ever() - {AGENT}), None))
    await caller.hears(other)
    caller.run.nudge()
    await caller.succeeded()
    (call,) = await stage.ended()
    assert call.transfer_to == {TARGET: "4", SECOND: "2"}[other]
    assert caller.story() == [{AGENT}, {other}]


async def test_a_caller_without_patience_during_the_prompt(stage: Stage) -> None:
    agent = await stage.phone("1", AGENT)
    target = await stage.phone("4", TARGET, "busy")
    caller = await stage.caller()
    await caller.hears(AGENT)
    await agent.transfer("4")
    await target.wait("CALL_CLOSED")
    await caller.hears()
    caller.run.nudge()
    await caller.succeeded()
    (call,) = await stage.ended()
    assert (call.outcome, call.hung_up_by) == ("answered", "caller")
    assert caller.story() == [{AGENT}]
