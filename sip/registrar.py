"""A registrar's bindings (RFC 3261 section 10.3), as values. No I/O; `now` is monotonic seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sip.errors import PeerError
from sip.hop import Hop
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
    path: tuple[Address, ...] = ()
    """The proxies on the way to it, in the order in which a request passes them (RFC 3327)."""

    @property
    def flow(self) -> Source | None:
        """Where to send instead of the contact's own address, or None.

        A contact that names another host than the packets come from stands behind a NAT (section 5 of RFC
        5626 tells of the same problem). Another port alone is a phone that sends and listens on two ports.
        A phone with a connection is reached over that connection.
        """
        if self.path:
            return None  # the first proxy on the path knows the way
        if isinstance(self.source, Hop):
            return self.source
        return self.source if self.contact.host.strip("[]") != self.source[0] else None

    @property
    def lasts(self) -> bool:
        """Whether it can be reached without the connection that it came by, if it came by one.

        A phone that names the very host it connects from may listen there, over TCP. Behind a NAT, over a
        WebSocket, or with TLS, where it would have to show a certificate, it opens the connection itself.
        """
        if self.path or not isinstance(self.source, Hop):
            return True
        named = (self.contact.parameters.get("transport") or "").upper()
        here = self.contact.host.strip("[]") == self.source[0] and self.contact.scheme == "sip"
        return here and named == self.source.transport == "TCP"


@dataclass(frozen=True, slots=True)
class SavedBinding:
    """A binding as it outlives a restart: text and numbers, and how many `seconds` it has left."""

    user: str
    contact: str
    source: Source
    seconds: float
    call_id: str
    cseq: int
    path: tuple[str, ...] = ()


class Registrar:
    """Bindings by user name. What comes in has been authenticated."""

    def __init__(self) -> None:
        self._bindings: dict[str, dict[str, Binding]] = {}
        self._flows: dict[int, set[str]] = {}
        """Who registered over a connection, by its number."""

    def __len__(self) -> int:
        """Bindings kept, those included that have expired and not been looked at since."""
        return sum(map(len, self._bindings.values()))

    def lookup(self, user: str, now: float) -> list[Binding]:
        """The user's bindings that have not expired, newest first."""
        bindings = self._bindings.get(user, {})
        live = [binding for binding in bindings.values() if binding.expires > now]
        return sorted(live, key=lambda binding: binding.expires, reverse=True)

    def users(self, now: float) -> list[str]:
        """Everybody who can be reached now."""
        return [user for user in self._bindings if self.lookup(user, now)]

    def dump(self, user: str, now: float) -> list[SavedBinding]:
        """The user's live bindings, to be kept over a restart."""
        return [
            SavedBinding(
                user,
                str(binding.contact),
                (binding.source[0], binding.source[1]),
                binding.expires - now,
                binding.call_id,
                binding.cseq,
                tuple(str(hop) for hop in binding.path),
            )
            for binding in self.lookup(user, now)
            if binding.lasts  # else its connection ends with us, and it registers again
        ]

    def lost(self, connection: int) -> list[str]:
        """A connection has ended: who can be reached by nothing else is not registered any more (RFC 5626
        section 5.3.1 forgets a flow that failed). Returns the users that lost a binding."""
        return [user for user in self._flows.pop(connection, ()) if self._forget_flow(user, connection)]

    def _forget_flow(self, user: str, connection: int) -> bool:
        bindings = self._bindings.get(user, {})
        gone = [key for key, binding in bindings.items() if _hangs_on(binding, connection)]
        for key in gone:
            del bindings[key]
        if gone and not bindings:
            del self._bindings[user]
        return bool(gone)

    def load(self, saved: SavedBinding, now: float) -> None:
        """Takes back what `dump` gave. Raises ValueError where it cannot be read."""
        contact = URI.parse(saved.contact)
        path = tuple(Address.parse(hop) for hop in saved.path)
        until = now + min(saved.seconds, MAX_EXPIRES)
        if saved.seconds > 0 and contact.is_sip:
            binding = Binding(contact, saved.source, until, saved.call_id, saved.cseq, path)
            self._bindings.setdefault(saved.user, {})[_key(contact)] = binding

    def register(self, user: str, request: Request, source: Source, now: float) -> Response:
        """Does what a REGISTER asks and answers it. Raises PeerError where it cannot be done."""
        known = {key: b for key, b in self._bindings.get(user, {}).items() if b.expires > now}
        kept = dict(known)
        # Section 10.3, steps 6 to 8: all of it is done, or none.
        if [line.strip() for line in request.headers.getlist("Contact")] == ["*"]:
            _check_all_removed(request, known)
            kept = {}
        else:
            for contact in _contacts(request):
                self._bind(known, kept, contact, request, source, now)
        if len(kept) > MAX_CONTACTS:
            raise PeerError("too many contacts", status=403)
        self._bindings[user] = kept
        if isinstance(source, Hop):
            self._flows.setdefault(source.connection, set()).add(user)
        if not kept:
            del self._bindings[user]
        response = respond(request, 200)
        response.contact = [_with_expires(b.contact, b.expires - now) for b in kept.values()]
        response.headers.setlist("Path", list(request.headers.getlist("Path")))  # RFC 3327 section 5.3
        return response

    def _bind(
        self,
        known: dict[str, Binding],
        kept: dict[str, Binding],
        contact: Address,
        request: Request,
        source: Source,
        now: float,
    ) -> None:
        seconds = _expires(contact, request)
        key = _key(contact.uri)
        _check_order(known.get(key), request)
        if seconds == 0:
            kept.pop(key, None)
        elif seconds < MIN_EXPIRES:
            # Section 10.3 step 7: the answer must say what is long enough.
            least = (("Min-Expires", str(MIN_EXPIRES)),)
            raise PeerError("registration is too brief", status=423, headers=least)
        else:
            until = now + min(seconds, MAX_EXPIRES)
            kept[key] = Binding(
                contact.uri, source, until, request.call_id, request.cseq.sequence, _path(request)
            )


