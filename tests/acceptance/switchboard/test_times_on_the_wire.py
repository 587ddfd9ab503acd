"""Every time on record after nested transfers, beside an independent reading of the packets (tshark)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest

from callcenter.store.tables import Call, Leg
from tests.acceptance.switchboard.stage import (
    AGENT,
    CALLER,
    OTHER,
    SECOND,
    TARGET,
    Stage,
    settings_of,
    staged,
)
from tests.interop.call_capture import Dialog, dialogs, read_messages
from tests.interop.peers import capture
from tests.support import scaled

AS_READ = 0.5
"""Seconds by which a busy machine may see a datagram later than the capture does."""
Wire = dict[str, Dialog]
Span = tuple[float, float]


async def play(stage: Stage) -> tuple[Call, Call]:
    """The agent holds and sends the caller on; he holds, asks another and hands over to her; the page sends
    them to the last, with whom they talk until they hang up. That call, and the one in which was asked."""
    phones = {"1": AGENT, "4": SECOND, "5": TARGET, "6": OTHER}
    one, four, five, six = [await stage.phone(number, hertz, "0.4") for number, hertz in phones.items()]
    caller = await stage.caller()
    await caller.hears(AGENT)
    await one.do("hold")
    await caller.hears()
    await one.do("resume")
    await caller.hears(AGENT)
    await one.transfer("4")
    await caller.hears(SECOND)
    await four.do("hold")
    await four.dial("5")
    await four.hears(TARGET, call=2)
    await four.begin("attended")
    await caller.hears(TARGET)
    await five.hears(CALLER)
    call = next(call for call in stage.calls() if call.desk)
    await stage.transfer(call, "6")
    await caller.hears(OTHER)
    await six.hears(CALLER)
    await asyncio.sleep(0.3)
    caller.run.nudge()
    await caller.succeeded()
    first, second = await stage.ended(2)
    return first, second


def near(seconds: float | None) -> object:
    return pytest.approx(seconds, abs=scaled(AS_READ))


def at(instant: datetime | None) -> float | None:
    return None if instant is None else instant.timestamp()


def dialog_of(legs: Iterable[Leg], wire: Wire, party: str) -> Dialog:
    return next(wire[leg.sip_call_id] for leg in legs if leg.party == party)


def overlap(span: Span, other: Span) -> float:
    return max(0.0, min(span[1], other[1]) - max(span[0], other[0]))


def check_leg(leg: Leg, on_wire: Dialog) -> None:
    """Its invitation, ringing, answer and end, and how long it rang; a caller's as they heard it."""
    assert at(leg.invite_at) == near(on_wire.invited_at)
    assert at(leg.answered_at) == near(on_wire.answered_at)
    assert at(leg.ended_at) == near(on_wire.ended_at)
    assert at(leg.ringing_at) == near(on_wire.ringing_at)
    assert leg.ring_seconds == near(on_wire.ring_seconds)


def check_call(call: Call, began: float, talks: list[Span], holds: list[Span]) -> None:
    """How long its caller waited, talked and was on hold."""
    held = sum(overlap(talk, hold) for talk in talks for hold in holds)
    assert call.wait_seconds == near(talks[0][0] - began)
    assert call.hold_seconds == near(held)
    assert call.talk_seconds == near(sum(until - since for since, until in talks) - held)


async def test_nested_transfers(tmp_path: Path) -> None:
    async with staged(tmp_path, settings_of(tmp_path, agents=("1",))) as stage:
        port = stage.here.address[1]
        with capture(tmp_path / "calls.pcapng", f"udp port {port}") as packets:
            call, asked = await play(stage)
        legs, asking = stage.legs(call), stage.legs(asked)
        on_record = len(stage.holds(call))
    wire = dialogs(read_messages(packets, (port,)))
    me, one, four, six = (wire[leg.sip_call_id] for leg in legs if leg.party != "5")
    five = dialog_of(asking, wire, "5")
    for leg in legs:
        if leg.party != "5":  # her leg is of the other call, until she takes this one over
            check_leg(leg, wire[leg.sip_call_id])
    joined = next(leg for leg in legs if leg.party == "5")
    assert joined.sip_call_id == five.call_id
    assert at(joined.answered_at) == near(four.referred_at)
    assert at(joined.ended_at) == near(five.ended_at)
    assert None not in (one.answered_at, one.referred_at, four.answered_at, four.referred_at)
    talks = [
        (one.answered_at, one.referred_at),
        (four.answered_at, four.referred_at),
        (four.referred_at, five.ended_at),
        (six.answered_at, me.ended_at),
    ]
    spans = [(since, until) for since, until in talks if since and until]
    check_call(call, me.invited_at, spans, [*one.holds, *four.holds])
    assert (len(spans), on_record) == (4, 2)
    consulting = wire[asking[0].sip_call_id]
    assert asking[1].ring_seconds == near(five.ring_seconds)
    assert five.answered_at and four.referred_at
    check_call(asked, consulting.invited_at, [(five.answered_at, four.referred_at)], [])
