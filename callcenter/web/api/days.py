"""The day in figures, and the live stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sse_starlette import EventSourceResponse, ServerSentEvent

from callcenter.store.days import day_summary
from callcenter.web.api.models import Day, DayOut
from callcenter.web.context import Context, ContextDep, SessionDep
from callcenter.web.overheard import HEARD
from callcenter.web.ports import LIVE

router = APIRouter()

PING_SECONDS = 15


@router.get("/days/{day}", tags=["days"])
def summary(
    day: Day,
    session: SessionDep,
    context: ContextDep,
    desk: Annotated[str | None, Query(max_length=60)] = None,
) -> DayOut:
    """Counts by outcome, three-ring rates, opening and closing by agent, and the waiting figures of a day."""
    return DayOut.model_validate(day_summary(session, day, context.zone, desk=desk))


@router.get("/stream", tags=["live"], response_class=EventSourceResponse)
async def stream(
    context: ContextDep,
    call: Annotated[str | None, Query(max_length=120, description="only this call's events")] = None,
) -> EventSourceResponse:
    """Server-sent events named `call`, `heard`, `agent`, `desk` and `callback`, each the CloudEvent as it was
    published; and `live`, a switchboard's live state whenever it changes."""
    return EventSourceResponse(_events(context, call), ping=PING_SECONDS)


async def _events(context: Context, call: str | None) -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent(event="open", data="{}", retry=3000)
    if context.bus is None:
        await context.closing.wait()
        return
    async for event in _until(context.closing, context.bus.subscribe()):
        if call is None or event.get("subject") == call:
            yield _sent(event)


def _sent(event: dict[str, Any]) -> ServerSentEvent:
    """By its subject's name, the second word of its type; what is heard, several times a second, apart."""
    if event.get("type") == LIVE:
        return ServerSentEvent(event="live", data=event["text"])
    name = "".join(str(event.get("type", "")).split(".")[1:2]) or "call"
    if event.get("type") == HEARD:
        name = "heard"
    id = str(event.get("id", "")) or None
    return ServerSentEvent(event=name, id=id, data=json.dumps(event, ensure_ascii=False))


async def _until(
    closing: asyncio.Event, events: AsyncIterator[dict[str, Any]]
) -> AsyncIterator[dict[str, Any]]:
    """The events until the role stops."""
    closed = asyncio.create_task(closing.wait(), name="stream-closing")
    following: asyncio.Task[dict[str, Any]] | None = None
    try:
        while not closing.is_set():
            following = asyncio.create_task(_next(events), name="stream-next")
            await asyncio.wait({closed, following}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                return
            try:
                event = following.result()
            except StopAsyncIteration:
                return
            yield event
    finally:
        pending = [task for task in (closed, following) if task is not None and not task.done()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


async def _next(events: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    return await anext(events)
