"""Calls: the list, one call, its findings and transcript, and what can be done to a running one."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response
from sqlmodel import Session

from callcenter.domain.calls import Outcome
from callcenter.domain.findings import Verdict
from callcenter.store.queries import CallDetail, CallFilter, get_call, list_calls, live_calls
from callcenter.store.tables import Job
from callcenter.store.transcripts import (
    call_transcript,
    transcript_json,
    transcript_text,
    transcript_vtt,
)
from callcenter.web.api.models import (
    CallList,
    CallOut,
    Day,
    Done,
    FindingList,
    FindingOut,
    LiveOut,
    TranscriptOut,
    TransferIn,
    UtteranceOut,
    call_out,
)
from callcenter.web.context import CommandsDep, ContextDep, SessionDep
from callcenter.web.errors import not_found

router = APIRouter(tags=["calls"])

COMMAND_TIMEOUT = 10.0
"""Seconds the switchboard has to answer a command."""

MAX_PAGE = 100_000
Pages = Annotated[int, Query(ge=1, le=MAX_PAGE)]
Sizes = Annotated[int, Query(ge=1, le=200)]


def found(session: Session, call_id: str) -> CallDetail:
    """The call. Raises ApiError 404."""
    detail = get_call(session, call_id)
    if detail is None:
        raise not_found(f"call {call_id}")
    return detail


@router.get("/calls")
def calls(
    session: SessionDep,
    context: ContextDep,
    desk: Annotated[str | None, Query(max_length=60)] = None,
    day: Annotated[Day | None, Query(description="a day of the site's time zone")] = None,
    verdict: Annotated[
        Verdict | None, Query(description="of `rule`, else the worst of all that was judged")
    ] = None,
    rule: Annotated[str | None, Query(max_length=60)] = None,
    three_rings: Verdict | None = None,
    outcome: Outcome | Literal["live"] | None = None,
    q: Annotated[str | None, Query(max_length=60, description="part of a number")] = None,
    page: Pages = 1,
    size: Sizes = 50,
) -> CallList:
    """Calls, newest first."""
    wanted = CallFilter(desk, day, verdict, rule, three_rings, outcome, q)
    result = list_calls(session, wanted, context.zone, page=page, size=size)
    return CallList(items=[call_out(item) for item in result.items], total=result.total, page=page, size=size)


@router.get("/calls/{call_id}")
def call(call_id: str, session: SessionDep) -> CallOut:
    """One call with its legs, record, tickets and findings."""
    return call_out(found(session, call_id))


@router.get("/calls/{call_id}/findings")
def findings(call_id: str, session: SessionDep) -> FindingList:
    """The newest judgement of each rule."""
    rows = found(session, call_id).findings
    return FindingList(items=[FindingOut.model_validate(row) for row in rows])


@router.get("/calls/{call_id}/transcript", response_model=TranscriptOut)
def transcript(
    call_id: str, session: SessionDep, accept: Annotated[str, Header()] = "application/json"
) -> TranscriptOut | Response:
    """What was said: JSON, or WebVTT or plain text where `text/vtt` or `text/plain` is accepted."""
    for kind, written in (("text/vtt", transcript_as_vtt), ("text/plain", transcript_as_text)):
        if accept.lower().startswith(kind):
            return written(call_id, session)
    found(session, call_id)
    job = session.get(Job, call_id)
    utterances = transcript_json(call_transcript(session, call_id))
    return TranscriptOut(
        call_id=call_id,
        done=job is not None and job.state == "done",
        utterances=[UtteranceOut.model_validate(each) for each in utterances],
    )


@router.get(
    "/calls/{call_id}/transcript.vtt", response_class=Response, responses={200: {"content": {"text/vtt": {}}}}
)
def transcript_as_vtt(call_id: str, session: SessionDep) -> Response:
    """What was said, as WebVTT with speakers."""
    found(session, call_id)
    vtt = transcript_vtt(call_transcript(session, call_id))
    return Response(vtt, media_type="text/vtt; charset=utf-8", headers={"Vary": "Accept"})


@router.get(
    "/calls/{call_id}/transcript.txt",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
def transcript_as_text(call_id: str, session: SessionDep) -> Response:
    """What was said, as plain text: a line for each utterance with its time and speaker."""
    found(session, call_id)
    text = transcript_text(call_transcript(session, call_id))
    return Response(text, media_type="text/plain; charset=utf-8", headers={"Vary": "Accept"})


@router.post("/calls/{call_id}/transfer")
async def transfer(call_id: str, wanted: TransferIn, commands: CommandsDep) -> Done:
    """Sends the running call to another number; busy or no answer brings it back to the desk."""
    args = {"call_id": call_id, "target": wanted.target, "by": wanted.by}
    return Done(result=await commands.request("transfer", args, COMMAND_TIMEOUT))


@router.post("/calls/{call_id}/hangup")
async def hangup(call_id: str, commands: CommandsDep, by: Annotated[str, Query(max_length=120)] = "") -> Done:
    """Ends the running call; `by` is who does: an extension or a name."""
    args = {"call_id": call_id, "by": by}
    return Done(result=await commands.request("hangup", args, COMMAND_TIMEOUT))


@router.get("/live")
def live(session: SessionDep, context: ContextDep) -> LiveOut:
    """The calls that last at this moment, oldest first, and the live state of each switchboard."""
    states = context.bus.states if context.bus else {}
    return LiveOut(
        now=context.now(),
        calls=[call_out(detail) for detail in live_calls(session)],
        nodes={node: dict(state) for node, state in states.items()},
    )
