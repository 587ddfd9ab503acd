"""Judging history again: orders, how far they are, and having the sound of a call read anew."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import AwareDatetime

from callcenter.standards import StandardError, load_standard
from callcenter.store import rejudgings
from callcenter.store.rejudgings import Wanted
from callcenter.store.verdict_tables import Rejudging
from callcenter.web.api.calls import found
from callcenter.web.api.models import Asked, Said, Short, Who
from callcenter.web.api.records import MAX_ID
from callcenter.web.context import Context, ContextDep, SessionDep
from callcenter.web.errors import ApiError
from callcenter.web.people import reviewer

router = APIRouter(tags=["reviews"])

OrderId = Annotated[int, Path(ge=1, le=MAX_ID)]


class RejudgingOut(Said):
    """An order. `done` of `total` calls were looked at, `judged` got a new set of verdicts, in `changed` of
    them a rule says otherwise. `rate` is in calls a second, `left` in seconds; null while not known."""

    id: int
    standard: str | None
    desk: str | None
    since: datetime | None
    by: str
    created_at: datetime
    state: Literal["pending", "claimed", "done", "failed", "stopped"]
    started_at: datetime | None
    finished_at: datetime | None
    total: int | None
    done: int
    judged: int
    changed: int
    error: str | None
    rate: float | None
    left: float | None


class RejudgingList(Said):
    items: list[RejudgingOut]


class RejudgingIn(Asked):
    """Which calls; what is left out means any. `by` has a role of qa, supervisor or admin."""

    by: Who
    standard: Short | None = None
    desk: Short | None = None
    since: AwareDatetime | None = None


class ByReviewer(Asked):
    by: Who


class ReadAgain(Said):
    """How many calls will be read again."""

    calls: int


def wanted_of(context: Context, standard: str | None, desk: str | None, since: datetime | None) -> Wanted:
    """Raises ApiError 422 for a standard or desk that there is not."""
    if desk and context.settings.desk(desk) is None:
        raise ApiError(422, f"there is no desk {desk!r}", zh=f"没有服务台“{desk}”。")
    try:
        if standard:
            load_standard(standard)
    except StandardError as error:
        raise ApiError(422, str(error)) from None
    return Wanted(standard or None, desk or None, since)


def rejudging_out(row: Rejudging, now: datetime) -> RejudgingOut:
    progress = rejudgings.progress(row, now)
    return RejudgingOut.model_validate({**row.model_dump(), "rate": progress.rate, "left": progress.left})


@router.get("/rejudgings")
def listed(session: SessionDep, context: ContextDep) -> RejudgingList:
    """The newest orders."""
    return RejudgingList(items=[rejudging_out(row, context.now()) for row in rejudgings.newest(session)])


@router.post("/rejudgings", status_code=202)
def order(wanted: RejudgingIn, session: SessionDep, context: ContextDep) -> RejudgingOut:
    """Has calls of the past judged again by the standards of today, by a scribe, behind its other work."""
    who = reviewer(context, wanted.by)
    asked = wanted_of(context, wanted.standard, wanted.desk, wanted.since)
    made = rejudgings.order(session, asked, who, context.now())
    session.commit()
    return rejudging_out(made, context.now())


@router.get("/rejudgings/{order_id}")
def one(order_id: OrderId, session: SessionDep, context: ContextDep) -> RejudgingOut:
    """How far an order is."""
    return rejudging_out(rejudgings.get(session, order_id), context.now())


@router.post("/rejudgings/{order_id}/stop")
def stop(order_id: OrderId, wanted: ByReviewer, session: SessionDep, context: ContextDep) -> RejudgingOut:
    """Stops it; what was judged stays."""
    row = rejudgings.stop(session, order_id, reviewer(context, wanted.by), context.now())
    session.commit()
    return rejudging_out(row, context.now())


@router.post("/calls/{call_id}/read_again", status_code=202)
def read_again(call_id: str, wanted: ByReviewer, session: SessionDep, context: ContextDep) -> ReadAgain:
    """Has the call's sound read anew, with the phrases of today's standard, and judged again."""
    found(session, call_id)
    number = rejudgings.read_again(session, [call_id], reviewer(context, wanted.by), context.now())
    session.commit()
    return ReadAgain(calls=number)
