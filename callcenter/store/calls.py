"""Keeping calls: snapshots from the switchboard, their recordings, and the hand-over to the scribe."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import delete, insert, not_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from callcenter.domain.calls import CallFacts, EventName, RecordingFacts
from callcenter.store import outbox
from callcenter.store.tables import Announcement, Call, Hold, Job, Leg, Record, Recording

_PARTS = ("legs", "holds", "announcements")


def save_call(session: Session, facts: CallFacts, site: str, node: str) -> None:
    """Keeps a snapshot of a call: its row, legs, holds and announcements become what `facts` says.

    Saying the same twice changes nothing. The call's information record exists from the first snapshot on. A
    leg that a snapshot no longer names is removed, unless it has a recording.
    """
    call = {key: value for key, value in _row(facts).items() if key not in _PARTS}
    _upsert(session, Call, [{**call, "site": site, "node": node}])
    _keep_if_absent(session, Record, {"call_id": facts.id, "created_at": facts.started_at})
    for table in (Hold, Announcement):
        session.execute(delete(table).where(col(table.call_id) == facts.id))
    _replace_legs(session, facts)
    _insert(session, Hold, facts.id, facts.holds)
    _insert(session, Announcement, facts.id, facts.announcements)


def save_recording(session: Session, facts: RecordingFacts) -> None:
    """Keeps a recording's row: when it is opened and, with its duration, when it is closed."""
    _upsert(session, Recording, [_row(facts)])


def add_job(session: Session, call_id: str, now: datetime) -> bool:
    """Gives the scribe a call to work on; False where it has it already."""
    return _keep_if_absent(
        session, Job, {"call_id": call_id, "state": "pending", "created_at": now, "attempts": 0}
    )


def recordings_of(session: Session, call_id: str) -> list[Recording]:
    """A call's recordings in the order in which they began."""
    wanted = select(Recording).where(col(Recording.call_id) == call_id)
    return list(session.scalars(wanted.order_by(col(Recording.started_at), col(Recording.id))))


def hand_over(session: Session, call: Call, role: str, now: datetime, data: Mapping[str, Any]) -> None:
    """The call is over and its recordings are closed: makes the scribe's job and tells `recorded`, once."""
    if add_job(session, call.id, now):
        recordings = [_summary(recording) for recording in recordings_of(session, call.id)]
        told = {"recordings": recordings, **data}
        outbox.add(
            session, role=role, site=call.site, event=EventName.RECORDED, call=call, data=told, now=now
        )


def clean(value: str) -> str:
    """Text as every database takes it: without NUL, and without the lone surrogates of undecodable bytes."""
    return value.replace("\0", "").encode("utf-8", "replace").decode()


def _summary(recording: Recording) -> dict[str, Any]:
    return {
        "id": recording.id,
        "leg_id": recording.leg_id,
        "codec": recording.codec,
        "offset_seconds": recording.offset_seconds,
        "duration_seconds": recording.duration_seconds,
    }


def _replace_legs(session: Session, facts: CallFacts) -> None:
    rows = [
        {**_row(leg), "call_id": facts.id, "position": position} for position, leg in enumerate(facts.legs)
    ]
    if rows:
        _upsert(session, Leg, rows)
    recorded = select(col(Recording.leg_id)).where(col(Recording.call_id) == facts.id)
    gone = (
        col(Leg.call_id) == facts.id,
        col(Leg.id).not_in([clean(leg.id) for leg in facts.legs]),
        not_(col(Leg.id).in_(recorded)),
    )
    session.execute(delete(Leg).where(*gone))


def _insert(session: Session, table: type[SQLModel], call_id: str, parts: Iterable[Any]) -> None:
    rows = [{**_row(part), "call_id": call_id} for part in parts]
    if rows:
        session.execute(insert(table), rows)


def _row(facts: Any) -> dict[str, Any]:
    """A dataclass as column values."""
    return {field.name: _value(getattr(facts, field.name)) for field in dataclasses.fields(facts)}


def _value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return clean(value) if isinstance(value, str) else value


def _insert_for(session: Session) -> Any:
    """The dialect's INSERT, which knows ON CONFLICT."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


def _upsert(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    statement = _insert_for(session)(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name != "id"}
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed), rows)


def _keep_if_absent(session: Session, table: type[Job | Record], row: Mapping[str, Any]) -> bool:
    """Whether the row was new."""
    statement = _insert_for(session)(table).values(**row).on_conflict_do_nothing()
    return session.execute(statement.returning(col(table.call_id))).first() is not None
