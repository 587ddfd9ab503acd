"""A supervisor listens, whispers and joins: who hears whom in each, by their tones."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.events.errors import CommandError, ErrorCode
from tests.acceptance.switchboard.stage import AGENT, CALLER, OTHER, settings_of, staged

SUPERVISOR = OTHER


async def test_listen_whisper_join_and_leave(tmp_path: Path) -> None:
    async with staged(tmp_path, settings_of(tmp_path, agents=("1",))) as stage:
        agent, supervisor = await stage.phone("1", AGENT), await stage.phone("6", SUPERVISOR)
        caller = await stage.caller()
        await caller.hears(AGENT)
        (call,) = stage.calls()

        async def monitor(mode: str) -> None:
            await stage.here.command("monitor", by="6", call_id=call.id, mode=mode)

        await monitor("listen")
        await supervisor.hears(CALLER, AGENT)
        await agent.hears(CALLER)
        await caller.hears(AGENT)
        await monitor("whisper")
        await agent.hears(CALLER, SUPERVISOR)
        await supervisor.hears(CALLER, AGENT)
        await caller.hears(AGENT)
        assert SUPERVISOR not in caller.ever()
        await monitor("join")
        await caller.hears(AGENT, SUPERVISOR)
        await agent.hears(CALLER, SUPERVISOR)
        await supervisor.hears(CALLER, AGENT)
        await monitor("listen")
        await caller.hears(AGENT)
        await agent.hears(CALLER)
        await monitor("end")
        await supervisor.wait("CALL_CLOSED")
        await caller.hears(AGENT)
        caller.run.nudge()
        await caller.succeeded()
        (call,) = await stage.ended()
    assert caller.story() == [{AGENT}, {AGENT, SUPERVISOR}, {AGENT}]
    assert agent.story() == [{CALLER}, {CALLER, SUPERVISOR}, {CALLER}]
    roles = {leg.party: leg.role for leg in stage.legs(call)}
    assert roles["6"] == "supervisor"
    assert (call.outcome, call.hung_up_by) == ("answered", "caller")


async def test_nobody_else_may(tmp_path: Path) -> None:
    async with staged(tmp_path, settings_of(tmp_path, agents=("1",))) as stage:
        await stage.phone("1", AGENT)
        curious = await stage.phone("5", SUPERVISOR)
        caller = await stage.caller()
        await caller.hears(AGENT)
        (call,) = stage.calls()
        with pytest.raises(CommandError) as refused:
            await stage.here.command("monitor", by="5", call_id=call.id, mode="listen")
        assert (refused.value.code, curious.calls) == (ErrorCode.FORBIDDEN, 0)
        caller.run.nudge()
        await caller.succeeded()
        await stage.ended()
