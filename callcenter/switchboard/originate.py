"""Calls that the desk begins: the agent's phone first, then the number (click-to-call, callbacks)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from callcenter.domain.book import CallBook
from callcenter.domain.calls import Direction, Line
from callcenter.switchboard.board import Board
from callcenter.switchboard.dialling import REACH_SECONDS, Missed, Waiting, ring
from callcenter.switchboard.leg import Media
from callcenter.switchboard.live_call import LiveCall
from callcenter.switchboard.ways import Way
from sip.aio.rtp import MediaStream
from sip.dialog import bare
from sip.message import URI, Address
from sip.sdes import Srtp

AGENT_SECONDS: Final = 30.0
"""How long the agent's own phone rings before the call is given up."""


class NotThere(Exception):
    """The agent's phone cannot be rung: it is not registered, or it is in a call."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call that an extension wants: to whom, over which way, as part of which desk's work."""

    extension: str
    number: str
    way: Way
    outside: bool
    desk: str | None = None
    agent_seconds: float = AGENT_SECONDS


async def begin(board: Board, wanted: Wanted) -> LiveCall:
    """Sends the INVITE to the agent's phone; the call is under way from here on.

    Raises NotThere, and PortsExhausted.
    """
    bindings = board.accounts.bindings(wanted.extension, board.now().mono)
    if not bindings:
        raise NotThere(f"extension {wanted.extension} is not registered")
    if board.occupied[wanted.extension]:
        raise NotThere(f"extension {wanted.extension} is in a call")
    account = board.accounts.account(wanted.extension)
    stream = await MediaStream.open(board.pool)
    media = Media(stream, board.media_host, account.srtp if account else Srtp.OFF, board.codecs())
    host, binding = board.agent.local.host, bindings[0]
    call = board.agent.invite(
        binding.contact,
        media.offer(),
        from_address=Address(URI("sip", host, user=wanted.number)),
        to=Address(bare(URI("sip", host, user=wanted.extension))),
        flow=binding.flow,
        route=binding.path,
    )
    book = CallBook(
        id=uuid4().hex,
        direction=Direction.OUTBOUND if wanted.outside else Direction.INTERNAL,
        line=Line.EXTERNAL if wanted.outside else Line.INTERNAL,
        caller=wanted.extension,
        callee=wanted.number,
        started=call.invited_at,
        desk=wanted.desk,
    )
    return LiveCall(board, book, call, media)


async def reach_agent(live: LiveCall, seconds: float) -> Missed | None:
    """Waits until the agent has picked up their own phone, which rings for `seconds`; why not, where they did
    not."""
    found = await ring(live, live.caller, Waiting(seconds, REACH_SECONDS, REACH_SECONDS))
    return found if isinstance(found, Missed) else None
