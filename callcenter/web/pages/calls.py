"""The list of calls, and the page of one call."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import chain
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import Session

from callcenter.domain.calls import Outcome
from callcenter.domain.findings import Verdict
from callcenter.standards.wording import GROUPS
from callcenter.store.judgings import sets_of
from callcenter.store.listenings import read_so_far
from callcenter.store.queries import (
    CallDetail,
    CallFilter,
    CallPage,
    call_recordings,
    call_terms,
    get_call,
    list_calls,
)
from callcenter.store.records import fill_record, record_changes
from callcenter.store.reviews import agents_of
from callcenter.store.search import Hits, Wanted, search
from callcenter.store.tables import Hold, Job
from callcenter.store.tickets import list_tickets
from callcenter.store.transcripts import call_transcript
from callcenter.store.verdicts import Shown
from callcenter.web.api.calls import COMMAND_TIMEOUT, Pages
from callcenter.web.api.models import Day, Dialled, Long, Short, Who
from callcenter.web.api.recordings import stereo, stereo_path
from callcenter.web.api.search import LONGEST
from callcenter.web.context import CommandsDep, Context, ContextDep, SessionDep
from callcenter.web.errors import not_found
from callcenter.web.views.lines import lines_of
from callcenter.web.views.render import extension_of, operator_of, remember_operator, render
from callcenter.web.views.timeline import draw

router = APIRouter(include_in_schema=False)

SIZE = 40
SECTIONS = {"facts", "sound", "findings", "transcript", "record", "tickets"}


@router.get("/calls")
def calls_page(
    request: Request,
    session: SessionDep,
    context: ContextDep,
    day: Annotated[Day | str | None, Query(union_mode="left_to_right")] = None,
    desk: Annotated[str, Query(max_length=60)] = "",
    outcome: Annotated[str, Query(max_length=20)] = "",
    verdict: Annotated[str, Query(max_length=20)] = "",
    rule: Annotated[str, Query(max_length=60)] = "",
    q: Annotated[str, Query(max_length=60)] = "",
    said: Annotated[str, Query(max_length=LONGEST)] = "",
    page: Pages = 1,
) -> HTMLResponse:
    """An empty field means any; a day that cannot be read is left out. `said`: utterances of such calls."""
    chosen = None if isinstance(day, str) else day
    wanted = CallFilter(
        desk or None, chosen, verdict or None, rule or None, None, outcome or None, q.strip() or None
    )
    found: CallPage | Hits
    if said.strip():
        terms = call_terms(wanted, context.zone)
        found = search(session, Wanted(said), calls=terms, page=page, size=SIZE)
    else:
        found = list_calls(session, wanted, context.zone, page=page, size=SIZE)
    asked = {"day": chosen or "", "desk": desk, "outcome": outcome, "verdict": verdict, "rule": rule, "q": q}
    asked["said"] = said
    values = {
        "result": found,
        "said": isinstance(found, Hits),
        "page": page,
        "pages": max(1, -(-found.total // SIZE)),
        "filters": asked,
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "outcomes": ["live", *(each.value for each in Outcome)],
        "verdicts": [each.value for each in Verdict],
        "rules": tuple(chain.from_iterable(GROUPS.values())),
    }
    partial = request.headers.get("hx-target") == "results"
    return render(request, "calls_results.html" if partial else "calls.html", values)


@router.get("/calls/{call_id}")
def call_page(call_id: str, request: Request, session: SessionDep, context: ContextDep) -> HTMLResponse:
    return render(request, "call.html", call_values(session, context, call_id))


@router.get("/calls/{call_id}/parts/{section}")
def call_section(
    call_id: str, section: str, request: Request, session: SessionDep, context: ContextDep
) -> HTMLResponse:
    """One part of the page, for a page that is open."""
    if section not in SECTIONS:
        raise not_found(f"part {section}")
    return render(request, f"call_{section}.html", call_values(session, context, call_id))


@router.post("/calls/{call_id}/record")
def save_record(
    call_id: str,
    request: Request,
    session: SessionDep,
    context: ContextDep,
    by: Annotated[Who, Form()],
    household: Annotated[Short, Form()] = "",
    surname: Annotated[Short, Form()] = "",
    telephone: Annotated[Short, Form()] = "",
    matter: Annotated[Long, Form()] = "",
    kind: Annotated[Short, Form()] = "",
    reason: Annotated[Short, Form()] = "",
    one_key: Annotated[Short, Form()] = "",
) -> Response:
    """Saves the form; `one_key` is a button that closes the record with that kind alone."""
    fields = {"household": household, "surname": surname, "telephone": telephone, "matter": matter}
    values: dict[str, str | None] = {"kind": one_key} if one_key else {**fields, "kind": kind}
    if fill_record(session, call_id, values, by=by, now=context.now(), reason=reason) is None:
        raise not_found(f"call {call_id}")
    session.commit()
    return after(request, session, context, call_id, "record", by)


@router.post("/calls/{call_id}/transfer")
async def transfer(
    call_id: str, request: Request, commands: CommandsDep, target: Annotated[Dialled, Form()]
) -> Response:
    args = {"call_id": call_id, "target": target, "by": extension_of(request) or operator_of(request)}
    await commands.request("transfer", args, COMMAND_TIMEOUT)
    return _done(request, call_id)


@router.post("/calls/{call_id}/hangup")
async def hangup(call_id: str, request: Request, commands: CommandsDep) -> Response:
    args = {"call_id": call_id, "by": extension_of(request) or operator_of(request)}
    await commands.request("hangup", args, COMMAND_TIMEOUT)
    return _done(request, call_id)


def after(
    request: Request, session: Session, context: Context, call_id: str, section: str, by: str
) -> Response:
    """The changed part for htmx, else back to the page; remembers who signed."""
    response: Response
    if request.headers.get("hx-request"):
        values = {**call_values(session, context, call_id), "operator": by, "saved": True}
        response = render(request, f"call_{section}.html", values)
    else:
        response = RedirectResponse(f"/calls/{call_id}#{section}", 303)
    remember_operator(response, by)
    return response


def _done(request: Request, call_id: str) -> Response:
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={"HX-Trigger": "call-changed"})
    return RedirectResponse(f"/calls/{call_id}", 303)


def call_values(session: Session, context: Context, call_id: str) -> dict[str, Any]:
    """What the parts of a call's page show. `marked` is a span of call time that its words are marked in."""
    detail = get_call(session, call_id)
    if detail is None:
        raise not_found(f"call {call_id}")
    job = session.get(Job, call_id)
    utterances = call_transcript(session, call_id)
    written = stereo_path(context.settings, detail.stereo) is not None
    url = f"/api/v1/calls/{quote(call_id, safe='')}/recording"
    return {
        "detail": detail,
        "call": detail.call,
        "is_live": detail.call.outcome is None and detail.call.ended_at is None,
        "changes": record_changes(session, call_id),
        "utterances": utterances,
        "lines": lines_of(utterances, detail.announcements, detail.call.answered_at),
        "job": job.state if job else None,
        "said": context.bus.overheard.said(call_id) if context.bus and not utterances else [],
        "progress": _progress(session, detail) if job and job.state == "claimed" else None,
        "sound": written or stereo(context.settings, call_recordings(session, call_id)).frames > 0,
        "sound_url": f"{url}.flac" if written else url,
        "sound_name": f"{call_id}.flac" if written else f"{call_id}.wav",
        "timeline": draw(detail.call, detail.legs, context.now()),
        "regions": json.dumps(_regions(detail), ensure_ascii=False),
        "linkable": list_tickets(session, state="unfinished", size=30).items,
        "saved": False,
        "marked": None,
        "older": sets_of(session, call_id)[1:],
        "took": agents_of(session, call_id),
        "appeal_limit": context.settings.review.appeal_limit,
    }


