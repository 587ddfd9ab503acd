"""A registrar's bindings (RFC 3261 section 10.3), as values. No I/O; `now` is monotonic seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sip.errors import PeerError
from sip.message import URI, Address, Parameters, Request, Response, respond
from sip.transactions import Address as Source

MIN_EXPIRES: Final = 30
MAX_EXPIRES: Final = 3600
DEFAULT_EXPIRES: Final = 600
MAX_CONTACTS: Final = 10
"""Contacts kept for one user; more are refused, so that memory stays bounded."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a user can be reached, until `expires` (monotonic seconds).

    `source` is where the REGISTER came from: behind a NAT the only address that works.
    """

    contact: URI
    source: Source
    expires: float
    call_id: str
    cseq: int

    @property
    def flow(self) -> Source | None:
        """Where to send instead of the contact's own address, or None.

        A contact that names another host than the packets come from stands behind a NAT (section 5 of RFC
        5626 tells of the same problem). Another port alone is a phone that sends and listens on two ports.
        """
        return self.source if self.contact.host.strip("[]") != self.source[0] else None


class Registrar:
    """Bindings by user name. What comes in has been authenticated."""

    def __init__(self) -> None:
        self._bindings: dict[str, dict[str, Binding]] = {}

    def lookup(self, user: str, now: float) -> list[Binding]:
        """The user's bindings that have not expired, newest first."""
        bindings = self._bindings.get(user, {})
        live = [binding for binding in bindings.values() if binding.expires > now]
        return sorted(live, key=lambda binding: binding.expires, reverse=True)

    def users(self, now: float) -> list[str]:
        """Everybody who can be reached now."""
        return [user for user in self._bindings if self.lookup(user, now)]

    def register(self, user: str, request: Request, source: Source, now: float) -> Response:
        """Does what a REGISTER asks and answers it. Raises PeerError where it cannot be done."""
        kept = {key: b for key, b in self._bindings.get(user, {}).items() if b.expires > now}
        if request.headers.get("Contact") == "*":
            if request.expires != 0:
                raise PeerError("Contact * needs Expires 0")
            kept = {}
        else:
            for contact in request.contact:
                self._bind(kept, contact, request, source, now)
        if len(kept) > MAX_CONTACTS:
            raise PeerError("too many contacts", status=403)
        self._bindings[user] = kept
        if not kept:
            del self._bindings[user]
        response = respond(request, 200)
        response.contact = [_with_expires(b.contact, b.expires - now) for b in kept.values()]
        return response

    def _bind(
        self, kept: dict[str, Binding], contact: Address, request: Request, source: Source, now: float
    ) -> None:
        seconds = _expires(contact, request)
        key = _key(contact.uri)
        old = kept.get(key)
        number = request.cseq.sequence
        if old and old.call_id == request.call_id and number < old.cseq:
            raise PeerError("REGISTER out of order", status=500)  # section 10.3, step 7
        if seconds == 0:
            kept.pop(key, None)
        elif seconds < MIN_EXPIRES:
            raise PeerError("registration is too brief", status=423)
        else:
            until = now + min(seconds, MAX_EXPIRES)
            kept[key] = Binding(contact.uri, source, until, request.call_id, number)


def _expires(contact: Address, request: Request) -> int:
    text = contact.parameters.get("expires")
    if text is not None and text.isascii() and text.isdigit():
        return int(text)
    try:
        return DEFAULT_EXPIRES if request.expires is None else request.expires
    except ValueError:
        return DEFAULT_EXPIRES  # section 10.3 step 7: a malformed value counts as absent


def _with_expires(contact: URI, seconds: float) -> Address:
    return Address(contact, parameters=Parameters(expires=str(round(seconds))))


def _key(uri: URI) -> str:
    return f"{uri.user}@{uri.host}:{uri.port or 5060}"
