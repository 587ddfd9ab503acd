"""What a user agent asks of its user: who may call and register, and who waits for a response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from sip.errors import PeerError
from sip.message import Request, Response
from sip.moment import Moment
from sip.session import SUPPORTED
from sip.transactions import Address as HostPort

UNDERSTOOD: Final = frozenset(tag.strip() for tag in SUPPORTED.split(","))
"""The extensions that a request may require."""


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
    if unknown := [tag for tag in request.require if tag.lower() not in UNDERSTOOD]:
        wanted = ", ".join(unknown)
        raise PeerError("unknown extension", status=420, headers=(("Unsupported", wanted),))
