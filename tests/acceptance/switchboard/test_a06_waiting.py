"""A6: a caller who waits hears music, not the room, and how long is on record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.acceptance.switchboard.stage import AGENT, CALLER, Stage, settings_of, staged
from tests.interop.call_capture import dialogs, read_messages
from tests.interop.peers import capture
from tests.spectrum import Sound
from tests.support import scaled


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
