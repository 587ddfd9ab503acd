"""Our registration at a carrier, as a state machine without I/O (RFC 3261 section 10.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from sip.dialog import LocalSide
from sip.digest import Credentials, DigestClient
from sip.errors import PeerError
from sip.message import URI, Address, CSeq, Request, Response, new_call_id, new_tag

REFRESH_AT: Final = 0.5
"""Share of the granted time after which we register again: half leaves time for several tries."""
BACK_OFF: Final = (5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds before the next try, after the first failure, the second, …; the last one repeats."""
SHORTEST: Final = 10.0
"""Seconds between two refreshes at least, however little a carrier grants."""
MAX_CHALLENGES: Final = 3
"""Challenges answered in a row; a carrier that calls every nonce stale must not keep us busy."""
REFUSED_BACK_OFF: Final = 300.0
"""Seconds after a wrong password: asking more often locks accounts."""


class TrunkState(Enum):
    UNREGISTERED = "unregistered"
    TRYING = "trying"
    REGISTERED = "registered"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Account:
    """What a carrier gave us: `registrar` is where to register, `expires` what we ask for, in seconds."""

    registrar: URI
    credentials: Credentials
    expires: int = 300

    @property
    def address_of_record(self) -> URI:
        return URI("sip", self.registrar.host, user=self.credentials.username)


class Registration:
    """Keeps one registration alive. Call `tick` at `deadline`; send the request that comes out."""

    def __init__(self, account: Account, local: LocalSide) -> None:
        self.account = account
        self.state = TrunkState.UNREGISTERED
        self.why = ""
        """In words, for the admin: why it is not registered."""
        self.service_route: tuple[Address, ...] = ()
        """The way on which requests of this account are to go out (RFC 3608), as the newest 2xx said."""
        self.deadline: float | None = 0.0
        self._local = local
        self._digest = DigestClient(account.credentials)
        self._call_id = new_call_id()
        self._tag = new_tag()
        self._cseq = 0
        self._failures = 0
        self._expires = account.expires
        self._challenges = 0

    def tick(self, now: float) -> Request | None:
        """The REGISTER that is due, or None."""
        if self.deadline is None or now < self.deadline or self.state is TrunkState.STOPPED:
            return None
        self.deadline = None
        self._challenges = 0
        if self.state is TrunkState.UNREGISTERED:
            self.state = TrunkState.TRYING
        return self._request(self._expires)

    def stop(self) -> Request | None:
        """The REGISTER that takes our contact away, if there may be one to take."""
        was, self.state, self.deadline = self.state, TrunkState.STOPPED, None
        self._challenges = 0
        return self._request(0) if was in (TrunkState.REGISTERED, TrunkState.TRYING) else None

    def receive(self, request: Request, response: Response, now: float) -> Request | None:
        """A final response to `request`. Returns the request to send at once, if any."""
        if response.code < 200:
            return None
        if self.state is TrunkState.STOPPED:
            # Most carriers challenge the removal as well; nothing else matters any more.
            removal = response.code in (401, 407) and _number(request.headers.get("Expires")) == 0
            return self._authenticated(request, response) if removal else None
        if response.code in (401, 407):
            return self._challenged(request, response, now)
        if response.code < 300:
            self._registered(response, now)
            return None
        longer = _number(response.headers.get("Min-Expires"))
        if response.code == 423 and longer is not None and longer > self._expires:
            self._expires = longer  # section 10.2.8
            return self._request(longer)
        state = TrunkState.REFUSED if response.code in (403, 404) else TrunkState.UNREACHABLE
        self._failed(state, f"{response.code} {response.phrase}", now)
        return None

    def timed_out(self, now: float) -> None:
        """The carrier did not answer."""
        if self.state is not TrunkState.STOPPED:
            self._failed(TrunkState.UNREACHABLE, "no answer", now)

    def _challenged(self, request: Request, response: Response, now: float) -> Request | None:
        try:
            again = self._authenticated(request, response)
        except PeerError as error:
            self._failed(TrunkState.REFUSED, str(error), now)
            return None
        if again is None:
            self._failed(TrunkState.REFUSED, "wrong user name or password", now)
        return again

    def _authenticated(self, request: Request, response: Response) -> Request | None:
        self._challenges += 1
        if self._challenges > MAX_CHALLENGES:
            return None
        again = self._request(_number(request.headers.get("Expires")) or 0)
        for name in ("Authorization", "Proxy-Authorization"):  # the client must see that it has tried
            if sent := request.headers.get(name):
                again.headers.set(name, sent)
        return again if self._digest.answer(again, response) else None

    def _registered(self, response: Response, now: float) -> None:
        self.state, self.why, self._failures = TrunkState.REGISTERED, "", 0
        self.service_route = _service_route(response)
        self.deadline = now + max(SHORTEST, REFRESH_AT * self._granted(response))

    def _granted(self, response: Response) -> int:
        """Seconds (section 10.2.4): our contact's own, else the header's, else what we asked for."""
        try:
            contacts = response.contact
        except ValueError:
            contacts = []  # somebody's contact that we cannot read; the header may still tell
        ours = [contact for contact in contacts if self._is_ours(contact)]
        if not ours and len(contacts) == 1:
            ours = contacts  # ours, as the carrier sees it from outside a NAT
        granted = _number(ours[0].parameters.get("expires")) if ours else None
        if granted is None:
            granted = _number(response.headers.get("Expires"))
        return self._expires if granted is None else granted

    def _is_ours(self, contact: Address) -> bool:
        uri = contact.uri
        return uri.host == self._local.host and (uri.port or 5060) == self._local.port

    def _failed(self, state: TrunkState, why: str, now: float) -> None:
        self.state, self.why = state, why
        wait = BACK_OFF[min(self._failures, len(BACK_OFF) - 1)]
        if state is TrunkState.REFUSED:
            wait = max(wait, REFUSED_BACK_OFF)
        self._failures += 1
        self.deadline = now + wait

    def _request(self, expires: int) -> Request:
        self._cseq += 1
        address = self.account.address_of_record
        request = Request("REGISTER", self.account.registrar)
        request.via = [self._local.via()]
        request.headers.set("Max-Forwards", "70")
        request.from_address = Address(address, parameters=Address(address).parameters.replace(tag=self._tag))
        request.to_address = Address(address)
        request.call_id = self._call_id
        request.cseq = CSeq(self._cseq, "REGISTER")
        request.contact = [self._local.contact(self.account.credentials.username)]
        request.expires = expires
        return request


def _service_route(response: Response) -> tuple[Address, ...]:
    # RFC 3608 section 6.1: each 2xx replaces what was known, and without the header there is none.
    try:
        lines = response.headers.getlist("Service-Route")
        return tuple(hop for line in lines for hop in Address.parse_many(line) if hop.uri.is_sip)
    except ValueError:
        return ()  # one that cannot be read leads nowhere; the registrar's own address does


def _number(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None
