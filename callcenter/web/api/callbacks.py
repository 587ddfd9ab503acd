"""Callbacks 回访: the queue, claiming, calling, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from sqlmodel import Session

from callcenter.store import callbacks, outbox
from callcenter.store.callbacks import Rows, Teller, list_callbacks
from callcenter.store.tables import Callback
from callcenter.web.api.calls import COMMAND_TIMEOUT, Pages, Sizes
from callcenter.web.api.models import Done
from callcenter.web.api.records import MAX_ID
from callcenter.web.api.work_models import (
    ByIn,
    CallbackList,
    CallbackOut,
    GiveUpIn,
    OutcomeIn,
    callback_out,
)
from callcenter.web.context import CommandsDep, Context, ContextDep, SessionDep

router = APIRouter(tags=["callbacks"])

CallbackId = Annotated[int, Path(ge=1, le=MAX_ID)]
States = Literal["unfinished", "open", "claimed", "done", "given_up", ""]


def change(
    session: Session,
    context: Context,
    work: Callable[..., tuple[Callback, Rows]],
    callback_id: int,
    *args: Any,
) -> Callback:
    """Does one of the store's changes and commits it with what tells of it."""
    callback, rows = work(session, callback_id, *args, context.now(), Teller("web", context.settings.site))
    outbox.add_rows(session, rows)
    session.commit()
    context.committed()
    return callback


@router.get("/callbacks")
def listed(
    session: SessionDep,
    state: States = "unfinished",
    desk: Annotated[str, Query(max_length=60)] = "",
    page: Pages = 1,
    size: Sizes = 50,
) -> CallbackList:
    """Unfinished ones in the order in which to call, others newest first; `state` empty means all."""
    found = list_callbacks(session, state=state, desk=desk, page=page, size=size)
    items = [
        callback_out(each, [call.id for call in found.calls.get(each.id or 0, [])]) for each in found.items
    ]
    return CallbackList(items=items, total=found.total, page=page, size=size)


@router.get("/callbacks/{callback_id}")
def one(callback_id: CallbackId, session: SessionDep) -> CallbackOut:
    """One callback with the ids of its calls."""
    return _out(session, callbacks.get(session, callback_id))


@router.post("/callbacks/{callback_id}/claim")
def claim(callback_id: CallbackId, wanted: ByIn, session: SessionDep, context: ContextDep) -> CallbackOut:
    """Takes it for five minutes: nobody else calls meanwhile."""
    return _out(session, change(session, context, callbacks.claim, callback_id, wanted.by))


@router.post("/callbacks/{callback_id}/release")
def release(callback_id: CallbackId, wanted: ByIn, session: SessionDep, context: ContextDep) -> CallbackOut:
    """Gives a claim back."""
    return _out(session, change(session, context, callbacks.release, callback_id, wanted.by))


@router.post("/callbacks/{callback_id}/outcome")
def outcome(
    callback_id: CallbackId, wanted: OutcomeIn, session: SessionDep, context: ContextDep
) -> CallbackOut:
    """What came of it; `no_answer` and `busy` leave it open for the next attempt."""
    args = (wanted.by, wanted.outcome, wanted.note)
    return _out(session, change(session, context, callbacks.finish, callback_id, *args))


@router.post("/callbacks/{callback_id}/give_up")
def give_up(
    callback_id: CallbackId, wanted: GiveUpIn, session: SessionDep, context: ContextDep
) -> CallbackOut:
    """Nobody will call back; the note says why."""
    return _out(session, change(session, context, callbacks.give_up, callback_id, wanted.by, wanted.note))


@router.post("/callbacks/{callback_id}/call")
async def call_back(callback_id: CallbackId, wanted: ByIn, commands: CommandsDep) -> Done:
    """Claims it and calls: the telephone of the extension `by` rings first, then the number."""
    args = {"id": callback_id, "by": wanted.by}
    return Done(result=await commands.request("callback", args, COMMAND_TIMEOUT))


def _out(session: Session, callback: Callback) -> CallbackOut:
    assert callback.id is not None
    calls = callbacks.calls_of(session, [callback.id])[callback.id]
    return callback_out(callback, [call.id for call in calls])
