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
        self.deadline: float | None = 0.0
        self._local = local
        self._digest = DigestClient(account.credentials)
        self._call_id = new_call_id()
        self._tag = new_tag()
        self._cseq = 0
        self._failures = 0
        self._expires = account.expires

    def tick(self, now: float) -> Request | None:
        """The REGISTER that is due, or None."""
        if self.deadline is None or now < self.deadline or self.state is TrunkState.STOPPED:
            return None
        self.deadline = None
        if self.state is TrunkState.UNREGISTERED:
            self.state = TrunkState.TRYING
        return self._request(self._expires)

    def stop(self) -> Request | None:
        """The REGISTER that takes our contact away, if there is one to take."""
        was, self.state, self.deadline = self.state, TrunkState.STOPPED, None
        return self._request(0) if was is TrunkState.REGISTERED else None

    def receive(self, request: Request, response: Response, now: float) -> Request | None:
        """A final response to `request`. Returns the request to send at once, if any."""
        if self.state is TrunkState.STOPPED or response.code < 200:
            return None
        if response.code in (401, 407):
            return self._authenticate(request, response, now)
        if response.code < 300:
            self._registered(response, now)
            return None
        if response.code == 423 and (longer := _min_expires(response)) > self._expires:
            self._expires = longer  # section 10.2.8
            return self._request(longer)
        state = TrunkState.REFUSED if response.code in (403, 404) else TrunkState.UNREACHABLE
        self._failed(state, f"{response.code} {response.phrase}", now)
        return None

    def timed_out(self, now: float) -> None:
        """The carrier did not answer."""
        if self.state is not TrunkState.STOPPED:
            self._failed(TrunkState.UNREACHABLE, "no answer", now)

    def _authenticate(self, request: Request, response: Response, now: float) -> Request | None:
        again = self._request(self._expires)
        sent = request.headers.get("Authorization") or request.headers.get("Proxy-Authorization")
        if sent:  # the client must see that it has tried
            name = "Authorization" if request.headers.get("Authorization") else "Proxy-Authorization"
            again.headers.set(name, sent)
        try:
            if self._digest.answer(again, response):
                return again
        except PeerError as error:
            self._failed(TrunkState.REFUSED, str(error), now)
            return None
        self._failed(TrunkState.REFUSED, "wrong user name or password", now)
        return None

    def _registered(self, response: Response, now: float) -> None:
        self.state, self.why, self._failures = TrunkState.REGISTERED, "", 0
        self.deadline = now + REFRESH_AT * self._granted(response)

    def _granted(self, response: Response) -> int:
        for contact in response.contact:
            uri, text = contact.uri, contact.parameters.get("expires") or ""
            ours = uri.host == self._local.host and (uri.port or 5060) == self._local.port
            if ours and text.isdigit():
                return int(text)
        return response.expires or self._expires

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


def _min_expires(response: Response) -> int:
    try:
        return response.min_expires or 0
    except ValueError:
        return 0
