"""Commands to the switchboard, messages, surveys, the audit trail, features of extensions."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from callcenter.store import office
from callcenter.store.queries import day_bounds
from callcenter.store.tables import Call, Message
from callcenter.store.work import features
from callcenter.web.api.calls import COMMAND_TIMEOUT, Pages, Sizes
from callcenter.web.api.models import Day, Done
from callcenter.web.api.work_models import (
    AuditList,
    AuditOut,
    ByIn,
    CommandIn,
    DialIn,
    FeatureIn,
    FeatureOut,
    MessageList,
    MessageOut,
    ScoreOut,
    StateIn,
)
from callcenter.web.context import CommandsDep, ContextDep, SessionDep
from callcenter.web.errors import not_found

router = APIRouter()

Steer = Literal[
    "hold",
    "resume",
    "answer",
    "park",
    "survey",
    "operator",
    "monitor",
    "callback_offer",
    "sales_call",
    "refuse_agent",
]


@router.post("/calls/{call_id}/do/{name}", tags=["calls"])
async def steer(call_id: str, name: Steer, wanted: CommandIn, commands: CommandsDep) -> Done:
    """One of the switchboard's commands about a call that goes on (docs/events.md)."""
    return Done(result=await commands.request(name, {"call_id": call_id, **wanted.args()}, COMMAND_TIMEOUT))


@router.post("/calls", status_code=202, tags=["calls"])
async def dial(wanted: DialIn, commands: CommandsDep) -> Done:
    """Click-to-call: the telephone of the extension `by` rings first, then the number."""
    args = wanted.model_dump(exclude_none=True)
    return Done(result=await commands.request("call", args, COMMAND_TIMEOUT))


@router.post("/parked/{slot}/pickup", tags=["calls"])
async def pick_up(slot: str, wanted: ByIn, commands: CommandsDep) -> Done:
    """The parked caller comes to the telephone of the extension `by`."""
    return Done(result=await commands.request("pickup", {"slot": slot, "by": wanted.by}, COMMAND_TIMEOUT))


@router.post("/agents/{number}/state", tags=["agents"])
async def agent_state(number: str, wanted: StateIn, commands: CommandsDep) -> Done:
    """Ready, on a break with its reason, or signed off; while they talk it holds from the call's end on."""
    args = {"agent": number, "state": wanted.state, "reason": wanted.reason, "by": wanted.by}
    return Done(result=await commands.request("state", args, COMMAND_TIMEOUT))


@router.get("/extensions/{number}/features", tags=["agents"])
def read_features(number: str, session: SessionDep, context: ContextDep) -> FeatureOut:
    """Do-not-disturb and forwarding."""
    if number not in {each.number for each in context.settings.extensions}:
        raise not_found(f"extension {number}")
    row = features(session).get(number)
    return FeatureOut(extension=number) if row is None else FeatureOut.model_validate(row)


@router.put("/extensions/{number}/features", tags=["agents"])
async def set_features(number: str, wanted: FeatureIn, commands: CommandsDep) -> Done:
    """Sets all of them at once; its calls are led so from the next one on."""
    args = {"extension": number, **wanted.model_dump()}
    return Done(result=await commands.request("feature", args, COMMAND_TIMEOUT))


@router.get("/messages", tags=["messages"])
def messages(
    session: SessionDep,
    mailbox: Annotated[str, Query(max_length=60, description="a desk's id or an extension")] = "",
    unheard: bool = False,
    page: Pages = 1,
    size: Sizes = 50,
) -> MessageList:
    """What callers left, newest first."""
    found = office.list_messages(session, mailbox=mailbox, unheard=unheard, page=page, size=size)
    items = [_message(message, call) for message, call in found.items]
    return MessageList(items=items, total=found.total, unheard=found.unheard, page=page, size=size)


@router.post("/messages/{call_id}/heard", tags=["messages"])
def heard(call_id: str, wanted: ByIn, session: SessionDep, context: ContextDep) -> MessageOut:
    """Somebody has listened to it; the first who did is kept."""
    message = office.mark_heard(session, call_id, wanted.by, context.now())
    session.commit()
    call = session.get(Call, call_id)
    assert call is not None
    return _message(message, call)


@router.get("/surveys/{day}", tags=["days"])
def surveys(day: Day, session: SessionDep, context: ContextDep) -> list[ScoreOut]:
    """The scores that callers gave on a day, by desk and agent."""
    found = office.scores(session, *day_bounds(day, context.zone))
    return [ScoreOut.model_validate(each) for each in found]


@router.get("/audit", tags=["service"])
def audit(
    session: SessionDep,
    by: Annotated[str, Query(max_length=120)] = "",
    page: Pages = 1,
    size: Sizes = 50,
) -> AuditList:
    """What supervisors, QA and admins commanded, newest first, with what came of it."""
    found = office.list_audit(session, by=by, page=page, size=size)
    items = [AuditOut.model_validate(each) for each in found.items]
    return AuditList(items=items, total=found.total, page=page, size=size)


def _message(message: Message, call: Call) -> MessageOut:
    return MessageOut.model_validate({**message.model_dump(), "caller": call.caller})
