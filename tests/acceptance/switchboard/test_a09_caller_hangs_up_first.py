"""A9: the caller hangs up first, judged by whose BYE came first; a transfer, a shutdown is no hang-up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import Session

from callcenter.domain.findings import Verdict
from callcenter.scribe.case import judge_work
from callcenter.standards import load_standard
from callcenter.store.jobs import load_work
from callcenter.store.tables import Call
from tests.acceptance.switchboard.stage import AGENT, TARGET, Stage, settings_of, staged
from tests.humming import Baresip, Scripted


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path, settings_of(tmp_path, agents=("1",))) as here:
        yield here


async def talking(stage: Stage) -> tuple[Scripted, Baresip]:
    agent = await stage.phone("1", AGENT)
    caller = await stage.caller()
    await caller.hears(AGENT)
    return caller, agent


def verdict(stage: Stage, call: Call) -> Verdict:
    """Of the rule, by what the signalling left on record."""
    with Session(stage.here.engine) as session:
        found = judge_work(load_work(session, call.id), load_standard("vanke"), (), {}).findings
    return next(finding.verdict for finding in found if finding.rule == "caller_hangs_up_first")


async def test_the_caller_hangs_up(stage: Stage) -> None:
    caller, _ = await talking(stage)
    caller.run.nudge()
    await caller.succeeded()
    (call,) = await stage.ended()
    assert (call.hung_up_by, verdict(stage, call)) == ("caller", Verdict.PASS)


async def test_the_agent_hangs_up(stage: Stage) -> None:
    agent = await stage.phone("1", AGENT)
    caller = await stage.phone("3", TARGET)
    await caller.dial("8000")
    await caller.hears(AGENT)
    await agent.do("hangup")
    await caller.wait("CALL_CLOSED")
    (call,) = await stage.ended()
    assert (call.hung_up_by, verdict(stage, call)) == ("agent", Verdict.FAIL)
    by_role = {leg.role: leg.hung_up_by for leg in stage.legs(call)}
    assert by_role == {"caller": "agent", "agent": "agent"}


async def test_the_bye_after_a_transfer_is_no_hang_up(stage: Stage) -> None:
    caller, agent = await talking(stage)
    await stage.phone("4", TARGET)
    await agent.transfer("4")
    await caller.hears(TARGET)
    await agent.wait("CALL_CLOSED")
    caller.run.nudge()
    await caller.succeeded()
    (call,) = await stage.ended()
    assert (call.hung_up_by, verdict(stage, call)) == ("caller", Verdict.NOT_APPLICABLE)
    transferor = next(leg for leg in stage.legs(call) if leg.party == "1")
    assert transferor.hung_up_by == "system"


async def test_a_command_and_a_shutdown_are_nobodys(stage: Stage) -> None:
    agent = await stage.phone("1", AGENT)
    caller = await stage.phone("3", TARGET)
    for end in ("command", "shutdown"):
        await caller.dial("8000")
        await caller.hears(AGENT)
        call = stage.calls()[-1]
        if end == "command":
            await stage.hang_up(call)
        else:
            await stage.here.reception.close()
        await caller.wait("CALL_CLOSED")
        await agent.wait("CALL_CLOSED")
    for call in await stage.ended(2):
        assert (call.hung_up_by, verdict(stage, call)) == ("system", Verdict.NOT_APPLICABLE)