def _hangs_on(binding: Binding, connection: int) -> bool:
    source = binding.source
    return isinstance(source, Hop) and source.connection == connection and not binding.lasts


def _contacts(request: Request) -> list[Address]:
    try:
        contacts = request.contact
    except ValueError as error:
        raise PeerError(f"bad Contact: {error}") from None
    if not all(contact.uri.is_sip for contact in contacts):
        raise PeerError("a Contact that is no SIP URI")
    return contacts


def _path(request: Request) -> tuple[Address, ...]:
    try:
        path = [hop for line in request.headers.getlist("Path") for hop in Address.parse_many(line)]
    except ValueError as error:
        raise PeerError(f"bad Path: {error}") from None
    if not all(hop.uri.is_sip for hop in path):
        raise PeerError("a Path that is no SIP URI")
    return tuple(path)


def _check_all_removed(request: Request, known: dict[str, Binding]) -> None:
    if (request.headers.get("Expires") or "").strip() != "0":
        raise PeerError("Contact * needs Expires 0")  # step 6
    for binding in known.values():
        _check_order(binding, request)


def _check_order(old: Binding | None, request: Request) -> None:
    # Step 7. An equal number is let through: some phones never count, and a repeated packet ends below.
    if old and old.call_id == request.call_id and request.cseq.sequence < old.cseq:
        raise PeerError("REGISTER out of order", status=500)


def _expires(contact: Address, request: Request) -> int:
    for text in (contact.parameters.get("expires"), request.headers.get("Expires")):
        if text is not None and text.isascii() and text.isdigit() and len(text) <= 10:
            return int(text)
    return DEFAULT_EXPIRES  # section 10.3 step 7: a malformed value counts as absent


def _with_expires(contact: URI, seconds: float) -> Address:
    return Address(contact, parameters=Parameters(expires=str(round(seconds))))


def _key(uri: URI) -> str:
    return f"{uri.user}@{uri.host.lower()}:{uri.port or 5060}"
