"""What the API says and takes of reviews, appeals and sets of verdicts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from callcenter.domain.appeals import AppealState
from callcenter.domain.findings import Verdict
from callcenter.domain.reviews import Cause
from callcenter.store.reviews import Reviewed
from callcenter.store.verdict_tables import Appeal, FindingRow, Judging, Review
from callcenter.web.api.models import Asked, FindingOut, Long, Said, Who


class ReviewOut(Said):
    """What one person said; `kind` is review, or appeal (in answer to one)."""

    by: str
    verdict: Verdict
    reason: str
    kind: Literal["review", "appeal"]
    at: datetime


class AppealOut(Said):
    finding_id: int
    call_id: str
    agent: str
    reason: str
    raised_at: datetime
    state: AppealState
    answer: str
    answered_by: str | None
    answered_at: datetime | None


class ReviewedOut(FindingOut):
    """A finding with what was said of it. `missing` people are still to speak; until then a double review
    shows nobody the other's word. `disputed`: the first two differed."""

    call_id: str
    cause: Cause | None
    wanted: int
    missing: int
    disputed: bool
    reviews: list[ReviewOut]
    appeal: AppealOut | None


class QueueItem(FindingOut):
    call_id: str
    cause: Cause
    wanted: int


class QueueOut(Said):
    """What waits, the most pressing first; `waiting` counts by cause."""

    items: list[QueueItem]
    waiting: dict[str, int]
    total: int
    page: int
    size: int


class ReviewIn(Asked):
    """`by` is an extension with a role of qa, supervisor or admin. A reason is wanted for overturning."""

    by: Who
    verdict: Literal["pass", "fail", "not_applicable"]
    reason: Long = ""


class AppealIn(Asked):
    """`by` is the agent's extension."""

    by: Who
    reason: Long = Field(min_length=1)


class AnswerIn(Asked):
    """`verdict` is what holds from now on where the appeal is upheld."""

    by: Who
    upheld: bool
    reason: Long = Field(min_length=1)
    verdict: Literal["pass", "not_applicable"] = "pass"


class AppealItem(AppealOut):
    finding: FindingOut


class AppealList(Said):
    items: list[AppealItem]
    total: int
    page: int
    size: int


class PlainFinding(Said):
    """A finding as the machine left it."""

    id: int
    rule: str
    verdict: Verdict
    clause: str
    start: float | None
    end: float | None
    heard: str
    why: str
    repeats: int | None


class JudgingOut(Said):
    """A set of verdicts; `rejudging_id` is the order to judge history again that it came of."""

    id: int
    standard: str
    version: str
    digest: str
    engine: str
    judged_at: datetime
    rejudging_id: int | None
    score: float | None
    failed: bool
    findings: list[PlainFinding]


class JudgingList(Said):
    items: list[JudgingOut]


def reviewed_out(found: Reviewed) -> ReviewedOut:
    finding = found.finding
    item = finding.item
    return ReviewedOut(
        **FindingOut.model_validate(finding).model_dump(),
        call_id=finding.call_id,
        cause=Cause(item.cause) if item else None,
        wanted=item.wanted if item else 1,
        missing=found.missing,
        disputed=found.disputed,
        reviews=[_review_out(each) for each in found.reviews],
        appeal=appeal_out(finding.appeal) if finding.appeal else None,
    )


def appeal_out(appeal: Appeal) -> AppealOut:
    return AppealOut.model_validate(appeal)


def judging_out(judging: Judging, rows: list[FindingRow]) -> JudgingOut:
    findings = [PlainFinding.model_validate(row) for row in rows]
    return JudgingOut.model_validate({**judging.model_dump(), "findings": findings})


def _review_out(review: Review) -> ReviewOut:
    return ReviewOut.model_validate(review)