def _progress(session: Session, detail: CallDetail) -> float | None:
    """How much of the call's sound has been read, 0 to 1; None: nothing is known of it."""
    read = read_so_far(session, detail.call.id)
    whole = sum(each.duration_seconds or 0.0 for each in detail.recordings)
    return min(1.0, sum(read.values()) / whole) if read and whole else None


def region(finding: Shown) -> dict[str, Any]:
    """A finding's place in the waveform, in seconds of the call."""
    return {"rule": finding.rule, "verdict": finding.verdict, "start": finding.start, "end": finding.end}


def _regions(detail: CallDetail) -> list[dict[str, Any]]:
    """What the waveform marks: findings with a place in the sound, and holds."""
    marks = [
        region(finding)
        for finding in detail.findings
        if finding.start is not None and finding.verdict != Verdict.NOT_APPLICABLE
    ]
    zero = detail.call.answered_at
    if zero is not None:
        marks += [_hold_region(hold, zero) for hold in detail.holds]
    return marks


def _hold_region(hold: Hold, zero: datetime) -> dict[str, Any]:
    end = (hold.ended_at - zero).total_seconds() if hold.ended_at else None
    start = (hold.started_at - zero).total_seconds()
    return {"rule": "hold", "verdict": "hold", "start": start, "end": end}
