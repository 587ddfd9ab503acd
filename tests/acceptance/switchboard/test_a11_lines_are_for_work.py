"""A11: a call that lasts too long is told while it lasts, softly, to the agent alone."""

from __future__ import annotations

from pathlib import Path

from callcenter.demo.sound import decode_alaw, likeness
from sip.media import tones
from tests.acceptance.switchboard.stage import AGENT, CALLER, settings_of, staged
from tests.support import eventually

FLOW = """
[start]
open = "ring"
[talk]
long_call = {long_call}
[group.desk]
order = "in_order"
agents = ["1"]
[step.ring]
do = "ring"
group = "desk"
"""


async def test_a_long_call_is_told_once(tmp_path: Path) -> None:
    async with staged(tmp_path, settings_of(tmp_path, flow=FLOW.format(long_call=1.5))) as stage:
        agent = await stage.phone("1", AGENT)
        caller = await stage.caller()
        await caller.hears(AGENT)
        (warned,) = await eventually(lambda: stage.events("warned"))
        assert (warned["kind"], warned["for"], warned["seconds"]) == ("call", "agent", 1.5)
        assert warned["call"]["outcome"] is None
        notes = decode_alaw(tones.warning().alaw)
        await eventually(lambda: likeness(notes, agent.sound().samples)[0] > 0.8)
        await agent.hears(CALLER)
        await caller.hears(AGENT)
        caller.run.nudge()
        await caller.succeeded()
        (call,) = await stage.ended()
        assert len(stage.events("warned")) == 1
    assert likeness(notes, caller.sound().samples)[0] < 0.8
    assert caller.story() == [{AGENT}]
    assert call.talk_seconds > 1.5


async def test_a_short_call_is_not(tmp_path: Path) -> None:
    async with staged(tmp_path, settings_of(tmp_path, flow=FLOW.format(long_call=30))) as stage:
        await stage.phone("1", AGENT)
        caller = await stage.caller()
        await caller.hears(AGENT)
        caller.run.nudge()
        await caller.succeeded()
        (call,) = await stage.ended()
        assert (call.talk_seconds < 30, stage.events("warned")) == (True, [])
