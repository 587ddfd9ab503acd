"""The review queue, and what people say of findings; every word leaves a trace (REQUIREMENTS.md C1, B10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, insert, or_, select, update
from sqlmodel import Session, col

from callcenter.domain.calls import Role
from callcenter.domain.findings import Verdict
from callcenter.domain.reviews import Cause, Opinion, Person, check_opinion, is_blind, standing
from callcenter.store.judgings import queue
from callcenter.store.scores import rescore
from callcenter.store.tables import Audit, Call, Leg
from callcenter.store.tickets import NotFoundError
from callcenter.store.verdict_tables import FindingRow, Review, ReviewItem
from callcenter.store.verdicts import Shown, by_key, shown, shown_rows


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What to list. `reader`: without what they have spoken on, and without calls that they took."""

    reader: str = ""
    cause: str = ""
    rule: str = ""
    desk: str = ""


@dataclass(frozen=True, slots=True)
class Queue:
    """Findings that wait for a person, the most pressing first, with their calls."""

    items: list[tuple[Shown, Call]]
    total: int


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A finding with what a reader may see of what was said of it, oldest first.

    `missing` people are still to speak; `disputed`: the first two differed.
    """

    finding: Shown
    call: Call
    agents: tuple[str, ...]
    reviews: list[Review]
    missing: int
    disputed: bool


def review_queue(
    session: Session, wanted: QueueFilter, *, page: int = 1, size: int = 20, skip: int = 0
) -> Queue:
    """What waits; `page` counts from 1, behind `skip` of them.

    Of one cause, what was asked last comes first, the findings of a call in their order.
    """
    terms = _waiting(wanted)
    total = session.scalar(select(func.count()).select_from(ReviewItem).where(*terms)) or 0
    ordered = select(col(ReviewItem.finding_id)).where(*terms).order_by(*_PRESSING)
    keys = session.scalars(ordered.offset(skip + (page - 1) * size).limit(size)).all()
    by_id = by_key(session, keys)
    found = [by_id[key] for key in keys]
    calls = _calls(session, [each.call_id for each in found])
    return Queue([(each, calls[each.call_id]) for each in found], total)


_PRESSING = (col(ReviewItem.rank), col(ReviewItem.created_at).desc(), col(ReviewItem.finding_id))


def _waiting(wanted: QueueFilter) -> list[ColumnElement[bool]]:
    """Open: what no newer set of the call repeats is superseded when that is kept."""
    terms = [col(ReviewItem.state) == "open"]
    for column, value in ((ReviewItem.cause, wanted.cause), (ReviewItem.rule, wanted.rule)):
        if value:
            terms.append(col(column) == value)
    if wanted.desk:
        of_desk = col(Call.id) == col(ReviewItem.call_id), col(Call.desk) == wanted.desk
        terms.append(exists().where(*of_desk))
    if wanted.reader:
        spoke = select(col(Review.finding_id)).where(col(Review.by) == wanted.reader)
        took = select(col(Leg.call_id)).where(_took(wanted.reader))
        terms += [col(ReviewItem.finding_id).not_in(spoke), col(ReviewItem.call_id).not_in(took)]
    return terms


def _took(number: str) -> ColumnElement[bool]:
    agent = col(Leg.role) == Role.AGENT.value
    return and_(agent, col(Leg.party) == number, col(Leg.answered_at).is_not(None))


def waiting_by_cause(session: Session, reader: str = "") -> dict[str, int]:
    """How many findings wait for people, by why."""
    query = (
        select(col(ReviewItem.cause), func.count())
        .where(*_waiting(QueueFilter(reader)))
        .group_by(col(ReviewItem.cause))
    )
    return {str(cause): int(number) for cause, number in session.execute(query)}


def reviewed(session: Session, finding_id: int, reader: str = "") -> Reviewed:
    """The finding as it stands in the newest set that says it. Raises NotFoundError."""
    finding = find(session, finding_id)
    reviews = _reviews(session, finding.id)
    people = finding.item.wanted if finding.item else 1
    opinions = [_opinion(each) for each in reviews]
    now = standing(opinions, people)
    told = [each for each in reviews if each.by == reader or not is_blind(opinions, people)]
    call = session.get_one(Call, finding.call_id)
    missing = now.missing if finding.item else 0
    return Reviewed(finding, call, agents_of(session, call.id), told, missing, now.disputed)


def review(
    session: Session,
    finding_id: int,
    person: Person,
    verdict: Verdict,
    reason: str,
    now: datetime,
    *,
    appeal: bool = False,
) -> Shown:
    """Keeps what a person says of the finding, and what follows. Raises NotFoundError, ReviewError."""
    finding = find(session, finding_id)
    item = _locked(session, finding, now)
    opinions = [_opinion(each) for each in _reviews(session, finding.id)]
    new = Opinion(person.number, verdict, appeal)
    machine = Verdict(finding.machine)
    check_opinion(machine, opinions, item.wanted, new, reason, agents_of(session, finding.call_id))
    session.add(
        Review(
            finding_id=finding.id,
            by=person.number,
            verdict=verdict.value,
            reason=reason.strip(),
            kind="appeal" if appeal else "review",
            at=now,
        )
    )
    decided = standing([*opinions, new], item.wanted).verdict
    if decided is not None:
        item.state, item.verdict, item.decided_at = "decided", decided.value, now
    trace(session, person, "review", finding, now, {"verdict": verdict.value, "machine": machine.value})
    session.flush()
    if decided is not None:
        rescore(session, [finding.call_id])
    return find(session, finding_id)


def trace(
    session: Session, person: Person, action: str, finding: Shown, now: datetime, detail: Mapping[str, Any]
) -> None:
    """Who did what to a finding, in the audit trail (B10)."""
    told = {"call": finding.call_id, "rule": finding.rule, **detail}
    who = {"at": now, "by": person.number, "role": person.role}
    session.execute(insert(Audit), {**who, "action": action, "subject": str(finding.id), "detail": told})


def agents_of(session: Session, call_id: str) -> tuple[str, ...]:
    """The extensions that took the call, in their order."""
    answered = (
        select(col(Leg.party))
        .where(
            col(Leg.call_id) == call_id,
            col(Leg.role) == Role.AGENT.value,
            col(Leg.answered_at).is_not(None),
        )
        .order_by(col(Leg.position))
    )
    return tuple(dict.fromkeys(session.scalars(answered)))


def find(session: Session, finding_id: int) -> Shown:
    """The finding of that id, or the newest that repeats it. Raises NotFoundError."""
    same = or_(col(FindingRow.id) == finding_id, col(FindingRow.repeats) == finding_id)
    newest = shown_rows().where(same).order_by(col(FindingRow.id).desc()).limit(1)
    found = shown(session, newest.execution_options(populate_existing=True))
    if not found:
        raise NotFoundError(f"there is no finding {finding_id}")
    return found[0]


def _reviews(session: Session, finding_id: int) -> Sequence[Review]:
    found = select(Review).where(col(Review.finding_id) == finding_id).order_by(col(Review.id))
    return session.scalars(found).all()


def _opinion(row: Review) -> Opinion:
    return Opinion(row.by, Verdict(row.verdict), row.kind == "appeal")


def _locked(session: Session, finding: Shown, now: datetime) -> ReviewItem:
    """The finding's item, which nobody else changes before this is committed; made where nobody was asked."""
    queue(session, [(finding.row, Cause.CHOSEN, 1)], now)
    mine = col(ReviewItem.finding_id) == finding.id
    session.connection().execute(update(ReviewItem).where(mine).values(state=ReviewItem.state))
    return session.scalars(select(ReviewItem).where(mine).execution_options(populate_existing=True)).one()


def _calls(session: Session, ids: Sequence[str]) -> dict[str, Call]:
    return {call.id: call for call in session.scalars(select(Call).where(col(Call.id).in_(ids)))}
