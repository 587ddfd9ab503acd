"""What a user agent asks of its user: who may call and register, and who waits for a response."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from sip.errors import PeerError
from sip.guard import Guard
from sip.message import Request, Response, new_tag, respond, tag_of
from sip.moment import Moment
from sip.options import unknown
from sip.sdp import CONTENT_TYPE
from sip.session import ALLOW, CAPABILITIES
from sip.transactions import Address as HostPort

if TYPE_CHECKING:
    from sip.aio.call import Call

log = logging.getLogger(__name__)

_SDP_RANGES: Final = frozenset((CONTENT_TYPE, "application/*", "*/*"))


@dataclass(frozen=True, slots=True)
class Admission:
    """What a policy decides on a request: let it in as `identity`, or answer it with `status`."""

    identity: str | None = None
    status: int | None = None
    challenges: tuple[str, ...] = ()


class Policy(Protocol):
    """Who may call and who may register. Asked where the datagram was read, so it must not block."""

    def admit(self, request: Request, source: HostPort, now: float) -> Admission: ...

    def register(self, identity: str, request: Request, source: HostPort, now: float) -> Response: ...


class Owner(Protocol):
    """Whoever sent a request outside a call, such as a trunk's registration."""

    def receive(self, request: Request, response: Response, moment: Moment) -> None: ...

    def timed_out(self, request: Request, moment: Moment) -> None: ...


def inspect(request: Request) -> None:
    """What every user agent refuses, whoever asks (RFC 3261 section 8.2). Raises PeerError."""
    if not request.uri.is_sip:
        raise PeerError("unknown URI scheme", status=416)
    if (request.headers.get("Max-Forwards") or "").strip() == "0" and request.method == "INVITE":
        raise PeerError("too many hops", status=483)  # we would send it on
    if request.method == "INVITE" and not _takes_sdp(request):
        raise PeerError("the answer may not be SDP", status=406)  # RFC 4475 section 3.3.15
    if wanted := unknown(request):
        raise PeerError("unknown extension", status=420, headers=(("Unsupported", ", ".join(wanted)),))


def check_merged(invite: Request, calls: Sequence[Call]) -> None:
    """Section 8.2.2.2: the same request by another way, as a forking proxy makes it. Raises PeerError(482).

    `calls` are those with its Call-ID.
    """
    for call in calls:
        same = call.session.initial
        if (
            not call.is_over
            and same is not None
            and same.cseq == invite.cseq
            and tag_of(same.from_address) == tag_of(invite.from_address)
        ):
            raise PeerError("merged request", status=482)


def capabilities(request: Request) -> Response:
    """The answer to an OPTIONS (section 11.2)."""
    response = respond(request, 200, to_tag=new_tag())
    for name, value in CAPABILITIES:
        response.headers.set(name, value)
    return response


def out_of_place(method: str) -> PeerError:
    """Why a request that belongs into a dialog, or nowhere, is refused outside one."""
    if method in ("BYE", "INFO", "UPDATE", "PRACK", "NOTIFY"):
        return PeerError(f"{method} outside a dialog", status=481)
    if method == "REFER":
        return PeerError("REFER outside a dialog", status=403)  # whom would it transfer?
    return PeerError("unknown method", status=405, headers=(("Allow", ALLOW),))


def _takes_sdp(request: Request) -> bool:
    if request.headers.get("Accept") is None:
        return True  # section 20.1: application/sdp is meant
    accepted = ",".join(request.headers.getlist("Accept")).split(",")
    return bool({part.partition(";")[0].strip().lower() for part in accepted} & _SDP_RANGES)


def tend(guard: Guard | None, now: float) -> None:
    """Ends a guard's bans that are over, and logs each ban once when it begins and once when it ends."""
    if guard is None:
        return
    guard.tick(now)
    for ban in guard.news():
        if ban.ended:
            log.info("ban over source=%s seconds=%.0f dropped=%d", ban.source, ban.seconds, ban.dropped)
        else:
            log.warning(
                "source banned source=%s seconds=%.0f why=%r count=%d",
                *(ban.source, ban.seconds, ban.why.value, ban.offences),
            )
