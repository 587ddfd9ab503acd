"""Calls to the outside: over which trunk, as who, and the next trunk where one fails.

Nothing else sends an INVITE to a trunk. Who may come here is decided by `routing.route_outside`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from callcenter.domain.calls import Role
from callcenter.domain.masking import masked
from callcenter.settings import Trunk as Config
from callcenter.switchboard.dialling import Miss, Missed, Waiting, no_port, ring
from callcenter.switchboard.leg import Leg, Media
from callcenter.switchboard.live_call import LiveCall
from callcenter.switchboard.routing import ToOutside, as_dialled
from callcenter.switchboard.trunks import Trunk
from sip.aio.ports import PortsExhausted
from sip.aio.rtp import MediaStream
from sip.digest import Credentials, DigestClient
from sip.message import URI, Address
from sip.sdes import Srtp
from sip.sdp import Description
from sip.transactions import Address as HostPort

log = logging.getLogger(__name__)

REACH_SECONDS: Final = 4.0
"""A carrier that has sent nothing at all for so long after the INVITE is not there."""
SETUP_SECONDS: Final = 20.0
"""How long a carrier that is there may take until the far end rings; mobile networks take ten."""
MOST_ADDRESSES: Final = 3
"""Of one trunk that are tried, one after another, where nobody answers at the first."""
_NEXT: Final = frozenset((401, 407, 408, 500, 502, 503, 504))
"""The trunk failed rather than the far end: another one may do."""
_OURS: Final = (401, 407)

Early = Callable[[Leg, int, Description], None]
"""Told of sound before the answer: the leg, the status that brought it, its SDP."""


@dataclass(frozen=True, slots=True)
class Way:
    """How an INVITE reaches a trunk."""

    target: URI
    flow: HostPort | None = None
    route: tuple[Address, ...] = ()


async def dial_outside(live: LiveCall, to: ToOutside, on_early: Early) -> Leg | Missed:
    """Calls a number outside over the first trunk that takes the call.

    The leg that comes back is answered and its media is set.
    """
    board, missed = live.board, Missed(Miss.UNREACHABLE)
    for trunk in board.trunks.outgoing(board.now()):
        found = await _over(live, trunk, to, on_early)
        if isinstance(found, Leg) or not _goes_on(found):
            return found
        missed = found
        log.warning("trunk failed id=%s number=%s status=%s", trunk.id, masked(to.number), found.status)
    return missed


async def _over(live: LiveCall, trunk: Trunk, to: ToOutside, on_early: Early) -> Leg | Missed:
    board, missed = live.board, Missed(Miss.UNREACHABLE)
    for way in _ways(live, trunk, as_dialled(board.settings.numbering, trunk.config, to)):
        try:
            leg = await _invite(live, trunk.config, to.number, way)
        except PortsExhausted as error:
            return no_port(live, to.number, error)
        waiting = Waiting(trunk.config.ring_timeout, REACH_SECONDS, SETUP_SECONDS, on_early)
        found = await ring(live, leg, waiting)
        if isinstance(found, Leg) or not _silent(found):
            return found
        missed = found
        if trunk.server is not None and not board.agent.passes_over(leg.call):
            break  # it has no other address
    return missed


def _goes_on(missed: Missed) -> bool:
    """Whether the next trunk is to be tried."""
    return missed.status in _NEXT or _silent(missed)


def _silent(missed: Missed) -> bool:
    return missed.status is None and missed.why is Miss.UNREACHABLE


def refusal(missed: Missed) -> int | None:
    """The status with which the caller is refused; None: the one of the outcome."""
    if (missed.why is Miss.UNREACHABLE and (missed.status or 300) < 400) or missed.status in _OURS:
        return 503  # between the carrier and us: the caller's phone is not to answer it
    return missed.status


def _ways(live: LiveCall, trunk: Trunk, number: str) -> Iterator[Way]:
    """Where to send: to the carrier's server, or to the contacts of a gateway that logged in to us."""
    if (server := trunk.server) is not None:
        for _ in range(MOST_ADDRESSES):
            yield Way(replace(server, user=number), route=trunk.service_route)
        return
    board = live.board
    for binding in board.accounts.bindings(trunk.config.username, board.now().mono):
        yield Way(replace(binding.contact, user=number), binding.flow, binding.path)


async def _invite(live: LiveCall, trunk: Config, number: str, way: Way) -> Leg:
    board, caller = live.board, live.caller
    stream = await MediaStream.open(board.pool)
    media = Media(stream, board.media_host, Srtp(trunk.srtp), board.codecs(trunk))
    host = way.target.host if trunk.mode == "register" else board.agent.local.host
    identity = Address(URI("sip", host, user=shown(trunk, caller.party)))
    call = board.agent.invite(
        way.target,
        media.offer(caller.media),
        from_address=identity,
        flow=way.flow,
        route=way.route,
        digest=credentials(trunk),
        headers=(("P-Asserted-Identity", str(identity)),) if trunk.assert_identity else (),
        ringing_on_183=trunk.ringing_on_183,
    )
    return live.add_leg(Role.TARGET, number, call, media, call.invited_at, outside=True)


def shown(trunk: Config, extension: str) -> str:
    """The number that the far end sees."""
    if trunk.caller_id == "extension":
        return extension
    return trunk.caller_id or trunk.username or extension


def credentials(trunk: Config) -> DigestClient | None:
    """What answers the carrier's challenges. A gateway that logs in to us has none to make."""
    if trunk.mode == "account" or not trunk.username:
        return None
    return DigestClient(Credentials(trunk.username, trunk.password.get_secret_value()))
