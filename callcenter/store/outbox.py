"""Events to be published, committed with what they tell of (transactional outbox).

`add` belongs into the transaction that makes the change. Each role publishes its own rows in order, after the
commit, at least once: after a crash between publishing and marking, the same event id is published again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session, SQLModel, col

from callcenter.domain.calls import CallFacts, EventName
from callcenter.domain.cloudevents import CloudEvent, event_of
from callcenter.domain.subjects import SubjectEvent
from callcenter.domain.topics import call_topic, subject_topic
from callcenter.store.tables import Call, Outbox

CALL_FIELDS = (
    "id",
    "direction",
    "line",
    "desk",
    "caller",
    "callee",
    "diverted_from",
    "started_at",
    "outcome",
    "rings",
    "ring_seconds",
    "three_rings",
    "first_ringing_at",
    "answered_at",
)

_INSERT = insert(SQLModel.metadata.tables[Outbox.__tablename__])


def add(
    session: Session,
    *,
    role: str,
    site: str,
    event: EventName,
    call: CallFacts | Call,
    data: Mapping[str, Any],
    now: datetime,
) -> str:
    """Puts an event into the outbox within the session's transaction and returns its id (a UUID)."""
    row = event_row(role=role, site=site, event=event, call=call, data=data, now=now)
    add_rows(session, [row])
    return cast(str, row["event_id"])


def event_row(
    *,
    role: str,
    site: str,
    event: EventName,
    call: CallFacts | Call,
    data: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    """An event as a row of the outbox.

    `now` is the event's time. `data` is added beside `call`; its values are JSON types, instants or enums.
    """
    event_id = str(uuid4())
    summary = {name: getattr(call, name) for name in CALL_FIELDS}
    message = event_of(
        id=event_id,
        site=site,
        role=role,
        event=event,
        subject=call.id,
        time=now,
        data={"call": summary, **data},
    )
    return _row(message, role, call_topic(site, call.id, event))


def subject_row(
    *, role: str, site: str, event: SubjectEvent, subject: str, data: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """An event of an agent (by number), a desk or a callback (by id) as a row of the outbox."""
    message = event_of(
        id=str(uuid4()), site=site, role=role, event=event, subject=subject, time=now, data=data
    )
    return _row(message, role, subject_topic(site, subject, event))


def _row(message: CloudEvent, role: str, topic: str) -> dict[str, Any]:
    return {
        "event_id": message.id,
        "role": role,
        "topic": topic,
        "payload": message.to_dict(),
        "created_at": message.time,
    }


def add_rows(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Puts events into the outbox, in this order, within the session's transaction."""
    if rows:
        session.connection().execute(_INSERT, rows)


def pending(session: Session, role: str, limit: int = 100) -> list[Outbox]:
    """The role's oldest unpublished events, in order."""
    unpublished = select(Outbox).where(col(Outbox.role) == role, col(Outbox.published_at).is_(None))
    return list(session.scalars(unpublished.order_by(col(Outbox.id)).limit(limit)))


def mark_published(session: Session, ids: Sequence[int], now: datetime) -> None:
    """`ids` are the rows' (`Outbox.id`), acknowledged by the broker."""
    if ids:
        session.execute(update(Outbox).where(col(Outbox.id).in_(ids)).values(published_at=now))


def reopen(session: Session, role: str, since: datetime) -> int:
    """Marks what was published since then as unpublished: a broker that died may not have passed it on."""
    published = (col(Outbox.role) == role, col(Outbox.published_at) >= since)
    return session.connection().execute(update(Outbox).where(*published).values(published_at=None)).rowcount


def backlog(session: Session, role: str) -> int:
    """The number of events that wait to be published."""
    waiting = select(func.count()).where(col(Outbox.role) == role, col(Outbox.published_at).is_(None))
    return session.scalar(waiting) or 0


def prune(session: Session, now: datetime, keep: timedelta = timedelta(days=7)) -> int:
    """Removes rows published more than `keep` ago; returns how many."""
    old = col(Outbox.published_at) < now - keep
    return session.connection().execute(delete(Outbox).where(old)).rowcount
