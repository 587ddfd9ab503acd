"""Keeping calls: snapshots from the switchboard, their recordings, and the hand-over to the scribe."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Executable, Table, bindparam, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from callcenter.domain.calls import CallFacts, EventName, RecordingFacts
from callcenter.domain.cloudevents import jsonable
from callcenter.domain.text import clean
from callcenter.store import outbox
from callcenter.store.tables import Announcement, Call, Hold, Job, Leg, Mix, Record, Recording

_PARTS = ("legs", "holds", "announcements")
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _table(of: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(of.__tablename__)]


_CALLS, _LEGS, _HOLDS, _ANNOUNCEMENTS = _table(Call), _table(Leg), _table(Hold), _table(Announcement)
_RECORDINGS, _RECORDS, _JOBS, _MIXES = _table(Recording), _table(Record), _table(Job), _table(Mix)

_FORGET = [
    delete(table).where(table.c.call_id.in_(bindparam("calls", expanding=True)))
    for table in (_HOLDS, _ANNOUNCEMENTS)
]
_FORGET_LEGS = delete(_LEGS).where(
    _LEGS.c.call_id.in_(bindparam("calls", expanding=True)),
    _LEGS.c.id.not_in(bindparam("named", expanding=True)),
    _LEGS.c.id.not_in(
        select(_RECORDINGS.c.leg_id).where(_RECORDINGS.c.call_id.in_(bindparam("calls", expanding=True)))
    ),
)


def save_call(session: Session, facts: CallFacts, site: str, node: str) -> None:
    """Keeps a snapshot of one call, as `save_calls` does."""
    save_calls(session, [facts], site, node)


def save_calls(session: Session, calls: Sequence[CallFacts], site: str, node: str) -> None:
    """Keeps a snapshot of each of different calls: rows, legs, holds and announcements become what it says.

    Saying the same twice changes nothing. A call's information record exists from its first snapshot on. A
    leg that a snapshot no longer names is removed, unless it has a recording.
    """
    if not calls:
        return
    connection, ids = session.connection(), [facts.id for facts in calls]
    _upsert(connection, _CALLS, [_call_row(facts, site, node) for facts in calls])
    records = [{"call_id": facts.id, "created_at": facts.started_at} for facts in calls]
    connection.execute(_insert_into_absent(_RECORDS, connection.dialect.name), records)
    for forget in _FORGET:
        connection.execute(forget, {"calls": ids})
    legs = [row for facts in calls for row in _rows(facts.id, facts.legs, numbered=True)]
    _upsert(connection, _LEGS, legs)
    connection.execute(_FORGET_LEGS, {"calls": ids, "named": [leg["id"] for leg in legs]})
    for table, part in ((_HOLDS, "holds"), (_ANNOUNCEMENTS, "announcements")):
        if rows := [row for facts in calls for row in _rows(facts.id, getattr(facts, part))]:
            connection.execute(insert(table), rows)


def save_recording(session: Session, facts: RecordingFacts) -> None:
    """Keeps a recording's row: when it is opened and, with its duration, when it is closed."""
    save_recordings(session, [facts])


def save_recordings(session: Session, recordings: Sequence[RecordingFacts]) -> None:
    """Keeps the rows of different recordings."""
    _upsert(session.connection(), _RECORDINGS, [_row(facts) for facts in recordings])


def forget_recordings(session: Session, recording_ids: Sequence[str]) -> None:
    """Takes out the rows of recordings whose files were deleted while they grew."""
    if recording_ids:
        session.connection().execute(delete(_RECORDINGS).where(_RECORDINGS.c.id.in_(recording_ids)))


