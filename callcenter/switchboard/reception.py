"""Where calls arrive: decides what an INVITE is for and begins its story. Also the commands of others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import uuid4

from callcenter.domain.book import CallBook
from callcenter.domain.calls import Direction, Line, Role
from callcenter.domain.masking import masked
from callcenter.events.errors import CommandError, ErrorCode
from callcenter.switchboard.accounts import Account
from callcenter.switchboard.board import Board
from callcenter.switchboard.leg import Media
from callcenter.switchboard.live_call import LiveCall
from callcenter.switchboard.outside import credentials
from callcenter.switchboard.ringing import group_of
from callcenter.switchboard.routing import (
    Nowhere,
    Route,
    ToDesk,
    ToExtension,
    ToOutside,
    direction_of,
    route,
    route_outside,
)
from callcenter.switchboard.story import NotTalking, Story
from callcenter.switchboard.transfers import Forbidden, Transfers
from callcenter.switchboard.ways import ToGroup, ToTrunk, Way, to_extension
from sip.aio.call import Call
from sip.aio.ports import PortsExhausted
from sip.aio.rtp import MediaStream
from sip.errors import PeerError, StateError
from sip.identity import asserted_number, first_diverting, wants_privacy

log = logging.getLogger(__name__)

_Somewhere = ToDesk | ToExtension | ToOutside

DIRECT_RING_TIMEOUT = 60.0
"""Seconds that one extension may ring at another's call."""


class Reception:
    """Takes calls from the user agent, and commands from the pages."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._stories: dict[str, Story] = {}
        self._transfers = Transfers(board.settings, self._stories)
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()

    # -- calls --------------------------------------------------------------------------------------------

    async def take(self, call: Call) -> None:
        """An INVITE that the accounts admitted. Returns when the call is over and on record."""
        account = self._board.accounts.account(call.identity or "")
        dialled = call.request_uri.user or ""
        if self._closing or account is None:
            call.reject(503)
            return
        where = self._where(dialled, account)
        if isinstance(where, Nowhere) and call.replaced is None:
            log.info("number unknown dialled=%s account=%s", masked(dialled), account.username)
            call.reject(where.status)
            return
        try:
            if call.replaced is not None:
                await self._take_over(call, account)
            elif not isinstance(where, Nowhere):
                await self._begin(call, account, where, dialled)
        except PeerError as error:
            call.reject(error.status)
        except PortsExhausted as error:
            log.error("call refused reason=%s", error)
            call.reject(503)

    def _where(self, dialled: str, account: Account) -> Route:
        board = self._board
        where = route(board.settings, dialled, account.trunk)
        if not isinstance(where, Nowhere):
            return where
        registered = bool(board.accounts.bindings(account.username, board.now().mono))
        return route_outside(board.settings, dialled, account.extension, registered)

    async def _begin(self, call: Call, account: Account, where: _Somewhere, dialled: str) -> None:
        if call.remote is None:
            raise PeerError("INVITE without an offer", status=488)
        media = await self._media(account)
        try:
            body, agreement = media.answer(call.remote)
        except PeerError:
            media.stream.close()
            raise
        media.intend(call.remote, agreement)
        live = LiveCall(self._board, self._book(call, account, where, dialled), call, media)
        way, role = _plan(where)
        if account.trunk is not None:  # some carriers challenge our BYE as well
            call.session.challenges.digest = credentials(account.trunk)
        story = Story(live, body, agreement, way, role)
        self._board.calls[live.id] = live
        self._stories[live.id] = story
        live.on_refer = partial(self._transfers.referred, story)
        self._idle.clear()
        try:
            await story.run()
        finally:
            del self._stories[live.id]
            del self._board.calls[live.id]
            if not self._stories:
                self._idle.set()

    async def _media(self, account: Account) -> Media:
        board = self._board
        stream = await MediaStream.open(board.pool)
        return Media(stream, board.media_host, account.srtp, board.codecs(account.trunk))

    async def _take_over(self, call: Call, account: Account) -> None:
        """An INVITE with Replaces: its sender goes on with a call of its own on another phone."""
        if call.remote is None:
            raise PeerError("INVITE without an offer", status=488)
        media = await self._media(account)
        try:
            story, leg = self._transfers.replaced(call)
            body, agreement = media.answer(call.remote, story.partner(leg).media)
            story.replace(leg, call, media, body, agreement)
        except Forbidden:
            raise PeerError("somebody else's dialog", status=403) from None
        except NotTalking:
            raise PeerError("nobody is talking there now", status=603) from None
        except StateError:
            pass  # its sender has gone in this very moment
        finally:
            if call.answered_at is None:
                media.stream.close()
        await call.over()

    def _book(self, call: Call, account: Account, where: _Somewhere, dialled: str) -> CallBook:
        direction = direction_of(where, account.trunk)
        book = CallBook(
            id=uuid4().hex,
            direction=direction,
            line=Line.INTERNAL if direction is Direction.INTERNAL else Line.EXTERNAL,
            caller=_caller(call, account),
            callee=dialled,
            started=call.invited_at,
            diverted_from=first_diverting(call.invite) if account.trunk is not None else None,
        )
        if isinstance(where, ToDesk):
            standard = self._board.standard(where.desk.standard)
            book.desk, book.standard = where.desk.id, where.desk.standard
            book.max_rings = where.desk.max_rings or standard.max_rings
            book.cadence = standard.cadence
        return book

    # -- commands -----------------------------------------------------------------------------------------

    async def transfer(self, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"call_id", "target"}`: the caller is sent to another extension."""
        story, target = self._story(args), args.get("target")
        numbers = {extension.number for extension in self._board.settings.extensions}
        if not isinstance(target, str) or target not in numbers:
            raise CommandError(ErrorCode.INVALID, f"{target!r} is no extension; a call goes to one of them")
        if any(leg.party == target for leg in story.live.legs):
            raise CommandError(ErrorCode.CONFLICT, f"extension {target} is in this call already")
        try:
            story.transfer(target)
        except NotTalking:
            raise CommandError(ErrorCode.CONFLICT, "nobody is talking with the caller now") from None
        return {"call_id": story.live.id, "target": target}

    async def hangup(self, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"call_id"}`: ends the call."""
        story = self._story(args)
        story.stop()
        return {"call_id": story.live.id}

    async def close(self) -> None:
        """Takes no more calls and ends those there are; returns when all are on record."""
        self._closing = True
        for story in self._stories.values():
            story.stop()
        await self._idle.wait()

    def _story(self, args: dict[str, Any]) -> Story:
        story = self._stories.get(str(args.get("call_id")))
        if story is None:
            raise CommandError(ErrorCode.NOT_FOUND, "no such call is going on")
        return story


def _caller(call: Call, account: Account) -> str:
    """The caller's number: as the line asserts it, where the line is to be believed (RFC 3325 section 5)."""
    trusted = account.trunk is not None and account.trunk.trust_identity
    asserted = asserted_number(call.invite) if trusted and not wants_privacy(call.invite) else None
    return asserted or call.invite.from_address.uri.user or account.username


def _plan(where: _Somewhere) -> tuple[Way, Role]:
    match where:
        case ToDesk(desk):
            return ToGroup(group_of(desk)), Role.AGENT
        case ToExtension(extension):
            return to_extension(extension.number, DIRECT_RING_TIMEOUT), Role.TARGET
        case ToOutside():
            return ToTrunk(where, DIRECT_RING_TIMEOUT), Role.TARGET
