"""A call as the switchboard leaves it: answered, with two recordings, and a job for the scribe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from callcenter.store.engine import session
from callcenter.store.tables import Call, Job, Leg, Recording
from tests.speech import wav

T0 = datetime(2026, 3, 1, 2, 0, 0, tzinfo=UTC)
FLOW = """
[start]
open = "ring"
[talk]
long_call = 9
[after]
agent_may_release = 5
[group.all]
agents = ["8001"]
[step.ring]
do = "ring"
group = "all"
"""
"""A desk's flow with limits of its own."""


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def call(id: str, **changes: Any) -> Call:
    values: dict[str, Any] = {
        "site": "main",
        "node": "n1",
        "direction": "inbound",
        "line": "external",
        "desk": "front",
        "standard": "vanke",
        "caller": "13800138000",
        "callee": "8000",
        "started_at": T0,
        "first_ringing_at": at(1),
        "answered_at": at(7),
        "ended_at": at(15),
        "outcome": "answered",
        "rings": 2,
        "ring_seconds": 6.0,
        "three_rings": "pass",
        "talk_seconds": 8.0,
        "hung_up_by": "caller",
    }
    return Call(id=id, **(values | changes))


def leg(call_id: str, role: str, position: int, **changes: Any) -> Leg:
    values: dict[str, Any] = {"party": role, "invite_at": at(0), "answered_at": at(7), "bound": 3}
    return Leg(id=f"{call_id}-{role}", call_id=call_id, role=role, position=position, **(values | changes))


def recording(call_id: str, role: str, path: Path | str, offset: float = 0.0) -> Recording:
    return Recording(
        id=f"{call_id}-{role}-recording",
        call_id=call_id,
        leg_id=f"{call_id}-{role}",
        path=str(path),
        codec="PCMA",
        started_at=at(7 + offset),
        offset_seconds=offset,
        finished=True,
    )


def job(call_id: str, **changes: Any) -> Job:
    return Job(call_id=call_id, created_at=at(15), **changes)


def recorded(engine: Engine, id: str, dialogue: str | None = "transfer-good", **changes: Any) -> None:
    """Puts the call into the database; without a dialogue it has no recordings."""
    with session(engine) as db:
        db.add(call(id, **changes))
        db.flush()
        db.add_all([leg(id, "caller", 0), leg(id, "agent", 1)])
        db.flush()
        if dialogue:
            db.add_all([recording(id, role, wav(dialogue, role).resolve()) for role in ("caller", "agent")])
        db.add(job(id))
