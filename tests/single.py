"""A switchboard that answers every caller itself and does one thing with them, without desk or agents."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from callcenter.domain.book import CallBook
from callcenter.domain.calls import Direction, EventName, HungUpBy, Line, Outcome
from callcenter.switchboard.board import Board
from callcenter.switchboard.leg import Media
from callcenter.switchboard.live_call import LiveCall
from sip.aio.call import Call
from sip.aio.rtp import MediaStream
from tests.board import Switchboard

Step = Callable[[LiveCall], Awaitable[None]]


def does(desk: Switchboard, monkeypatch: pytest.MonkeyPatch, step: Step) -> None:
    """From here on every caller is answered, `step` is done with them, and the call ends."""

    async def take(call: Call) -> None:
        await _one(desk.board, call, step)

    monkeypatch.setattr(desk.reception, "take", take)


async def _one(board: Board, call: Call, step: Step) -> None:
    live = await _answered(board, call)
    doing = asyncio.ensure_future(step(live))
    gone = asyncio.create_task(call.over(), name="caller gone")
    try:
        await asyncio.wait({doing, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        doing.cancel()
        gone.cancel()
        results = await asyncio.gather(doing, gone, return_exceptions=True)
        by = HungUpBy.CALLER if call.is_over else HungUpBy.SYSTEM
        await live.finish(call.ended_at or board.now(), Outcome.ANSWERED, by)
        del board.calls[live.id]
    if isinstance(results[0], Exception):
        raise results[0]


async def _answered(board: Board, call: Call) -> LiveCall:
    account = board.accounts.account(call.identity or "")
    assert account is not None and call.remote is not None
    stream = await MediaStream.open(board.pool)
    media = Media(stream, board.media_host, account.srtp, board.codecs(account.trunk))
    body, agreement = media.answer(call.remote)
    caller, callee = call.invite.from_address.uri.user or "", call.request_uri.user or ""
    book = CallBook(uuid4().hex, Direction.INBOUND, Line.EXTERNAL, caller, callee, call.invited_at)
    live = LiveCall(board, book, call, media)
    board.calls[live.id] = live
    live.tell(EventName.STARTED, call.invited_at)
    sent = call.answer(body)
    media.apply(agreement)
    book.leg_answered(live.caller.id, sent, live.caller.codec)
    return live