def add_jobs(session: Session, calls: Mapping[str, datetime]) -> set[str]:
    """Gives the scribe calls to work on, each at its instant; returns those that it did not have.

    Those that were recorded are to be written as stereo as well.
    """
    if not calls:
        return set()
    known = set(session.scalars(select(_JOBS.c.call_id).where(_JOBS.c.call_id.in_(calls))))
    new = {call_id: now for call_id, now in calls.items() if call_id not in known}
    if new:
        rows = [
            {"call_id": call_id, "state": "pending", "created_at": now, "attempts": 0}
            for call_id, now in new.items()
        ]
        session.connection().execute(insert(_JOBS), rows)
        recorded = set(session.scalars(select(_RECORDINGS.c.call_id).where(_RECORDINGS.c.call_id.in_(new))))
        if mixes := [row for row in rows if row["call_id"] in recorded]:
            session.connection().execute(insert(_MIXES), mixes)
    return set(new)


def kept_calls(session: Session, call_ids: Sequence[str]) -> dict[str, Call]:
    """These calls as they are in the database now. Raises LookupError for one that is not there."""
    if not call_ids:
        return {}
    wanted = select(Call).where(col(Call.id).in_(call_ids)).execution_options(populate_existing=True)
    found = {call.id: call for call in session.scalars(wanted)}
    if missing := [call_id for call_id in call_ids if call_id not in found]:
        raise LookupError(f"no call {missing[0]}")
    return found


def recordings_of(session: Session, call_ids: Sequence[str]) -> dict[str, list[Recording]]:
    """The recordings of each of these calls, in the order in which they began."""
    found: dict[str, list[Recording]] = {call_id: [] for call_id in call_ids}
    if not found:
        return found
    wanted = select(Recording).where(col(Recording.call_id).in_(call_ids))
    for recording in session.scalars(wanted.order_by(col(Recording.started_at), col(Recording.id))):
        found[recording.call_id].append(recording)
    return found


def hand_over(session: Session, call: Call, role: str, now: datetime, data: Mapping[str, Any]) -> None:
    """The call is over and its recordings are closed: makes the scribe's job and tells `recorded`, once."""
    if add_jobs(session, {call.id: now}):
        recordings = recordings_of(session, [call.id])[call.id]
        told = {**recorded(recordings), **data}
        outbox.add(
            session, role=role, site=call.site, event=EventName.RECORDED, call=call, data=told, now=now
        )


def recorded(recordings: Sequence[Recording]) -> dict[str, Any]:
    """What the event `recorded` tells of them."""
    return {"recordings": [_summary(recording) for recording in recordings]}


def _summary(recording: Recording) -> dict[str, Any]:
    return {
        "id": recording.id,
        "leg_id": recording.leg_id,
        "codec": recording.codec,
        "offset_seconds": recording.offset_seconds,
        "duration_seconds": recording.duration_seconds,
    }


def _call_row(facts: CallFacts, site: str, node: str) -> dict[str, Any]:
    row = {key: value for key, value in _row(facts).items() if key not in _PARTS}
    return {**row, "site": site, "node": node}


def _rows(call_id: str, parts: Iterable[Any], *, numbered: bool = False) -> list[dict[str, Any]]:
    rows = [{**_row(part), "call_id": call_id} for part in parts]
    if numbered:
        for position, row in enumerate(rows):
            row["position"] = position
    return rows


def _row(facts: Any) -> dict[str, Any]:
    """A dataclass as column values."""
    return {field.name: _value(getattr(facts, field.name)) for field in dataclasses.fields(facts)}


def _value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):  # a list in JSON
        return [jsonable(dataclasses.asdict(each)) for each in value]
    return clean(value) if isinstance(value, str) else value


def _upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(_upsert_into(table, connection.dialect.name), rows)


# Both databases know ON CONFLICT, in dialects of their own. A statement is built once: that takes longer than
# running it, and the switchboard's media share the processor with the writer.


@cache
def _upsert_into(table: Table, dialect: str) -> Executable:
    statement = _INSERT[dialect](table)
    changed = {
        column.name: statement.excluded[column.name] for column in table.columns if column.name != "id"
    }
    return cast(Executable, statement.on_conflict_do_update(index_elements=["id"], set_=changed))


@cache
def _insert_into_absent(table: Table, dialect: str) -> Executable:
    return cast(Executable, _INSERT[dialect](table).on_conflict_do_nothing())
