"""The scribe's work: claiming a call under a lease, renewing it, and finishing it in one transaction.

A job is claimable when nobody holds it or its lease has run out, so the work of a scribe that was killed is
taken up by the next one. Every later step names the claim (who, and which attempt): a scribe that lost its
lease changes nothing any more, and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, Update, and_, delete, insert, not_, or_, select, update
from sqlmodel import Session, col

from callcenter.store.aftermath import NOTHING, Aftermath, load_aftermaths
from callcenter.store.tables import Announcement, Call, Hold, Job, Leg, Mix, Recording
from callcenter.store.tables import Word as WordRow
from transcripts.recogniser import Word

Queue = type[Job] | type[Mix]
"""The scribe's jobs, or the writing of stereo files."""

PENDING, CLAIMED, DONE, FAILED = "pending", "claimed", "done", "failed"


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in hand: whose it is, and the how-manieth attempt this is (from 1)."""

    call_id: str
    worker: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Work:
    """What is known of a call that is to be transcribed and judged; legs are in their order."""

    call: Call
    legs: Sequence[Leg]
    holds: Sequence[Hold]
    recordings: Sequence[Recording]
    announcements: Sequence[Announcement] = ()
    aftermath: Aftermath = NOTHING


def claim(
    session: Session,
    worker: str,
    now: datetime,
    lease: timedelta,
    of: Queue = Job,
    *,
    unless: ColumnElement[bool] | None = None,
) -> Claim | None:
    """Takes the oldest of the foremost jobs that are free, until `now + lease`; None where there is none.
    Jobs of which `unless` holds are left to others.

    PostgreSQL passes over rows that another scribe is just taking (SKIP LOCKED). SQLite has no row locks:
    there the UPDATE asks again whether the job is still free.
    """
    order = (*((col(Job.priority),) if of is Job else ()), col(of.created_at), col(of.call_id))
    ours = _free(now, of) if unless is None else and_(_free(now, of), not_(unless))
    oldest = select(of).where(ours).order_by(*order).limit(1)
    free = oldest.with_for_update(skip_locked=True)
    while (job := cast("Job | Mix | None", session.scalars(free).first())) is not None:
        taken = Claim(job.call_id, worker, job.attempts + 1)
        change = update(of).where(
            col(of.call_id) == job.call_id, col(of.attempts) == job.attempts, _free(now, of)
        )
        values = {
            "state": CLAIMED,
            "claimed_by": worker,
            "lease_until": now + lease,
            "attempts": taken.attempt,
        }
        if _changed(session, change.values(**values)):
            return taken
        session.expire_all()
    return None


def renew(session: Session, held: Claim, until: datetime) -> bool:
    """Keeps the claim until then; False where it is lost."""
    return _changed(session, _mine(held).values(lease_until=until))


def release(session: Session, held: Claim, error: str, again_at: datetime, of: Queue = Job) -> bool:
    """Gives the job back, to be tried again from `again_at` on; False where the claim is lost."""
    return _changed(
        session, _mine(held, of).values(state=PENDING, claimed_by=None, lease_until=again_at, error=error)
    )


def give_back(session: Session, held: Claim, of: Queue = Job) -> bool:
    """Undoes the claim: the job is free at once, and the attempt does not count; False where it is lost."""
    return _changed(
        session,
        _mine(held, of).values(state=PENDING, claimed_by=None, lease_until=None, attempts=held.attempt - 1),
    )


def finish(
    session: Session,
    held: Claim,
    now: datetime,
    *,
    error: str | None = None,
    failed: bool = False,
    of: Queue = Job,
    **result: Any,
) -> bool:
    """Ends the job as done or failed; False where the claim is lost: then nothing may be committed.

    `result` are columns of `of` that say what came of it.
    """
    state = FAILED if failed else DONE
    values = {"state": state, "finished_at": now, "lease_until": None, "error": error, **result}
    return _changed(session, _mine(held, of).values(**values))


def load_work(session: Session, call_id: str) -> Work:
    """Everything about one call that the scribe needs. Raises LookupError where there is no such call."""
    found = load_works(session, [call_id])
    if not found:
        raise LookupError(f"there is no call {call_id}")
    return found[0]


def load_works(session: Session, call_ids: Sequence[str]) -> list[Work]:
    """The same of many calls, in a few queries; in the order of the ids, without those that are not there."""
    calls = {call.id: call for call in session.scalars(select(Call).where(col(Call.id).in_(call_ids)))}
    legs = _by_call(session, select(Leg).order_by(col(Leg.position)), col(Leg.call_id), call_ids)
    holds = _by_call(session, select(Hold).order_by(col(Hold.started_at)), col(Hold.call_id), call_ids)
    ordered = select(Recording).order_by(col(Recording.started_at))
    recordings = _by_call(session, ordered, col(Recording.call_id), call_ids)
    played = select(Announcement).order_by(col(Announcement.started_at))
    announcements = _by_call(session, played, col(Announcement.call_id), call_ids)
    after = load_aftermaths(session, call_ids)
    return [
        Work(
            calls[id],
            legs.get(id, []),
            holds.get(id, []),
            recordings.get(id, []),
            announcements.get(id, []),
            after[id],
        )
        for id in call_ids
        if id in calls
    ]


def _by_call(session: Session, query: Select[Any], of: Any, call_ids: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in session.scalars(query.where(of.in_(call_ids))):
        found.setdefault(row.call_id, []).append(row)
    return found


def replace_words(session: Session, recording_id: str, words: Iterable[Word]) -> None:
    """The words of one recording, in seconds from the recording's own zero."""
    session.execute(delete(WordRow).where(col(WordRow.recording_id) == recording_id))
    rows = [
        {
            "recording_id": recording_id,
            "position": position,
            "text": word.text,
            "start": word.start,
            "end": word.end,
            "confidence": word.confidence,
        }
        for position, word in enumerate(words)
    ]
    if rows:
        session.execute(insert(WordRow), rows)


def _free(now: datetime, of: Queue) -> ColumnElement[bool]:
    over = or_(col(of.lease_until).is_(None), col(of.lease_until) <= now)
    return and_(col(of.state).in_((PENDING, CLAIMED)), over)


def _mine(held: Claim, of: Queue = Job) -> Update:
    return update(of).where(
        col(of.call_id) == held.call_id,
        col(of.state) == CLAIMED,
        col(of.claimed_by) == held.worker,
        col(of.attempts) == held.attempt,
    )


def _changed(session: Session, change: Update) -> bool:
    return session.connection().execute(change).rowcount == 1
