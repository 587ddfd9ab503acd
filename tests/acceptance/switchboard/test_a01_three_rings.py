"""A1: a call is answered within three rings, counted as the caller hears them, judged from the signalling.

The cadence is data: here a ring and its pause last one second, so that three rings are 3.000 s.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.demo.phones.scenarios import acknowledged, answer, called, cancel, wait_bye
from callcenter.store.tables import Call, Leg
from tests.acceptance.switchboard.stage import AGENT, CALLER, SECOND, Stage, settings_of, staged
from tests.interop.call_capture import Dialog, dialogs, read_messages
from tests.interop.peers import capture
from tests.support import eventually, scaled

PERIOD = 1.0
AS_READ = 0.25
"""Seconds by which a busy machine may see a datagram later than the capture does."""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A desk whose phones ring for 2.5 s each."""
    cadence = {"tone": PERIOD * 0.2, "pause": PERIOD * 0.8}
    override = {"rings": {"cadence": cadence}}
    async with staged(tmp_path, settings_of(tmp_path, ring_timeout=2.5, override=override)) as here:
        yield here


def as_captured(leg: Leg, legs: dict[str, Dialog]) -> bool:
    """Whether the leg rang as long on record as on the wire."""
    on_wire = legs[leg.sip_call_id].ring_seconds
    if leg.ring_seconds is None or on_wire is None:
        return leg.ring_seconds is on_wire is None
    return abs(leg.ring_seconds - on_wire) < scaled(AS_READ)


async def one_call(stage: Stage, seconds: float = 0.5) -> Call:
    """A caller who is answered, talks for a moment and hangs up."""
    caller = await stage.caller()
    await caller.hears(AGENT)
    await asyncio.sleep(seconds)
    caller.run.nudge()
    await caller.succeeded()
    (call,) = await stage.ended()
    return call


async def test_rings_are_counted_as_the_capture_has_them(stage: Stage, tmp_path: Path) -> None:
    """The second agent answers in time for herself, but the caller heard it ring since the first one's."""
    ports = (stage.here.address[1],)
    with capture(tmp_path / "call.pcapng", f"udp port {ports[0]}") as packets:
        await stage.phone("1", SECOND, "never")
        await stage.phone("2", AGENT, "1.2")
        call = await one_call(stage)
    caller, first, second = stage.legs(call)
    wire = dialogs(read_messages(packets, ports))
    assert as_captured(first, wire) and as_captured(second, wire)
    assert (first.rings, first.verdict, first.answered_at) == (3, "not_applicable", None)
    assert second.verdict == "pass"
    asked, answered = wire[first.sip_call_id], wire[second.sip_call_id]
    assert asked.ringing_at is not None and answered.answered_at is not None
    on_wire = answered.answered_at - asked.ringing_at
    assert call.ring_seconds == pytest.approx(on_wire, abs=scaled(AS_READ))
    assert call.ring_seconds is not None and call.wait_seconds >= call.ring_seconds
    assert (call.rings, call.three_rings) == (math.floor(call.ring_seconds / PERIOD) + 1, "fail")
    assert caller.bound is None and first.bound == second.bound == 3


async def test_within_three_rings_is_a_pass(stage: Stage) -> None:
    await stage.phone("1", AGENT, "1.4")
    call = await one_call(stage)
    assert (call.outcome, call.rings, call.three_rings) == ("answered", 2, "pass")


async def test_a_phone_that_answers_by_itself_has_not_rung(stage: Stage) -> None:
    agent = await stage.agent("1", AGENT, called(), answer(), acknowledged(), wait_bye())
    call = await one_call(stage)
    await agent.succeeded()
    assert (call.outcome, call.rings, call.ring_seconds, call.three_rings) == ("answered", 0, None, "pass")


async def test_a_caller_who_leaves_in_time_or_too_late_is_a_verdict_too(stage: Stage) -> None:
    await stage.phone("1", AGENT, "never")
    early = await stage.caller(CALLER, cancel(300, 2))
    await early.succeeded()
    (call,) = await stage.ended()
    assert (call.outcome, call.hung_up_by, call.three_rings) == ("abandoned", "caller", "not_applicable")
    await stage.phone("2", AGENT, "never")
    late = await stage.caller(CALLER, cancel(3500, 2))
    await late.succeeded()
    _, call = await stage.ended(2)
    assert (call.outcome, call.hung_up_by, call.three_rings) == ("abandoned", "caller", "fail")


async def test_a_call_that_nobody_answers_is_a_verdict(stage: Stage) -> None:
    await stage.phone("1", AGENT, "never")
    await stage.phone("2", AGENT, "never")
    caller = await stage.phone("3", CALLER)
    await caller.dial("8000")
    await caller.wait("CALL_CLOSED")
    (call,) = await stage.ended()
    assert (call.outcome, call.three_rings) == ("no_answer", "fail")
    legs = stage.legs(call)
    assert await eventually(lambda: [leg.final_status for leg in legs[1:]] == [487, 487])
