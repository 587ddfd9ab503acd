"""Rings one extension, or waits for whoever else was called, and says what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from callcenter.domain.agents import Miss as Miss
from callcenter.domain.calls import EventName, HungUpBy, Role
from callcenter.domain.masking import masked
from callcenter.switchboard.leg import Leg, Media
from callcenter.switchboard.live_call import LiveCall
from sip.aio.call import CallFailed
from sip.aio.ports import PortsExhausted
from sip.aio.rtp import MediaStream
from sip.dialog import bare
from sip.effects import Progress
from sip.errors import PeerError
from sip.message import URI, Address
from sip.moment import Moment
from sip.registrar import Binding
from sip.sdes import Srtp
from sip.sdp import Description
from sip.session import State

log = logging.getLogger(__name__)

REACH_SECONDS: Final = 6.0
"""A phone that has sent nothing at all for so long after the INVITE is not there."""
MOST_CONTACTS: Final = 3
"""Of a user's phones that are tried, one after another, where the newest is not there."""


_MISSES: Final = {486: Miss.BUSY, 600: Miss.BUSY, 603: Miss.REJECTED, 403: Miss.REJECTED}
_UNREACHABLE: Final = (401, 404, 407, 408, 410, 484, 488, 604, 606)


@dataclass(frozen=True, slots=True)
class Missed:
    """Nobody answered; `status` is the phone's final status, where it gave one."""

    why: Miss
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long to wait, in seconds: `reach` for any sign of life, `setup` until it rings or there is other
    progress, `ring_timeout` from there. `on_early` is told of sound before the answer (code, SDP)."""

    ring_timeout: float
    reach: float = REACH_SECONDS
    setup: float = REACH_SECONDS
    on_early: Callable[[Leg, int, Description], None] | None = None
    on_ringing: Callable[[], None] = lambda: None


async def dial(
    live: LiveCall,
    party: str,
    role: Role,
    ring_timeout: float,
    *,
    headers: tuple[tuple[str, str], ...] = (),
    on_ringing: Callable[[], None] = lambda: None,
) -> Leg | Missed:
    """Rings `party` for `ring_timeout` seconds from its first 18x (from the INVITE where it sends none).

    The leg that comes back is answered and its media is set; it is not bridged yet. Where the wait is
    cancelled, the leg stays with the call, which ends it.
    """
    board = live.board
    bindings = board.accounts.bindings(party, board.now().mono)
    if not bindings:
        return Missed(Miss.UNREACHABLE)
    if board.occupied[party]:
        return Missed(Miss.BUSY)
    missed = Missed(Miss.UNREACHABLE)
    for binding in bindings[:MOST_CONTACTS]:  # the newest first; the next where nobody is there any more
        try:
            leg = await _invite(live, party, role, binding, headers)
        except PortsExhausted as error:
            return no_port(live, party, error)
        reach = min(ring_timeout, REACH_SECONDS)
        found = await ring(live, leg, Waiting(ring_timeout, reach, reach, on_ringing=on_ringing))
        if isinstance(found, Leg) or found.why is not Miss.UNREACHABLE or live.book.closed:
            return found
        missed = found
    return missed


def no_port(live: LiveCall, party: str, error: PortsExhausted) -> Missed:
    """Nobody was rung: not this call's fault, and no reason to drop a caller who is being transferred."""
    log.error("phone not rung call=%s party=%s reason=%s", live.id, masked(party), error)
    return Missed(Miss.UNREACHABLE, 503)


async def ring(live: LiveCall, leg: Leg, waiting: Waiting) -> Leg | Missed:
    """Waits until `leg`, whose INVITE is on its way, is answered; or ends it, and says why."""
    board = live.board
    try:
        return await _answered(live, leg, waiting)
    except CallFailed as failed:
        live.drop_leg(leg)
        return Missed(_miss(failed.ended.code), failed.ended.code)
    except PeerError:  # its SDP takes nothing that we offered
        live.drop_leg(leg)
        return Missed(Miss.UNREACHABLE, 488)
    except TimeoutError:
        rang = leg.call.progressed_at is not None
        live.drop_leg(leg, HungUpBy.SYSTEM)
        live.tell(None, board.now())
        return Missed(Miss.NO_ANSWER if rang else Miss.UNREACHABLE)


async def _invite(
    live: LiveCall, party: str, role: Role, binding: Binding, headers: tuple[tuple[str, str], ...]
) -> Leg:
    board = live.board
    account = board.accounts.account(party)
    srtp = account.srtp if account else Srtp.OFF
    codecs = board.codecs(account.trunk if account else None)
    media = Media(await MediaStream.open(board.pool), board.media_host, srtp, codecs)
    name = live.caller.call.invite.from_address.name if live.caller.role is Role.CALLER else ""
    host = board.agent.local.host
    call = board.agent.invite(
        binding.contact,
        media.offer(live.caller.media),
        from_address=Address(URI("sip", host, user=live.caller.party), name),
        to=Address(bare(URI("sip", host, user=party))),
        flow=binding.flow,
        route=binding.path,
        headers=headers,
    )
    return live.add_leg(role, party, call, media, call.invited_at)


async def _answered(live: LiveCall, leg: Leg, waiting: Waiting) -> Leg:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(waiting.setup) as limit:

        def look() -> None:
            if leg.call.session.state is State.CALLING and not limit.expired():  # not even a 100 has come
                limit.reschedule(loop.time())

        def progress(event: Progress, moment: Moment) -> None:
            ringing = leg.call.ringing_at
            if limit.expired():
                return  # the wait has just ended
            if moment in (leg.call.progressed_at, ringing):  # it is there, and may ring yet; or it rings
                limit.reschedule(loop.time() + waiting.ring_timeout)
            early = event.description is not None and waiting.on_early is not None
            if ringing is moment:
                _note_ringing(live, leg, moment, quiet=early)
                waiting.on_ringing()
            if event.description is not None and waiting.on_early is not None:
                waiting.on_early(leg, event.code, event.description)

        leg.call.on_progress = progress
        gone = loop.call_later(waiting.reach, look)
        try:
            description = await leg.call.answered()
        finally:
            gone.cancel()
            leg.call.on_progress = _too_late  # a 18x may yet cross our CANCEL
    answered = leg.call.answered_at
    assert answered is not None
    leg.media.settle(description)
    live.book.leg_answered(leg.id, answered, leg.codec)
    if not leg.outside:
        live.board.agents.leg_answered(leg.party)
    return leg


def _too_late(event: Progress, moment: Moment) -> None:
    """Nobody waits for this phone any more."""


def _note_ringing(live: LiveCall, leg: Leg, moment: Moment, *, quiet: bool) -> None:
    """`quiet`: the caller is told otherwise, with the sound that comes."""
    first = live.book.leg_ringing(leg.id, moment)
    if first and live.caller.call.answered_at is None:
        if not quiet:
            live.caller.call.ring()
        live.book.leg_ringing(live.caller.id, live.caller.call.ringing_at or live.board.now())
    event = EventName.RINGING if leg.role is not Role.SUPERVISOR else None
    live.tell(event, moment, {"leg": leg.id, "party": leg.party} if event else None)


def _miss(status: int | None) -> Miss:
    if status is None or status in _UNREACHABLE or 300 <= status < 400 or 500 <= status < 600:
        return Miss.UNREACHABLE  # a redirection is not followed: it would be somebody else's choice of number
    return _MISSES.get(status, Miss.NO_ANSWER)
