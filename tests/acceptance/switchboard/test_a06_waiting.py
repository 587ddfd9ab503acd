"""A6: a caller who waits hears music, not the room, and how long is on record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import Session, select

from callcenter.demo.sound import decode_alaw, likeness
from callcenter.store.tables import Callback
from sip.media import tones
from tests.acceptance.switchboard.stage import AGENT, CALLER, NUMBER, Stage, settings_of, staged
from tests.interop.call_capture import dialogs, read_messages
from tests.interop.peers import capture
from tests.spectrum import Sound
from tests.support import eventually, scaled


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path, settings_of(tmp_path, agents=("1",))) as here:
        yield here


def loudness(sound: Sound) -> float:
    """The root mean square, of 1.0."""
    return float(np.sqrt(np.mean(sound.samples**2)))


async def test_three_holds_with_music_as_long_as_the_capture_has_them(stage: Stage, tmp_path: Path) -> None:
    """The agent hums on all the while; the caller hears her in between alone."""
    port = stage.here.address[1]
    agent = await stage.phone("1", AGENT)
    with capture(tmp_path / "call.pcapng", f"udp port {port}") as packets:
        caller = await stage.caller()
        await caller.hears(AGENT)
        for _ in range(3):
            await agent.do("hold")
            await caller.hears()
            await asyncio.sleep(0.5)
            assert loudness(caller.sound().part(last=0.5)) > 0.01
            await agent.do("resume")
            await caller.hears(AGENT)
            await agent.hears(CALLER)
        caller.run.nudge()
        await caller.succeeded()
        (call,) = await stage.ended()
    legs = {leg.id: leg for leg in stage.legs(call)}
    holds = stage.holds(call)
    assert [legs[hold.leg_id].party for hold in holds] == ["1"] * 3
    (on_wire,) = {
        tuple(until - since for since, until in dialog.holds)
        for dialog in dialogs(read_messages(packets, (port,))).values()
        if dialog.holds
    }
    on_record = [(hold.ended_at - hold.started_at).total_seconds() for hold in holds if hold.ended_at]
    assert on_record == pytest.approx(on_wire, abs=scaled(0.25))
    assert call.hold_seconds == pytest.approx(sum(on_wire), abs=scaled(0.5))


async def test_the_caller_may_hold_too_and_hears_the_same_again(stage: Stage) -> None:
    agent = await stage.phone("1", AGENT)
    caller = await stage.phone("3", CALLER)
    await caller.dial("8000")
    await agent.hears(CALLER)
    await caller.do("hold")
    await agent.hears()
    await caller.do("resume")
    await agent.hears(CALLER)
    await caller.hears(AGENT)
    await caller.do("hangup")
    (call,) = await stage.ended()
    (hold,) = stage.holds(call)
    legs = {leg.id: leg.role for leg in stage.legs(call)}
    assert legs[hold.leg_id] == "caller"


FLOW = """
[start]
open = "ring"
[hold]
warn_agent = {agent}
warn_supervisor = {supervisor}
[group.desk]
order = "in_order"
agents = ["1"]
[step.ring]
do = "ring"
group = "desk"
"""


async def test_the_agent_is_warned_then_the_supervisor_and_a_callback_is_one_click(tmp_path: Path) -> None:
    """Who holds from the page hears two soft notes; the caller hears music alone, all the while."""
    flow = FLOW.format(agent=1.0, supervisor=1.6)
    async with staged(tmp_path, settings_of(tmp_path, flow=flow)) as stage:
        agent = await stage.phone("1", AGENT)
        caller = await stage.caller()
        await caller.hears(AGENT)
        (call,) = stage.calls()
        await stage.here.command("hold", by="1", call_id=call.id)
        await caller.hears()
        await agent.hears()
        await eventually(lambda: len(stage.events("warned")) == 2)
        told = [(event["kind"], event["for"]) for event in stage.events("warned")]
        assert told == [("hold", "agent"), ("hold", "supervisor")]
        notes = decode_alaw(tones.warning().alaw)
        await eventually(lambda: likeness(notes, agent.sound().samples)[0] > 0.8)
        assert likeness(notes, caller.sound().samples)[0] < 0.8
        await stage.here.command("callback_offer", by="1", call_id=call.id)
        await stage.here.command("resume", by="1", call_id=call.id)
        await caller.hears(AGENT)
        await agent.hears(CALLER)
        caller.run.nudge()
        await caller.succeeded()
        (call,) = await stage.ended()
        await stage.here.board.ledger.flush()
        with Session(stage.here.engine) as session:
            (wanted,) = session.exec(select(Callback)).all()
    assert (wanted.number, wanted.desk, wanted.reason) == (NUMBER, "front", "requested")
    assert caller.story() == [{AGENT}]
    assert call.hold_seconds > 1.6


async def test_who_comes_back_in_time_is_not_warned(tmp_path: Path) -> None:
    flow = FLOW.format(agent=2.0, supervisor=3.0)
    async with staged(tmp_path, settings_of(tmp_path, flow=flow)) as stage:
        agent = await stage.phone("1", AGENT)
        caller = await stage.caller()
        await caller.hears(AGENT)
        for _ in range(2):  # together longer than the limit, each within it
            await agent.do("hold")
            await asyncio.sleep(1.2)
            await agent.do("resume")
        await caller.hears(AGENT)
        caller.run.nudge()
        await caller.succeeded()
        (call,) = await stage.ended()
        assert call.hold_seconds > 2.0
        held = [(hold.ended_at or hold.started_at) - hold.started_at for hold in stage.holds(call)]
        late = sum(each.total_seconds() >= 2.0 for each in held)  # a busy machine's
        assert len(stage.events("warned")) == late


async def test_a_caller_who_leaves_on_hold_ends_the_hold(stage: Stage) -> None:
    agent = await stage.phone("1", AGENT)
    caller = await stage.caller()
    await caller.hears(AGENT)
    await agent.do("hold")
    await caller.hears()
    caller.run.nudge()
    await caller.succeeded()
    await agent.wait("CALL_CLOSED")
    (call,) = await stage.ended()
    (hold,) = stage.holds(call)
    assert (call.outcome, call.hung_up_by) == ("answered", "caller")
    assert hold.ended_at is not None and hold.ended_at > hold.started_at
