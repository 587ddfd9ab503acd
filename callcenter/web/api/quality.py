"""Scorecards, and what reviews tell of the rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from callcenter.domain.findings import Verdict
from callcenter.store import review_reports
from callcenter.store.scores import agent_totals, scored_calls
from callcenter.web.api.calls import Pages, Sizes
from callcenter.web.api.models import Said
from callcenter.web.context import ContextDep, SessionDep

router = APIRouter(tags=["reviews"])

Days = Annotated[int, Query(ge=1, le=3660, description="how many days back")]


class AgentTotalOut(Said):
    """`mean` is 0 to 100, by people's verdicts where there are such; `failed`: automatic fails."""

    agent: str
    calls: int
    mean: float | None
    failed: int
    reviewed: int


class ScoredCallOut(Said):
    """What a call's verdicts come to. `verdicts` hold, by people where they spoke."""

    call_id: str
    started_at: datetime
    score: float | None
    gained: float
    possible: float
    failed_by: list[str]
    verdicts: dict[str, Verdict]


class ScoredList(Said):
    items: list[ScoredCallOut]
    total: int
    page: int
    size: int


class PrecisionOut(Said):
    """Of a rule's findings that people decided. `precision` is the share of its fails that they confirmed, 0
    to 1, `interval` where it lies with 95 % confidence."""

    rule: str
    standard: str
    version: str
    engine: str
    fails: int
    fails_confirmed: int
    passes: int
    passes_confirmed: int
    unsure: int
    overturned: int
    precision: float | None
    interval: tuple[float, float] | None


class AgreementOut(Said):
    """Double reviews of a rule ("": of all). `kappa` is Cohen's, null where it is not defined."""

    rule: str
    pairs: int
    observed: float
    expected: float
    kappa: float | None


class ReviewReport(Said):
    precision: list[PrecisionOut]
    agreement: list[AgreementOut]


@router.get("/scores")
def totals(session: SessionDep, context: ContextDep, days: Days = 30) -> list[AgentTotalOut]:
    """Every agent's calls of the last days and their mean score."""
    found = agent_totals(session, context.now() - timedelta(days=days))
    return [AgentTotalOut.model_validate(each) for each in found]


@router.get("/agents/{number}/scores")
def scores(
    number: str,
    session: SessionDep,
    context: ContextDep,
    days: Days = 30,
    page: Pages = 1,
    size: Sizes = 50,
) -> ScoredList:
    """An agent's calls of the last days with their scorecards, newest first."""
    found = scored_calls(session, number, context.now() - timedelta(days=days), page=page, size=size)
    items = [
        ScoredCallOut(
            call_id=each.call.id,
            started_at=each.call.started_at,
            score=each.card.score,
            gained=each.card.gained,
            possible=each.card.possible,
            failed_by=list(each.card.failed_by),
            verdicts=dict(each.card.verdicts),
        )
        for each in found.items
    ]
    return ScoredList(items=items, total=found.total, page=page, size=size)


@router.get("/reviews/report")
def report(session: SessionDep, context: ContextDep, days: Days = 90) -> ReviewReport:
    """The precision of rules by standard, version and engine, and the agreement of reviewers."""
    since = context.now() - timedelta(days=days)
    agreed = review_reports.agreement(session, since)
    return ReviewReport(
        precision=[PrecisionOut.model_validate(each) for each in review_reports.precision(session, since)],
        agreement=[
            AgreementOut(
                rule=each.rule,
                pairs=each.agreement.pairs,
                observed=each.agreement.observed,
                expected=each.agreement.expected,
                kappa=each.agreement.kappa,
            )
            for each in agreed
        ],
    )
