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
from callcenter.domain.text import clean
from callcenter.store import outbox
from callcenter.store.tables import Announcement, Call, Hold, Job, Leg, Record, Recording

_PARTS = ("legs", "holds", "announcements")
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _table(of: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(of.__tablename__)]


_CALLS, _LEGS, _HOLDS, _ANNOUNCEMENTS = _table(Call), _table(Leg), _table(Hold), _table(Announcement)
_RECORDINGS, _RECORDS, _JOBS = _table(Recording), _table(Record), _table(Job)

_FORGET = [delete(table).where(table.c.call_id == bindparam("call")) for table in (_HOLDS, _ANNOUNCEMENTS)]
_FORGET_LEGS = delete(_LEGS).where(
    _LEGS.c.call_id == bindparam("call"),
    _LEGS.c.id.not_in(bindparam("named", expanding=True)),
    _LEGS.c.id.not_in(select(_RECORDINGS.c.leg_id).where(_RECORDINGS.c.call_id == bindparam("call"))),
)


def save_call(session: Session, facts: CallFacts, site: str, node: str) -> None:
    """Keeps a snapshot of a call: its row, legs, holds and announcements become what `facts` says.

    Saying the same twice changes nothing. The call's information record exists from the first snapshot on. A
    leg that a snapshot no longer names is removed, unless it has a recording.
    """
    call = {key: value for key, value in _row(facts).items() if key not in _PARTS}
    connection = session.connection()
    _upsert(connection, _CALLS, [{**call, "site": site, "node": node}])
    _keep_if_absent(connection, _RECORDS, {"call_id": facts.id, "created_at": facts.started_at})
    for forget in _FORGET:
        connection.execute(forget, {"call": facts.id})
    _upsert(connection, _LEGS, _rows(facts.id, facts.legs, numbered=True))
    connection.execute(_FORGET_LEGS, {"call": facts.id, "named": [clean(leg.id) for leg in facts.legs]})
    for table, parts in ((_HOLDS, facts.holds), (_ANNOUNCEMENTS, facts.announcements)):
        if rows := _rows(facts.id, parts):
            connection.execute(insert(table), rows)


def save_recording(session: Session, facts: RecordingFacts) -> None:
    """Keeps a recording's row: when it is opened and, with its duration, when it is closed."""
    _upsert(session.connection(), _RECORDINGS, [_row(facts)])


def add_job(session: Session, call_id: str, now: datetime) -> bool:
    """Gives the scribe a call to work on; False where it has it already."""
    job = {"call_id": call_id, "state": "pending", "created_at": now, "attempts": 0}
    return _keep_if_absent(session.connection(), _JOBS, job)


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


def _summary(recording: Recording) -> dict[str, Any]:
    return {
        "id": recording.id,
        "leg_id": recording.leg_id,
        "codec": recording.codec,
        "offset_seconds": recording.offset_seconds,
        "duration_seconds": recording.duration_seconds,
    }


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
    return clean(value) if isinstance(value, str) else value


def _upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(_upsert_into(table, connection.dialect.name), rows)


def _keep_if_absent(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Whether the row was new."""
    return connection.execute(_insert_into_absent(table, connection.dialect.name), row).first() is not None


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
    return cast(Executable, _INSERT[dialect](table).on_conflict_do_nothing().returning(table.c.call_id))
