"""The day 今日: what runs, and how well it goes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session

from callcenter.store.days import DaySummary, Tally, day_summary
from callcenter.store.listenings import backlog
from callcenter.store.queries import CallFilter, list_calls, live_calls
from callcenter.web.api.models import Day
from callcenter.web.context import Context, ContextDep, SessionDep
from callcenter.web.views.render import party_name, render

router = APIRouter(include_in_schema=False)

MISSES = 6
Desk = Annotated[str, Query(max_length=60)]


@router.get("/")
def day_page(
    request: Request, session: SessionDep, context: ContextDep, day: Day | None = None, desk: Desk = ""
) -> HTMLResponse:
    return render(request, "day.html", _values(session, context, day or context.today(), desk))


@router.get("/day/panel")
def panel(
    request: Request, session: SessionDep, context: ContextDep, day: Day | None = None, desk: Desk = ""
) -> HTMLResponse:
    """The figures alone, for a page that is open."""
    return render(request, "day_panel.html", _values(session, context, day or context.today(), desk))


@router.get("/day/live")
def live(request: Request, session: SessionDep, desk: Desk = "") -> HTMLResponse:
    """The running calls alone."""
    return render(request, "day_live.html", {"live": _live(session, desk)})


def _live(session: Session, desk: str) -> list[Any]:
    return [detail for detail in live_calls(session) if not desk or detail.call.desk == desk]


def _values(session: Session, context: Context, day: Any, desk: str) -> dict[str, Any]:
    summary = day_summary(session, day, context.zone, desk=desk or None)
    missed = CallFilter(desk=desk or None, day=day, verdict="fail")
    is_today = day == context.today()
    return {
        "day": day,
        "desk": desk,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "is_today": is_today,
        "summary": summary,
        "hours": _hours(summary),
        "misses": list_calls(session, missed, context.zone, size=MISSES),
        "live": _live(session, desk) if is_today else [],
        "backlog": backlog(session, context.now()) if is_today else None,
        "charts": json.dumps(_charts(context, summary), ensure_ascii=False),
    }


def _hours(summary: DaySummary) -> list[int]:
    """The hours to show: those with calls, at least the desk's day from 8 to 20."""
    seen = set(summary.by_hour) | {8, 20}
    return list(range(min(seen), max(seen) + 1))


def _charts(context: Context, summary: DaySummary) -> dict[str, Any]:
    hours = _hours(summary)
    empty = Tally()
    by_hour = [summary.by_hour.get(hour, empty) for hour in hours]
    return {
        "hours": [f"{hour}:00" for hour in hours],
        "passed": [tally.passed for tally in by_hour],
        "failed": [tally.failed for tally in by_hour],
        "rate": [None if tally.rate is None else round(tally.rate * 100, 1) for tally in by_hour],
        "agents": _by_agent(context, summary),
    }


def _by_agent(context: Context, summary: DaySummary) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    for agent in sorted({*summary.by_agent, *summary.opening, *summary.closing}):
        row: dict[str, Any] = {"name": party_name(context, agent)}
        rules = {"three_rings": summary.by_agent, "opening": summary.opening, "closing": summary.closing}
        for rule, tallies in rules.items():
            tally = tallies.get(agent, Tally())
            row[rule] = None if tally.rate is None else round(tally.rate * 100, 1)
        rows.append(row)
    return rows
