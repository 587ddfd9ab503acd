"""Scorecards of calls and agents: by the verdicts that hold, and the weights of the standard of then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, not_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from callcenter.domain.calls import Role
from callcenter.domain.findings import Verdict
from callcenter.domain.scorecards import Scorecard, kept_weights, score_call
from callcenter.store.judgings import Kept, NewSet, add_sets, is_newest
from callcenter.store.tables import Call, Leg
from callcenter.store.verdict_tables import Judging, StandardVersion
from callcenter.store.verdicts import Shown, newest_findings


@dataclass(frozen=True, slots=True)
class AgentTotal:
    """An agent's calls since an instant: how many, their mean score (0 to 100; None where none has one), how
    many broke an automatic-fail rule, and how many people have reviewed."""

    agent: str
    calls: int
    mean: float | None
    failed: int
    reviewed: int


@dataclass(frozen=True, slots=True)
class ScoredCall:
    """A call with its newest findings and what they come to."""

    call: Call
    findings: list[Shown]
    card: Scorecard


@dataclass(frozen=True, slots=True)
class ScoredPage:
    items: list[ScoredCall]
    total: int


def card_of(session: Session, findings: Sequence[Shown]) -> Scorecard:
    """What the findings of one set come to, by the verdicts that hold."""
    kept = session.get(StandardVersion, findings[0].digest) if findings else None
    verdicts = {each.rule: Verdict(each.verdict) for each in findings}
    return score_call(verdicts, kept_weights(kept.rules) if kept else {})


def keep_sets(session: Session, sets: Sequence[NewSet]) -> list[Kept]:
    """Keeps new sets of verdicts (`add_sets`); what people said of the very same findings before holds."""
    kept = add_sets(session, sets)
    rescore(session, [each.call_id for each in kept if each.reviewed])
    return kept


def rescore(session: Session, call_ids: Sequence[str]) -> None:
    """Keeps beside the newest set of each of the calls what it comes to by people's verdicts."""
    found: dict[str, list[Shown]] = {}
    for each in newest_findings(session, call_ids) if call_ids else ():
        found.setdefault(each.call_id, []).append(each)
    for findings in found.values():
        card = card_of(session, findings)
        values = {
            "reviewed_score": card.score,
            "reviewed_failed": card.failed,
            "reviewed_worst": card.worst,
        }
        newest = findings[0].judging.id
        session.connection().execute(update(Judging).where(col(Judging.id) == newest).values(**values))


def agent_totals(session: Session, since: datetime) -> list[AgentTotal]:
    """Of every agent whose calls since then were judged; a call counts for who answered it first."""
    score = func.coalesce(col(Judging.reviewed_score), col(Judging.score))
    failed = func.coalesce(col(Judging.reviewed_failed), col(Judging.failed))
    query = (
        select(
            col(Leg.party),
            func.count(),
            func.avg(score),
            func.sum(case((failed, 1), else_=0)),
            func.count(col(Judging.reviewed_failed)),
        )
        .join(Judging, col(Judging.call_id) == col(Leg.call_id))
        .where(_answered_first(), is_newest(Judging), col(Judging.call_id).in_(_begun(since)))
        .group_by(col(Leg.party))
        .order_by(col(Leg.party))
    )
    return [AgentTotal(*row) for row in session.execute(query)]


def scored_calls(
    session: Session, agent: str, since: datetime, *, page: int = 1, size: int = 20
) -> ScoredPage:
    """The calls that an agent answered first since then and that are judged, newest first."""
    judged = exists().where(col(Judging.call_id) == col(Call.id)).correlate(Call)
    query = (
        select(Call)
        .join(Leg, col(Leg.call_id) == col(Call.id))
        .where(_answered_first(), col(Leg.party) == agent, col(Call.id).in_(_begun(since)), judged)
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    ordered = query.order_by(col(Call.started_at).desc(), col(Call.id)).offset((page - 1) * size).limit(size)
    calls = session.scalars(ordered).all()
    found: dict[str, list[Shown]] = {call.id: [] for call in calls}
    for each in newest_findings(session, list(found)):
        found[each.call_id].append(each)
    items = [ScoredCall(call, found[call.id], card_of(session, found[call.id])) for call in calls]
    return ScoredPage(items, total)


def _begun(since: datetime) -> Select[str]:
    """The calls of that time, from which a query of legs or sets is to start: not from all there are."""
    return select(col(Call.id)).where(col(Call.started_at) >= since)


def _answered_first() -> ColumnElement[bool]:
    """Of a leg: an agent's, answered, and before any other of the call."""
    other = aliased(Leg)
    earlier = exists().where(
        col(other.call_id) == col(Leg.call_id),
        col(other.role) == Role.AGENT.value,
        col(other.answered_at).is_not(None),
        col(other.position) < col(Leg.position),
    )
    mine = and_(col(Leg.role) == Role.AGENT.value, col(Leg.answered_at).is_not(None))
    return and_(mine, not_(earlier))
