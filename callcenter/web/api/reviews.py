"""Human review: the queue, what people say of findings, appeals, and older sets of verdicts."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from callcenter.domain.findings import Verdict
from callcenter.domain.reviews import Cause
from callcenter.store import appeals, reviews
from callcenter.store.judgings import sets_of
from callcenter.store.reviews import QueueFilter
from callcenter.store.verdicts import Shown
from callcenter.web.api.calls import Pages, Sizes, found
from callcenter.web.api.models import FindingOut
from callcenter.web.api.records import MAX_ID
from callcenter.web.api.review_models import (
    AnswerIn,
    AppealIn,
    AppealItem,
    AppealList,
    AppealOut,
    JudgingList,
    QueueItem,
    QueueOut,
    ReviewedOut,
    ReviewIn,
    appeal_out,
    judging_out,
    reviewed_out,
)
from callcenter.web.context import ContextDep, SessionDep
from callcenter.web.people import person, reviewer

router = APIRouter(tags=["reviews"])

FindingId = Annotated[int, Path(ge=1, le=MAX_ID)]
Short = Annotated[str, Query(max_length=60)]


@router.get("/reviews")
def queue(
    session: SessionDep,
    by: Annotated[str, Query(max_length=120, description="without what they spoke on, or took")] = "",
    cause: Cause | Literal[""] = "",
    rule: Short = "",
    desk: Short = "",
    page: Pages = 1,
    size: Sizes = 20,
) -> QueueOut:
    """Findings that wait for a person, the most pressing first."""
    waiting = reviews.review_queue(session, QueueFilter(by, cause, rule, desk), page=page, size=size)
    return QueueOut(
        items=[_item(finding) for finding, _ in waiting.items],
        waiting=reviews.waiting_by_cause(session, by),
        total=waiting.total,
        page=page,
        size=size,
    )


@router.get("/findings/{finding_id}")
def one(
    finding_id: FindingId, session: SessionDep, by: Annotated[str, Query(max_length=120)] = ""
) -> ReviewedOut:
    """A finding with what `by` may see of what was said of it."""
    return reviewed_out(reviews.reviewed(session, finding_id, by))


@router.post("/findings/{finding_id}/review")
def review(finding_id: FindingId, wanted: ReviewIn, session: SessionDep, context: ContextDep) -> ReviewedOut:
    """Confirms the finding (the same verdict) or overturns it (another one, with a reason)."""
    who = reviewer(context, wanted.by)
    reviews.review(session, finding_id, who, Verdict(wanted.verdict), wanted.reason, context.now())
    session.commit()
    return reviewed_out(reviews.reviewed(session, finding_id, wanted.by))


@router.post("/findings/{finding_id}/appeal", status_code=201)
def appeal(finding_id: FindingId, wanted: AppealIn, session: SessionDep, context: ContextDep) -> AppealOut:
    """The agent who took the call says why a fail is wrong, while there is time."""
    limit = context.settings.review.appeal_limit
    made = appeals.raise_appeal(
        session, finding_id, person(context, wanted.by), wanted.reason, context.now(), limit
    )
    session.commit()
    return appeal_out(made)


@router.post("/findings/{finding_id}/appeal/answer")
def answer(finding_id: FindingId, wanted: AnswerIn, session: SessionDep, context: ContextDep) -> AppealOut:
    """Upheld, the finding says `verdict` from now on; rejected, it stays."""
    who, verdict = reviewer(context, wanted.by), Verdict(wanted.verdict)
    ended = appeals.answer_appeal(
        session, finding_id, who, wanted.upheld, wanted.reason, context.now(), verdict
    )
    session.commit()
    return appeal_out(ended)


@router.get("/appeals")
def appealed(
    session: SessionDep,
    state: Literal["open", "upheld", "rejected", ""] = "",
    agent: Short = "",
    page: Pages = 1,
    size: Sizes = 50,
) -> AppealList:
    """Appeals, open ones first."""
    listed = appeals.list_appeals(session, state=state, agent=agent, page=page, size=size)
    items = [
        AppealItem(**appeal_out(row).model_dump(), finding=FindingOut.model_validate(finding))
        for row, finding, _ in listed.items
    ]
    return AppealList(items=items, total=listed.total, page=page, size=size)


@router.get("/calls/{call_id}/judgings")
def judgings(call_id: str, session: SessionDep) -> JudgingList:
    """Every set of verdicts on the call, newest first, as the machine left them."""
    found(session, call_id)
    return JudgingList(items=[judging_out(judging, rows) for judging, rows in sets_of(session, call_id)])


def _item(finding: Shown) -> QueueItem:
    assert finding.item is not None
    asked = {"call_id": finding.call_id, "cause": Cause(finding.item.cause), "wanted": finding.item.wanted}
    return QueueItem(**FindingOut.model_validate(finding).model_dump(), **asked)
