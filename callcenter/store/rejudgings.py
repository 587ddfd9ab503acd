"""Orders to judge history again: given by people, worked off by a scribe in batches, resumable after a kill.

A batch's new sets of verdicts and how far the order is are one transaction, which names the claim: whoever
lost it changes nothing any more, and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, and_, exists, func, insert, or_, select, update
from sqlmodel import Session, col

from callcenter.domain.refusals import Refusal
from callcenter.domain.reviews import Person
from callcenter.store.judgings import Kept, NewSet
from callcenter.store.scores import keep_sets
from callcenter.store.tables import Audit, Call, Job
from callcenter.store.tickets import NotFoundError
from callcenter.store.verdict_tables import Judging, Rejudging

PENDING, CLAIMED, DONE, STOPPED, FAILED = "pending", "claimed", "done", "stopped", "failed"
UNFINISHED = (PENDING, CLAIMED)


class RejudgingError(Refusal):
    """It cannot be ordered or stopped now; the message says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls: of a standard (its name), of a desk (its id), begun since an instant; None: any."""

    standard: str | None = None
    desk: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class RejudgingClaim:
    """An order in hand: whose it is, and the how-manieth attempt this is (from 1)."""

    id: int
    worker: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an order is; `rate` in calls a second, `left` in seconds; None where they are not known yet."""

    done: int
    total: int | None
    rate: float | None
    left: float | None


def order(session: Session, wanted: Wanted, person: Person, now: datetime) -> Rejudging:
    """Asks for it. Raises RejudgingError while the same is under way."""
    same = select(Rejudging).where(
        col(Rejudging.state).in_(UNFINISHED),
        _is(col(Rejudging.standard), wanted.standard),
        _is(col(Rejudging.desk), wanted.desk),
    )
    if (running := session.scalars(same).first()) is not None:
        raise RejudgingError(
            f"order {running.id} asks for the same already and is under way",
            f"同样的重新判定（第 {running.id} 号）正在进行。",
        )
    made = Rejudging(
        standard=wanted.standard, desk=wanted.desk, since=wanted.since, by=person.number, created_at=now
    )
    session.add(made)
    session.flush()
    _trace(session, made, person, "rejudge", now)
    return made


def stop(session: Session, id: int, person: Person, now: datetime) -> Rejudging:
    """No further batch; what was judged stays. Raises NotFoundError, RejudgingError."""
    found = get(session, id)
    change = update(Rejudging).where(col(Rejudging.id) == id, col(Rejudging.state).in_(UNFINISHED))
    if not _changed(session, change.values(state=STOPPED, finished_at=now, lease_until=None)):
        raise RejudgingError(f"order {id} is {found.state} already", f"第 {id} 号重新判定已经结束。")
    _trace(session, found, person, "rejudge_stop", now)
    session.refresh(found)
    return found


def get(session: Session, id: int) -> Rejudging:
    """Raises NotFoundError."""
    found = session.get(Rejudging, id, populate_existing=True)
    if found is None:
        raise NotFoundError(f"there is no order {id} to judge again")
    return found


def newest(session: Session, size: int = 20) -> list[Rejudging]:
    """Orders, newest first."""
    return list(session.scalars(select(Rejudging).order_by(col(Rejudging.id).desc()).limit(size)))


def progress(row: Rejudging, now: datetime) -> Progress:
    """How fast it went since it began, and how long the rest takes at that pace."""
    if row.started_at is None or not row.done:
        return Progress(row.done, row.total, None, None)
    seconds = max(1e-3, ((row.finished_at or now) - row.started_at).total_seconds())
    rate = row.done / seconds
    left = 0.0 if row.finished_at or row.total is None else max(0, row.total - row.done) / rate
    return Progress(row.done, row.total, rate, left)


# -- by the scribe ----------------------------------------------------------------------------------------


def claim(session: Session, worker: str, now: datetime, lease: timedelta) -> RejudgingClaim | None:
    """Takes the oldest order that nobody works on, until `now + lease`; None where there is none."""
    free = and_(col(Rejudging.state).in_(UNFINISHED), or_(_no_lease(), col(Rejudging.lease_until) <= now))
    row = session.scalars(select(Rejudging).where(free).order_by(col(Rejudging.id)).limit(1)).first()
    if row is None or row.id is None:
        return None
    taken = RejudgingClaim(row.id, worker, row.attempts + 1)
    values = {"state": CLAIMED, "claimed_by": worker, "lease_until": now + lease, "attempts": taken.attempt}
    if row.started_at is None:
        values |= {"started_at": now, "total": session.scalar(_count(row))}
    change = update(Rejudging).where(
        free, col(Rejudging.id) == row.id, col(Rejudging.attempts) == row.attempts
    )
    return taken if _changed(session, change.values(**values)) else None


