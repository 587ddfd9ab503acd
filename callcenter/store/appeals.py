"""Appeals of agents against findings, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import Session, col

from callcenter.domain.appeals import AppealError, AppealState, appeal_until, check_answer, check_appeal
from callcenter.domain.findings import Verdict
from callcenter.domain.reviews import Person
from callcenter.store.reviews import agents_of, find, review, trace
from callcenter.store.tables import Call
from callcenter.store.tickets import NotFoundError
from callcenter.store.verdict_tables import Appeal
from callcenter.store.verdicts import Shown


@dataclass(frozen=True, slots=True)
class AppealPage:
    """Appeals with their findings and calls, the oldest open ones first."""

    items: list[tuple[Appeal, Shown, Call]]
    total: int


def raise_appeal(
    session: Session, finding_id: int, person: Person, reason: str, now: datetime, limit: timedelta
) -> Appeal:
    """The agent says why the finding is wrong. Raises NotFoundError, AppealError."""
    finding = find(session, finding_id)
    if finding.appeal is not None:
        raise AppealError(
            f"there was an appeal against this already: {finding.appeal.state}", "这项判定已经申诉过了。"
        )
    until = appeal_until(finding.known_at, limit)
    agents = agents_of(session, finding.call_id)
    check_appeal(Verdict(finding.verdict), person.number, agents, reason, now, until)
    appeal = Appeal(
        finding_id=finding.id,
        call_id=finding.call_id,
        agent=person.number,
        reason=reason.strip(),
        raised_at=now,
    )
    session.add(appeal)
    trace(session, person, "appeal", finding, now, {"reason": reason.strip()})
    session.flush()
    return appeal


def answer_appeal(
    session: Session,
    finding_id: int,
    person: Person,
    upheld: bool,
    reason: str,
    now: datetime,
    verdict: Verdict = Verdict.PASS,
) -> Appeal:
    """Ends it: upheld, the finding says `verdict` from now on; rejected, it stays. The finding's row stays.

    Raises NotFoundError, AppealError, ReviewError.
    """
    finding = find(session, finding_id)
    appeal = finding.appeal
    if appeal is None:
        raise NotFoundError(f"there is no appeal against finding {finding_id}")
    check_answer(AppealState(appeal.state), person.number, agents_of(session, finding.call_id), reason)
    if upheld:
        review(session, finding_id, person, verdict, reason, now, appeal=True)
    appeal.state = (AppealState.UPHELD if upheld else AppealState.REJECTED).value
    appeal.answer, appeal.answered_by, appeal.answered_at = reason.strip(), person.number, now
    trace(session, person, "appeal_answer", finding, now, {"state": appeal.state, "reason": reason.strip()})
    session.flush()
    return appeal


def list_appeals(
    session: Session, *, state: str = "", agent: str = "", page: int = 1, size: int = 50
) -> AppealPage:
    """`state` and `agent` narrow; open ones come first, the oldest first."""
    terms = [
        col(column) == value for column, value in ((Appeal.state, state), (Appeal.agent, agent)) if value
    ]
    total = session.scalar(select(func.count()).select_from(Appeal).where(*terms)) or 0
    is_open = col(Appeal.state) == AppealState.OPEN.value
    query = (
        select(Appeal).where(*terms).order_by(is_open.desc(), col(Appeal.raised_at), col(Appeal.finding_id))
    )
    found: Sequence[Appeal] = session.scalars(query.offset((page - 1) * size).limit(size)).all()
    items = [(each, find(session, each.finding_id), session.get_one(Call, each.call_id)) for each in found]
    return AppealPage(items, total)
