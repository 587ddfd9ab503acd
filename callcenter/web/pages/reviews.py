"""Quality review 质检: what waits, one finding at a time; appeals; the report; history judged again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import Session

from callcenter.domain.appeals import AppealState
from callcenter.domain.findings import Verdict
from callcenter.domain.reviews import REVIEWERS, Cause
from callcenter.standards import standard_names
from callcenter.store import appeals, rejudgings, review_reports, reviews
from callcenter.store.reviews import QueueFilter
from callcenter.web.api.models import Long, Short
from callcenter.web.api.rejudgings import OrderId, wanted_of
from callcenter.web.api.reviews import FindingId
from callcenter.web.context import Context, ContextDep, SessionDep
from callcenter.web.errors import ApiError
from callcenter.web.pages.calls import call_values, region
from callcenter.web.pages.tickets import local_time
from callcenter.web.people import person, reviewer
from callcenter.web.views.render import extension_of, render

router = APIRouter(include_in_schema=False)

NEXT = 8
"""Findings that are listed beside the one in hand."""
VERDICTS = (Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE)
Chosen = Annotated[str, Query(max_length=60)]
Skip = Annotated[int, Query(ge=0, le=100_000)]
Decided = Annotated[Verdict, Form()]


def people(request: Request, context: Context) -> dict[str, Any]:
    """Who sits here, and whether their word counts."""
    me = extension_of(request)
    roles = {each.number: each.role for each in context.settings.extensions}
    return {"me": me, "extensions": context.settings.extensions, "reviews": roles.get(me) in REVIEWERS}


# -- the queue --------------------------------------------------------------------------------------------


@router.get("/review")
def review_page(
    request: Request, session: SessionDep, context: ContextDep, cause: Chosen = "", skip: Skip = 0
) -> HTMLResponse:
    """The most pressing finding that waits, with its sound; `skip` passes over some."""
    who = people(request, context)
    found = reviews.review_queue(session, QueueFilter(who["me"], cause), size=NEXT, skip=skip)
    rest = found.items
    waiting = reviews.waiting_by_cause(session, who["me"])
    values = {
        **who,
        "cause": cause,
        "causes": [each.value for each in Cause if each.value in waiting],
        "waiting": waiting,
        "total": found.total,
        "skip": skip,
        "next": rest[1:],
        "one": None,
        "tab": "queue",
    }
    if rest:
        values |= _one(session, context, rest[0][0].id, who["me"])
    return render(request, "review.html", values)


@router.get("/review/{finding_id}")
def finding_page(
    finding_id: FindingId, request: Request, session: SessionDep, context: ContextDep
) -> HTMLResponse:
    """One finding, whether it waits or not."""
    who = people(request, context)
    values = {
        **who,
        "cause": "",
        "causes": [],
        "waiting": {},
        "total": 1,
        "skip": 0,
        "next": [],
        "tab": "queue",
    }
    return render(request, "review.html", values | _one(session, context, finding_id, who["me"]))


def _one(session: Session, context: Context, finding_id: int, me: str) -> dict[str, Any]:
    found = reviews.reviewed(session, finding_id, me)
    finding = found.finding
    span = (finding.start, finding.end or finding.start) if finding.start is not None else None
    regions = json.dumps([region(finding)] if span else [], ensure_ascii=False)
    shown = call_values(session, context, found.call.id)
    return {**shown, "one": found, "marked": span, "regions": regions}


@router.post("/findings/{finding_id}/review")
def review(
    finding_id: FindingId,
    request: Request,
    session: SessionDep,
    context: ContextDep,
    verdict: Decided,
    reason: Annotated[Long, Form()] = "",
    back: Annotated[Short, Form()] = "",
) -> Response:
    """Keeps the word of who sits here, and goes on to the next."""
    reviews.review(session, finding_id, _reviewer(request, context), verdict, reason, context.now())
    session.commit()
    return RedirectResponse(_own_path(back, "/review"), 303)


# -- appeals ----------------------------------------------------------------------------------------------


@router.get("/appeals")
def appeals_page(
    request: Request, session: SessionDep, context: ContextDep, state: Chosen = "open"
) -> HTMLResponse:
    listed = appeals.list_appeals(session, state=state)
    states = ("open", "upheld", "rejected", "")
    values = {"found": listed, "state": state, "states": states, "verdicts": VERDICTS, "tab": "appeals"}
    return render(request, "appeals.html", {**people(request, context), **values})


@router.post("/findings/{finding_id}/appeal")
def appeal(
    finding_id: FindingId,
    request: Request,
    session: SessionDep,
    context: ContextDep,
    reason: Annotated[Long, Form()] = "",
    back: Annotated[Short, Form()] = "",
) -> Response:
    who = person(context, extension_of(request))
    limit = context.settings.review.appeal_limit
    appeals.raise_appeal(session, finding_id, who, reason, context.now(), limit)
    session.commit()
    return RedirectResponse(_own_path(back, "/scores"), 303)


@router.post("/findings/{finding_id}/appeal/answer")
def answer(
    finding_id: FindingId,
    request: Request,
    session: SessionDep,
    context: ContextDep,
    answer: Annotated[AppealState, Form()],
    reason: Annotated[Long, Form()] = "",
) -> Response:
    """`answer` is upheld or rejected."""
    upheld = answer is AppealState.UPHELD
    appeals.answer_appeal(session, finding_id, _reviewer(request, context), upheld, reason, context.now())
    session.commit()
    return RedirectResponse("/appeals", 303)


# -- the report -------------------------------------------------------------------------------------------


@router.get("/review-report")
def report_page(
    request: Request,
    session: SessionDep,
    context: ContextDep,
    days: Annotated[int, Query(ge=1, le=3660)] = 90,
) -> HTMLResponse:
    """How far each rule can be trusted, and each pair of reviewers."""
    since = context.now() - timedelta(days=days)
    values = {
        "days": days,
        "precision": review_reports.precision(session, since),
        "agreement": review_reports.agreement(session, since),
        "overturned": review_reports.overturned(session, since),
        "tab": "report",
    }
    return render(request, "review_report.html", {**people(request, context), **values})


# -- history ----------------------------------------------------------------------------------------------


@router.get("/rejudgings")
def history_page(request: Request, session: SessionDep, context: ContextDep) -> HTMLResponse:
    rows = [(row, rejudgings.progress(row, context.now())) for row in rejudgings.newest(session)]
    running = any(row.state in rejudgings.UNFINISHED for row, _ in rows)
    values = {"rows": rows, "running": running, "standards": standard_names(), "tab": "history"}
    partial = request.headers.get("hx-target") == "orders"
    template = "rejudgings_table.html" if partial else "rejudgings.html"
    return render(request, template, {**people(request, context), **values})


@router.post("/rejudgings")
def order(
    request: Request,
    session: SessionDep,
    context: ContextDep,
    standard: Annotated[Short, Form()] = "",
    desk: Annotated[Short, Form()] = "",
    since: Annotated[Short, Form()] = "",
) -> Response:
    begun = local_time(since, context)
    who, wanted = _reviewer(request, context), wanted_of(context, standard, desk, begun)
    rejudgings.order(session, wanted, who, context.now())
    session.commit()
    return RedirectResponse("/rejudgings", 303)


@router.post("/rejudgings/{order_id}/stop")
def stop(order_id: OrderId, request: Request, session: SessionDep, context: ContextDep) -> Response:
    rejudgings.stop(session, order_id, _reviewer(request, context), context.now())
    session.commit()
    return RedirectResponse("/rejudgings", 303)


@router.post("/calls/{call_id}/read_again")
def read_again(call_id: str, request: Request, session: SessionDep, context: ContextDep) -> Response:
    """Has the call's sound read anew."""
    if not rejudgings.read_again(session, [call_id], _reviewer(request, context), context.now()):
        told = "this call is being read, or has no recording"
        raise ApiError(409, told, zh="这通电话正在识别，或没有录音。")
    session.commit()
    return RedirectResponse(f"/calls/{call_id}", 303)


def _reviewer(request: Request, context: Context) -> Any:
    return reviewer(context, extension_of(request))


def _own_path(path: str, otherwise: str) -> str:
    """A form's own page to go back to; never another site's."""
    return path if path.startswith("/") and not path.startswith("//") else otherwise
