"""Which recordings grow, which scribe listens to them, how far it has come; and what waits to be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlmodel import Session, col

from callcenter.store.tables import Call, Hold, Job, Leg, Listening, Recording


@dataclass(frozen=True, slots=True)
class Growing:
    """A recording of a call that lasts; `role` is its leg's, `path` below the recordings folder. `held`: the
    call is on hold now."""

    id: str
    call: Call
    leg_id: str
    role: str
    path: str
    offset_seconds: float
    held: bool = False


@dataclass(frozen=True, slots=True)
class Backlog:
    """What has been said and is not read: ended calls, their seconds of sound, seconds since the oldest
    of them ended."""

    calls: int = 0
    seconds: float = 0.0
    oldest: float = 0.0


def growing(session: Session) -> list[Growing]:
    """The recordings that grow now, the oldest first."""
    held = exists().where(col(Hold.call_id) == col(Call.id), col(Hold.ended_at).is_(None))
    wanted = (
        select(Recording, Call, Leg, held)
        .join(Call, col(Call.id) == col(Recording.call_id))
        .join(Leg, col(Leg.id) == col(Recording.leg_id))
        .where(col(Call.outcome).is_(None), col(Recording.finished).is_(False))
        .order_by(col(Recording.started_at), col(Recording.id))
    )
    return [
        Growing(each.id, call, leg.id, leg.role, each.path, each.offset_seconds, bool(on_hold))
        for each, call, leg, on_hold in session.execute(wanted)
    ]


def take(
    session: Session, recording_ids: Iterable[str], worker: str, now: datetime, until: datetime
) -> set[str]:
    """Of these, the recordings that `worker` may listen to until then: nobody else does."""
    wanted = list(recording_ids)
    rows = select(Listening).where(col(Listening.recording_id).in_(wanted)).with_for_update()
    kept = {row.recording_id: row for row in session.scalars(rows)}
    taken = set()
    for id in wanted:
        row = kept.get(id)
        if row is None:
            session.add(Listening(recording_id=id, worker=worker, lease_until=until))
        elif row.worker == worker or row.lease_until <= now:
            row.worker, row.lease_until = worker, until
        else:
            continue
        taken.add(id)
    session.flush()
    return taken


def renew(session: Session, worker: str, progress: Mapping[str, float], until: datetime) -> None:
    """Goes on listening: the seconds read so far, by recording."""
    for id, seconds in progress.items():
        mine = (col(Listening.recording_id) == id, col(Listening.worker) == worker)
        session.connection().execute(
            update(Listening).where(*mine).values(seconds=seconds, lease_until=until)
        )


def leave(session: Session, recording_ids: Iterable[str], worker: str) -> None:
    """Listens no more: others may."""
    mine = (col(Listening.recording_id).in_(list(recording_ids)), col(Listening.worker) == worker)
    session.connection().execute(delete(Listening).where(*mine))


def read_so_far(session: Session, call_id: str) -> dict[str, float]:
    """Seconds by recording, of those of the call that are being listened to."""
    wanted = select(col(Listening.recording_id), col(Listening.seconds)).where(
        col(Listening.recording_id).in_(select(col(Recording.id)).where(col(Recording.call_id) == call_id))
    )
    return dict(session.execute(wanted).all())


def taken_by_another(worker: str, now: datetime) -> ColumnElement[bool]:
    """Of a Job: another scribe listens to the call, and has what was said in it so far."""
    return exists().where(
        col(Listening.recording_id) == col(Recording.id),
        col(Recording.call_id) == col(Job.call_id),
        col(Listening.worker) != worker,
        col(Listening.lease_until) > now,
    )


def backlog(session: Session, now: datetime) -> Backlog:
    """The ended calls that wait for the scribe, or are with it."""
    waiting = col(Job.state).in_(("pending", "claimed"))
    calls, oldest = session.execute(select(func.count(), func.min(col(Job.created_at))).where(waiting)).one()
    of_them = select(col(Job.call_id)).where(waiting)
    seconds = session.scalar(
        select(func.sum(col(Recording.duration_seconds))).where(col(Recording.call_id).in_(of_them))
    )
    waited = (now - oldest).total_seconds() if oldest is not None else 0.0
    return Backlog(calls, seconds or 0.0, max(0.0, waited))
