"""The phones that hum, against one another over a switchboard: each hears whom it should, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.demo.phones.scenarios import acknowledged, answer, called, ring, wait_bye
from tests.acceptance.switchboard.stage import AGENT, CALLER, NUMBER, staged


async def test_sipp_calls_baresip(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        agent = await stage.phone("1", AGENT)
        caller = await stage.caller()
        await caller.hears(AGENT)
        await agent.hears(CALLER)
        caller.run.nudge()
        await caller.succeeded()
        (call,) = await stage.ended()
        assert (call.outcome, call.caller, call.hung_up_by) == ("answered", NUMBER, "caller")
    assert (caller.story(), agent.story()) == ([{AGENT}], [{CALLER}])


async def test_pyvoip_calls_sipp(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        steps = (called(), ring(200), answer(), acknowledged(), wait_bye())
        agent = await stage.agent("1", AGENT, *steps)
        caller = await stage.pyvoip("3", CALLER)
        await caller.dial("8000")
        await caller.hears(AGENT)
        await agent.hears(CALLER)
        await caller.begin("hangup")
        await agent.succeeded()
        await stage.ended()
    assert (caller.story(), agent.story()) == ([{AGENT}], [{CALLER}])


async def test_baresip_calls_baresip_and_nobody_else_is_heard(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        agent = await stage.phone("1", AGENT, "0.3")
        caller = await stage.phone("3", CALLER)
        await caller.dial("8000")
        await caller.hears(AGENT)
        with pytest.raises(TimeoutError, match=rf"3 does not hear .*{CALLER}.*it hears .*{AGENT}"):
            await caller.hears(CALLER, timeout=0.5)
        await agent.do("hangup")
        await caller.wait("CALL_CLOSED")
        await stage.ended()
    assert (caller.ever(), agent.ever(), agent.calls) == ({AGENT}, {CALLER}, 1)
