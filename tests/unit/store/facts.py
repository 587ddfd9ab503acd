"""Calls to keep, as the switchboard would tell of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from callcenter.domain.calls import (
    AnnouncementFacts,
    CallFacts,
    Direction,
    HoldFacts,
    LegFacts,
    Line,
    RecordingFacts,
    Role,
)

T0 = datetime(2024, 5, 1, 1, 0, 0, 123456, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def call(id: str = "c1", **changes: Any) -> CallFacts:
    """A call that rings at an agent's since second 1."""
    legs = (
        LegFacts(f"{id}-caller", Role.CALLER, "13800000000", at(0), sip_call_id="a@b"),
        LegFacts(f"{id}-agent", Role.AGENT, "8001", at(0.5), ringing_at=at(1), bound=3),
    )
    facts = CallFacts(
        id=id,
        direction=Direction.INBOUND,
        line=Line.EXTERNAL,
        caller="13800000000",
        callee="8000",
        started_at=T0,
        desk="front",
        standard="vanke",
        first_ringing_at=at(1),
        legs=legs,
    )
    return replace(facts, **changes)


def answered(id: str = "c1", **changes: Any) -> CallFacts:
    """The same call, answered at second 6, with a hold and a prompt under way."""
    ringing = call(id)
    legs = (
        replace(ringing.legs[0], answered_at=at(6)),
        replace(ringing.legs[1], answered_at=at(6), rings=2, ring_seconds=5.0, codec="PCMA"),
    )
    facts = replace(
        ringing,
        answered_at=at(6),
        rings=2,
        ring_seconds=5.0,
        wait_seconds=6.0,
        legs=legs,
        holds=(HoldFacts(f"{id}-agent", at(10), at(14)), HoldFacts(f"{id}-agent", at(20))),
        announcements=(AnnouncementFacts(f"{id}-caller", "busy", at(21)),),
    )
    return replace(facts, **changes)


def recording(call_id: str = "c1", leg: str = "agent", **changes: Any) -> RecordingFacts:
    facts = RecordingFacts(
        id=f"{call_id}-{leg}-recording",
        call_id=call_id,
        leg_id=f"{call_id}-{leg}",
        path=f"2024/05/01/{call_id}/{call_id}-{leg}.wav",
        codec="PCMA",
        started_at=at(6),
        offset_seconds=0.0,
    )
    return replace(facts, **changes)