def next_calls(session: Session, id: int, size: int) -> list[str]:
    """The calls that come next, newest first; none once all are done."""
    row = get(session, id)
    terms = [*_terms(row)]
    if row.cursor_at is not None:
        begun, same = col(Call.started_at), col(Call.started_at) == row.cursor_at
        terms.append(begun <= row.cursor_at)  # says the same in a way that SQLite looks up in the index
        terms.append(or_(begun < row.cursor_at, and_(same, col(Call.id) < row.cursor_id)))
    query = select(col(Call.id)).where(*terms).order_by(col(Call.started_at).desc(), col(Call.id).desc())
    return list(session.scalars(query.limit(size)))


def keep_batch(
    session: Session, held: RejudgingClaim, calls: Sequence[str], sets: Sequence[NewSet], until: datetime
) -> list[Kept] | None:
    """Keeps what came of `calls` (in their order), and that they are done; the claim lasts `until`.

    None, and nothing is changed, where the claim is lost or the order was stopped.
    """
    last = session.get_one(Call, calls[-1])
    moved = _mine(held).values(
        cursor_at=last.started_at,
        cursor_id=last.id,
        done=Rejudging.done + len(calls),
        judged=Rejudging.judged + len(sets),
        lease_until=until,
    )
    if not _changed(session, moved):
        return None
    kept = keep_sets(session, sets)
    changed = sum(each.changed for each in kept)
    session.connection().execute(_mine(held).values(changed=Rejudging.changed + changed))
    return kept


def finish(session: Session, held: RejudgingClaim, now: datetime, error: str | None = None) -> bool:
    """Ends the order; False where the claim is lost."""
    state = FAILED if error else DONE
    values = {"state": state, "finished_at": now, "lease_until": None, "error": error}
    return _changed(session, _mine(held).values(**values))


def release(
    session: Session, held: RejudgingClaim, again_at: datetime | None = None, error: str = ""
) -> bool:
    """Gives it back; the next scribe goes on where it stands, from `again_at` on."""
    values = {"state": PENDING, "claimed_by": None, "lease_until": again_at, "error": error or None}
    return _changed(session, _mine(held).values(**values))


def calls_wait(session: Session) -> bool:
    """Whether calls that have just ended wait to be transcribed: they come first."""
    waiting = exists().where(col(Job.state) == "pending", col(Job.priority) == 0)
    return bool(session.scalar(select(waiting)))


def read_again(session: Session, call_ids: Sequence[str], person: Person, now: datetime) -> int:
    """Has the sound of these calls read anew, behind the calls that end meanwhile; how many will be."""
    change = (
        update(Job)
        .where(col(Job.call_id).in_(call_ids), col(Job.state).in_(("done", "failed")))
        .values(state="pending", priority=1, created_at=now, attempts=0, claimed_by=None, error=None)
    )
    changed = session.connection().execute(change).rowcount
    told = {"calls": list(call_ids)[:100], "number": changed}
    _audit(session, person, "read_again", ",".join(call_ids)[:200], now, told)
    return changed


def _terms(row: Rejudging) -> list[ColumnElement[bool]]:
    """Calls that were judged before; others are judged when their sound is read."""
    judged = exists().where(col(Judging.call_id) == col(Call.id)).correlate(Call)
    terms: list[ColumnElement[bool]] = [judged]
    if row.standard:
        terms.append(col(Call.standard) == row.standard)
    if row.desk:
        terms.append(col(Call.desk) == row.desk)
    if row.since is not None:
        terms.append(col(Call.started_at) >= row.since)
    return terms


def _count(row: Rejudging) -> Select[int]:
    return select(func.count()).select_from(Call).where(*_terms(row))


def _is(column: Any, value: object) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.is_(None) if value is None else column == value
    return found


def _no_lease() -> ColumnElement[bool]:
    return col(Rejudging.lease_until).is_(None)


def _mine(held: RejudgingClaim) -> Update:
    return update(Rejudging).where(
        col(Rejudging.id) == held.id,
        col(Rejudging.state) == CLAIMED,
        col(Rejudging.claimed_by) == held.worker,
        col(Rejudging.attempts) == held.attempt,
    )


def _changed(session: Session, change: Update) -> bool:
    return session.connection().execute(change).rowcount == 1


def _trace(session: Session, row: Rejudging, person: Person, action: str, now: datetime) -> None:
    told = {"standard": row.standard, "desk": row.desk, "since": row.since and row.since.isoformat()}
    _audit(session, person, action, str(row.id), now, told)


def _audit(
    session: Session, person: Person, action: str, subject: str, now: datetime, detail: dict[str, Any]
) -> None:
    who = {"at": now, "by": person.number, "role": person.role}
    session.execute(insert(Audit), {**who, "action": action, "subject": subject, "detail": detail})
