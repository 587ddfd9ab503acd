"""Where calls arrive: decides what an INVITE is for and begins its story."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from functools import partial
from typing import Any
from uuid import uuid4

from callcenter.domain.book import CallBook
from callcenter.domain.calls import Direction, Line, Role
from callcenter.domain.masking import masked
from callcenter.domain.numbers import Numbers
from callcenter.settings import Desk
from callcenter.standards import desk_standard
from callcenter.switchboard import steps  # noqa: F401 - registers the kinds of steps
from callcenter.switchboard.accounts import Account
from callcenter.switchboard.board import Board
from callcenter.switchboard.forwarding import ToPerson
from callcenter.switchboard.leg import Media
from callcenter.switchboard.live_call import LiveCall
from callcenter.switchboard.lot import Parked
from callcenter.switchboard.mailbox import WithMailbox
from callcenter.switchboard.originate import NotThere, Wanted, begin
from callcenter.switchboard.outside import credentials
from callcenter.switchboard.picking import ringing
from callcenter.switchboard.routing import (
    Nowhere,
    Route,
    ToDesk,
    ToExtension,
    ToOutside,
    direction_of,
    route_outside,
)
from callcenter.switchboard.star_codes import PICK_UP, Code, StarCodes
from callcenter.switchboard.story import NotTalking, Story
from callcenter.switchboard.transfers import Forbidden, Transfers
from callcenter.switchboard.walk import to_desk
from callcenter.switchboard.ways import ToTrunk, Way
from sip.aio.call import Call
from sip.aio.ports import PortsExhausted
from sip.aio.rtp import MediaStream
from sip.errors import PeerError, StateError
from sip.identity import asserted_number, first_diverting, wants_privacy
from sip.sdp import Description

log = logging.getLogger(__name__)

_Somewhere = ToDesk | ToExtension | ToOutside

DIRECT_RING_TIMEOUT = 60.0
"""Seconds that one extension may ring at another's call."""


