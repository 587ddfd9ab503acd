"""Scorecards: of every agent for those who review, and an agent's own calls, where they may appeal."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from callcenter.store.scores import agent_totals, scored_calls
from callcenter.web.api.calls import Pages
from callcenter.web.context import ContextDep, SessionDep
from callcenter.web.pages.reviews import people
from callcenter.web.views.render import render

router = APIRouter(include_in_schema=False)

SIZE = 20
Days = Annotated[int, Query(ge=1, le=3660)]


@router.get("/scores")
def scores_page(
    request: Request,
    session: SessionDep,
    context: ContextDep,
    agent: Annotated[str, Query(max_length=40)] = "",
    days: Days = 30,
    page: Pages = 1,
) -> HTMLResponse:
    """An agent sees their own; others choose one."""
    who, since = people(request, context), context.now() - timedelta(days=days)
    shown = agent if who["reviews"] else who["me"]
    found = scored_calls(session, shown, since, page=page, size=SIZE) if shown else None
    values = {
        "days": days,
        "agent": shown,
        "totals": [each for each in agent_totals(session, since) if who["reviews"] or each.agent == shown],
        "found": found,
        "page": page,
        "pages": max(1, -(-found.total // SIZE)) if found else 1,
        "limit": context.settings.review.appeal_limit,
        "tab": "scores",
    }
    return render(request, "scores.html", who | values)