class Reception:
    """Takes calls from the user agent."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._stories: dict[str, Story] = {}
        self.transfers = Transfers(board, self._stories)
        self._star_codes = StarCodes(board)
        self._originated: set[asyncio.Task[None]] = set()
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
        parked = self._board.lot.waiting(dialled) if account.extension else None
        if parked is not None and call.replaced is None:
            await self._guarded(call, self._pick_up(call, account, parked))
            return
        code = self._star_codes.find(dialled) if account.extension else None
        if code is not None and call.replaced is None:
            await self._guarded(call, self._take_code(call, account, code))
            return
        where = self._where(dialled, account)
        if isinstance(where, Nowhere) and call.replaced is None:
            log.info("number unknown dialled=%s account=%s", masked(dialled), account.username)
            call.reject(where.status)
            return
        if call.replaced is not None:
            await self._guarded(call, self._take_over(call, account))
        elif not isinstance(where, Nowhere):
            await self._guarded(call, self._begin(call, account, where, dialled))

    async def _guarded(self, call: Call, work: Coroutine[Any, Any, None]) -> None:
        """Refuses the call where its INVITE cannot be used or there is no port for it."""
        try:
            await work
        except PeerError as error:
            call.reject(error.status)
        except PortsExhausted as error:
            log.error("call refused reason=%s", error)
            call.reject(503)

    def _where(self, dialled: str, account: Account) -> Route:
        board = self._board
        where = board.directory.route(dialled, account.trunk)
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
        way, role = self._plan(where, live.book.caller)
        if account.trunk is not None:  # some carriers challenge our BYE as well
            call.session.challenges.digest = credentials(account.trunk)
        await self._tell(Story(live, (body, agreement), way, role))

    async def _tell(self, story: Story) -> None:
        """Runs a call's story to its end."""
        live = story.live
        self._board.calls[live.id] = live
        self._stories[live.id] = story
        live.on_refer = partial(self.transfers.referred, story)
        self._idle.clear()
        try:
            await story.run()
        finally:
            del self._stories[live.id]
            del self._board.calls[live.id]
            if not self._stories:
                self._idle.set()

    async def originate(self, wanted: Wanted) -> Story:
        """Rings an extension's own phone, then whom it wants; returns at once.

        Raises NotThere, and PortsExhausted.
        """
        if self._closing:
            raise NotThere("the switchboard is stopping")
        live = await begin(self._board, wanted)
        story = Story(live, None, wanted.way, Role.TARGET, wanted.agent_seconds)
        task = asyncio.create_task(self._tell(story), name=f"originated {live.id}")
        self._originated.add(task)
        task.add_done_callback(self._originated.discard)
        return story

    def to_desk(self, desk: Desk, caller: str) -> Way:
        """The way to a desk at this hour."""
        return to_desk(self._board, desk, caller, self._board.now().utc)

    async def _media(self, account: Account) -> Media:
        board = self._board
        stream = await MediaStream.open(board.pool)
        return Media(stream, board.media_host, account.srtp, board.codecs(account.trunk))

    @contextlib.asynccontextmanager
    async def _joining(self, call: Call, account: Account) -> AsyncIterator[tuple[Media, Description]]:
        """Media for a call that joins another one, and its offer. Waits for the call's end after the block;
        where the block did not answer it, the media is given back."""
        if call.remote is None:
            raise PeerError("INVITE without an offer", status=488)
        media = await self._media(account)
        try:
            yield media, call.remote
        except StateError:
            pass  # its sender has gone in this very moment
        finally:
            if call.answered_at is None:
                media.stream.close()
        await call.over()

    async def _take_over(self, call: Call, account: Account) -> None:
        """An INVITE with Replaces: its sender goes on with a call of its own on another phone."""
        async with self._joining(call, account) as (media, offered):
            try:
                story, leg = self.transfers.replaced(call)
                body, agreement = media.answer(offered, story.partner(leg).media)
                story.replace(leg, call, media, body, agreement)
            except Forbidden:
                raise PeerError("somebody else's dialog", status=403) from None
            except NotTalking:
                raise PeerError("nobody is talking there now", status=603) from None

    async def _pick_up(self, call: Call, account: Account, parked: Parked) -> None:
        """An extension dialled a slot where somebody waits: it talks with them."""
        async with self._joining(call, account) as (media, offered):
            if parked.picked.done():
                raise PeerError("somebody else was quicker", status=404)
            body, agreement = media.answer(offered, parked.story.live.caller.media)
            parked.picked.set_result(parked.story.picked_up(call, media, body, agreement))

    async def _take_code(self, call: Call, account: Account, code: Code) -> None:
        """An extension dialled a star code."""
        if code.name == PICK_UP:
            await self._pick_up_ringing(call, account, code.argument)
            return
        media = await self._media(account)
        try:
            await self._star_codes.take(call, media, account.username, code)
        finally:
            media.stream.close()
        await call.over()

    async def _pick_up_ringing(self, call: Call, account: Account, whose: str) -> None:
        """An extension takes a call that rings at a colleague's telephone."""
        async with self._joining(call, account) as (media, offered):
            story = ringing(self._board, self._stories, account.username, whose)
            picking = story.live.picking if story is not None else None
            if story is None or picking is None:
                raise PeerError("no colleague's telephone rings", status=404)
            body, agreement = media.answer(offered, story.live.caller.media)
            picking.leg.set_result(story.picked_up(call, media, body, agreement, picking.role))

    def _book(self, call: Call, account: Account, where: _Somewhere, dialled: str) -> CallBook:
        direction = direction_of(where, account.trunk)
        book = CallBook(
            id=uuid4().hex,
            direction=direction,
            line=Line.INTERNAL if direction is Direction.INTERNAL else Line.EXTERNAL,
            caller=_caller(call, account, self._board.settings.numbering),
            callee=where.number if isinstance(where, ToOutside) else dialled,
            started=call.invited_at,
            diverted_from=first_diverting(call.invite) if account.trunk is not None else None,
        )
        if isinstance(where, ToDesk):
            standard = desk_standard(where.desk)
            book.desk, book.standard = where.desk.id, where.desk.standard
            book.max_rings, book.cadence = standard.max_rings, standard.cadence
        return book

    def _plan(self, where: _Somewhere, caller: str) -> tuple[Way, Role]:
        match where:
            case ToDesk(desk):
                return self.to_desk(desk, caller), Role.AGENT
            case ToExtension(extension):
                way = ToPerson(extension.number, DIRECT_RING_TIMEOUT)
                return WithMailbox(way, extension.number) if extension.mailbox else way, Role.TARGET
            case ToOutside():
                return ToTrunk(where, DIRECT_RING_TIMEOUT), Role.TARGET

    # -- all of them --------------------------------------------------------------------------------------

    @property
    def stories(self) -> Mapping[str, Story]:
        """The calls that go on, by id."""
        return self._stories

    async def close(self) -> None:
        """Takes no more calls and ends those there are; returns when all are on record."""
        self._closing = True
        if self._board.kept is not None:
            await self._board.kept.close()
        for story in self._stories.values():
            story.stop()
        await self._idle.wait()


def _caller(call: Call, account: Account, numbers: Numbers) -> str:
    """The caller's number: as the line asserts it, where the line is to be believed (RFC 3325 section 5).

    One from outside is in the form in which numbers are kept.
    """
    trusted = account.trunk is not None and account.trunk.trust_identity
    asserted = asserted_number(call.invite) if trusted and not wants_privacy(call.invite) else None
    shown = asserted or call.invite.from_address.uri.user or account.username
    return shown if account.trunk is None else numbers.canonical(shown)
