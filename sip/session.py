"""INVITE sessions as caller (UAC) and callee (UAS), as one table of states (RFC 3261 sections 9, 13, 14, 15).

Nothing here does I/O: what happens comes in with `now` (monotonic seconds), what is to be done goes out as a
list of effects.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from enum import Enum
from typing import Final

from sip.dialog import Dialog
from sip.digest import DigestClient
from sip.effects import (
    Accepted,
    Confirmed,
    Effect,
    Ended,
    Ending,
    Offered,
    Progress,
    Respond,
    SendAck,
    SendCancel,
    SendRequest,
)
from sip.errors import PeerError, StateError
from sip.message import Request, Response, respond, tag_of
from sip.sdp import CONTENT_TYPE, Description
from sip.transactions import T1, T2, Transaction

ALLOW: Final = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REGISTER"


class State(Enum):
    IDLE = "idle"
    CALLING = "calling"  # UAC: INVITE sent, nothing heard
    EARLY = "early"  # UAC: a provisional response came
    CANCEL_WANTED = "cancel wanted"  # UAC: CANCEL must wait for a provisional response (section 9.1)
    CANCELLING = "cancelling"  # UAC: CANCEL sent, final response awaited
    INCOMING = "incoming"  # UAS: INVITE received
    ANSWERED = "answered"  # UAS: 2xx sent, ACK awaited
    HANGUP_WANTED = "hang-up wanted"  # UAS: BYE must wait for the ACK (section 15)
    CONFIRMED = "confirmed"
    ENDED = "ended"


class Event(Enum):
    INVITE = "send INVITE"
    PROVISIONAL = "receive 1xx"
    ACCEPTED = "receive 2xx"
    REFUSED = "receive 3xx to 6xx"
    CANCEL = "give up"
    CANCELLED = "receive CANCEL"
    ANSWER = "send 2xx"
    REJECT = "send 3xx to 6xx"
    ACKED = "receive ACK"
    NO_ACK = "no ACK came"
    HANGUP = "hang up"
    BYE = "receive BYE"


S, E = State, Event

TABLE: Final = {
    (S.IDLE, E.INVITE): S.CALLING,
    (S.CALLING, E.PROVISIONAL): S.EARLY,
    (S.EARLY, E.PROVISIONAL): S.EARLY,
    (S.CANCEL_WANTED, E.PROVISIONAL): S.CANCELLING,
    (S.CANCELLING, E.PROVISIONAL): S.CANCELLING,
    (S.CALLING, E.ACCEPTED): S.CONFIRMED,
    (S.EARLY, E.ACCEPTED): S.CONFIRMED,
    (S.CANCEL_WANTED, E.ACCEPTED): S.ENDED,  # the 2xx crossed our wish: ACK, then BYE
    (S.CANCELLING, E.ACCEPTED): S.ENDED,
    (S.CALLING, E.REFUSED): S.ENDED,
    (S.EARLY, E.REFUSED): S.ENDED,
    (S.CANCEL_WANTED, E.REFUSED): S.ENDED,
    (S.CANCELLING, E.REFUSED): S.ENDED,
    (S.CALLING, E.CANCEL): S.CANCEL_WANTED,
    (S.EARLY, E.CANCEL): S.CANCELLING,
    (S.INCOMING, E.ANSWER): S.ANSWERED,
    (S.INCOMING, E.REJECT): S.ENDED,
    (S.INCOMING, E.CANCELLED): S.ENDED,
    (S.INCOMING, E.BYE): S.ENDED,
    (S.ANSWERED, E.ACKED): S.CONFIRMED,
    (S.ANSWERED, E.BYE): S.ENDED,
    (S.ANSWERED, E.HANGUP): S.HANGUP_WANTED,
    (S.ANSWERED, E.NO_ACK): S.ENDED,
    (S.HANGUP_WANTED, E.ACKED): S.ENDED,
    (S.HANGUP_WANTED, E.BYE): S.ENDED,
    (S.HANGUP_WANTED, E.NO_ACK): S.ENDED,
    (S.CONFIRMED, E.HANGUP): S.ENDED,
    (S.CONFIRMED, E.BYE): S.ENDED,
    (S.CONFIRMED, E.NO_ACK): S.ENDED,  # of a re-INVITE's 2xx
}


@dataclass(slots=True)
class _Unacknowledged:
    """A 2xx of ours that is repeated until its ACK comes (section 13.3.1.4)."""

    transaction: Transaction
    response: Response
    give_up: float
    again: float
    interval: float = T1


class Session:
    """One INVITE session. `state` changes by TABLE only; an event it does not know raises StateError."""

    def __init__(self, dialog: Dialog, state: State, digest: DigestClient | None = None) -> None:
        self.dialog = dialog
        self.state = state
        self._digest = digest
        self._invite: Request | None = None
        self._invite_transaction: Transaction | None = None
        self._early_tag = ""
        self._ack: Request | None = None
        self._unacknowledged: _Unacknowledged | None = None

    @property
    def initial(self) -> Request | None:
        """The INVITE that began the session, as received or as last sent."""
        return self._invite

    @classmethod
    def outgoing(cls, dialog: Dialog, digest: DigestClient | None = None) -> Session:
        return cls(dialog, State.IDLE, digest)

    @classmethod
    def incoming(cls, dialog: Dialog, transaction: Transaction) -> Session:
        session = cls(dialog, State.INCOMING)
        session._invite_transaction = transaction
        session._invite = transaction.request
        return session

    # -- what we do ---------------------------------------------------------------------------------------

    def invite(self, body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> list[Effect]:
        """Sends the INVITE with `body` as offer."""
        self._change(Event.INVITE)
        request = self.dialog.request("INVITE")
        _put_sdp(request, body)
        request.headers.set("Allow", ALLOW)
        for name, value in headers:
            request.headers.add(name, value)
        self._invite = request
        return [SendRequest(request)]

    def cancel(self) -> list[Effect]:
        """Gives up an INVITE that has no final answer yet."""
        was = self.state
        self._change(Event.CANCEL)
        return self._cancel_now() if was is State.EARLY else []

    def provisional(self, code: int, body: bytes = b"") -> list[Effect]:
        """Answers 101 to 199: we ring, or early media flows."""
        if self.state is not State.INCOMING:
            raise StateError(f"cannot send {code} in state {self.state.value}")
        return [self._respond_invite(code, body)]

    def answer(self, body: bytes, now: float) -> list[Effect]:
        """Accepts the call with `body` as SDP, and repeats the 2xx until its ACK comes."""
        self._change(Event.ANSWER)
        effect = self._respond_invite(200, body)
        self._await_ack(effect, now)
        return [effect]

    def reject(self, code: int, reason: str | None = None) -> list[Effect]:
        self._change(Event.REJECT)
        return [self._respond_invite(code, reason=reason), Ended(Ending.US, code)]

    def hangup(self, reason: str = "") -> list[Effect]:
        """Ends the session whatever its state: CANCEL, refusal or BYE. Does nothing once it has ended."""
        match self.state:
            case State.CALLING | State.EARLY:
                return self.cancel()
            case State.INCOMING:
                return self.reject(480)
            case State.CONFIRMED:
                self._change(Event.HANGUP)
                return [SendRequest(self._bye(reason)), Ended(Ending.US)]
            case State.ANSWERED:
                self._change(Event.HANGUP)
                return []
            case _:
                return []

    def answer_offer(self, offered: Offered, body: bytes, now: float) -> list[Effect]:
        """Answers a re-INVITE."""
        effect = self._response(offered.transaction, 200, body)
        self._await_ack(effect, now)
        return [effect]

    def refuse_offer(self, offered: Offered, code: int) -> list[Effect]:
        """Refuses a re-INVITE; the session stays as it was (section 14.2)."""
        return [self._response(offered.transaction, code)]

    # -- what they do -------------------------------------------------------------------------------------

    def receive_response(self, response: Response) -> list[Effect]:
        """A response to a request of this session."""
        method = response.cseq.method
        if method != "INVITE" or self._invite is None:
            return []  # to a BYE or CANCEL: nothing depends on it
        if response.code < 200:
            return self._provisional(response)
        if response.code < 300:
            return self._accepted(response)
        return self._refused(response)

    def timed_out(self, request: Request) -> list[Effect]:
        """A request got no answer at all (treated as a 408, section 8.1.3.1)."""
        if request.method == "INVITE" and self.state is not State.ENDED:
            self._change(Event.REFUSED)
            return [Ended(Ending.SILENCE, 408, "no answer from the other side")]
        return []

    def receive_ack(self, ack: Request) -> list[Effect]:
        pending = self._unacknowledged
        if pending is None or ack.cseq.sequence != pending.transaction.request.cseq.sequence:
            return []
        self._unacknowledged = None
        if self.state is State.HANGUP_WANTED:
            self._change(Event.ACKED)
            return [SendRequest(self._bye("")), Ended(Ending.US)]
        if self.state is State.ANSWERED:
            self._change(Event.ACKED)
            return [Confirmed()]
        return []

    def receive_cancel(self) -> list[Effect]:
        """A CANCEL that matched our INVITE transaction; the CANCEL itself is answered by the agent."""
        if self.state is not State.INCOMING:
            return []  # it crossed our final answer: BYE will follow (section 9.2)
        self._change(Event.CANCELLED)
        return [self._respond_invite(487), Ended(Ending.THEM, 487)]

    def receive_request(self, transaction: Transaction) -> list[Effect]:
        """A request within the dialog. Raises PeerError for one out of order."""
        request = transaction.request
        if self.state is State.ENDED:
            return [self._response(transaction, 481)]
        self.dialog.receive(request)
        match request.method:
            case "BYE":
                return self._bye_received(transaction)
            case "INVITE":
                return self._reinvite(transaction)
            case "OPTIONS":
                return [self._response(transaction, 200)]
            case "INFO":
                # Only packages that both know carry meaning; others are refused (RFC 6086 section 4.2.2).
                return [self._response(transaction, 415 if request.body else 200)]
            case _:
                response = self._response(transaction, 405)
                response.response.headers.set("Allow", ALLOW)
                return [response]

    @property
    def deadline(self) -> float | None:
        """When `tick` is wanted next, in monotonic seconds."""
        pending = self._unacknowledged
        return min(pending.again, pending.give_up) if pending else None

    def tick(self, now: float) -> list[Effect]:
        pending = self._unacknowledged
        if pending is None:
            return []
        if now >= pending.give_up:
            self._unacknowledged = None
            self._change(Event.NO_ACK)
            return [SendRequest(self._bye("")), Ended(Ending.SILENCE, None, "no ACK came")]
        if now >= pending.again:
            pending.interval = min(pending.interval * 2, T2)
            pending.again += pending.interval
            return [Respond(pending.transaction, pending.response)]
        return []

    # -- inside -------------------------------------------------------------------------------------------

    def _change(self, event: Event) -> None:
        try:
            self.state = TABLE[self.state, event]
        except KeyError:
            raise StateError(f"session: cannot {event.value} in state {self.state.value}") from None

    def _provisional(self, response: Response) -> list[Effect]:
        if (self.state, Event.PROVISIONAL) not in TABLE:
            return []  # it was overtaken by a final response
        was = self.state
        self._change(Event.PROVISIONAL)
        self._early_tag = tag_of(response.to_address) or self._early_tag
        if was is State.CANCEL_WANTED:
            return self._cancel_now()
        if response.code == 100 or was is State.CANCELLING:
            return []
        return [Progress(response.code, _sdp_of(response))]

    def _accepted(self, response: Response) -> list[Effect]:
        tag = tag_of(response.to_address)
        if self._ack is not None:
            if tag == self.dialog.remote_tag:
                return [SendAck(self._ack)]  # their 2xx again: our ACK was lost
            return self._release_fork(response)
        was = self.state
        if (was, Event.ACCEPTED) not in TABLE:
            return self._release_fork(response)
        self.dialog.confirm(response)
        self._change(Event.ACCEPTED)
        self._ack = self.dialog.request("ACK", cseq=response.cseq.sequence)
        description = _sdp_of(response)
        if was in (State.CANCEL_WANTED, State.CANCELLING):
            return [SendAck(self._ack), SendRequest(self._bye("")), Ended(Ending.US, 487)]
        if description is None:
            self._change(Event.HANGUP)
            bye = SendRequest(self._bye(""))
            return [SendAck(self._ack), bye, Ended(Ending.THEM, 488, "the 2xx had no usable SDP")]
        return [SendAck(self._ack), Accepted(description)]

    def _release_fork(self, response: Response) -> list[Effect]:
        # Another branch of a forked INVITE answered as well: confirm it and end it (section 13.2.2.4).
        other = copy.copy(self.dialog)
        other.confirm(response)
        other.local_cseq = response.cseq.sequence
        ack = other.request("ACK", cseq=response.cseq.sequence)
        return [SendAck(ack), SendRequest(other.request("BYE"))]

    def _refused(self, response: Response) -> list[Effect]:
        if (self.state, Event.REFUSED) not in TABLE:
            return []
        challenged = response.code in (401, 407) and self.state in (State.CALLING, State.EARLY)
        if challenged and (again := self._authenticated(response)):
            return [SendRequest(again)]
        cancelled = self.state in (State.CANCEL_WANTED, State.CANCELLING)
        self._change(Event.REFUSED)
        return [Ended(Ending.US if cancelled else Ending.THEM, response.code, response.phrase)]

    def _authenticated(self, challenge: Response) -> Request | None:
        assert self._invite is not None
        if self._digest is None:
            return None
        again = renewed(self._invite, self.dialog)
        try:
            if not self._digest.answer(again, challenge):
                return None
        except PeerError:
            return None  # a challenge of a kind we do not know is a refusal like any other
        self._invite = again
        self.state = State.CALLING
        return again

    def _cancel_now(self) -> list[Effect]:
        assert self._invite is not None
        return [SendCancel(cancel_of(self._invite), self._invite)]

    def _bye_received(self, transaction: Transaction) -> list[Effect]:
        effects: list[Effect] = [self._response(transaction, 200)]
        if self.state is State.INCOMING:
            effects.append(self._respond_invite(487))
        self._unacknowledged = None
        self._change(Event.BYE)
        reason = transaction.request.headers.get("Reason", "") or ""
        return [*effects, Ended(Ending.THEM, None, reason)]

    def _reinvite(self, transaction: Transaction) -> list[Effect]:
        if self.state is not State.CONFIRMED or self._unacknowledged is not None:
            # Section 14.2: an INVITE while the last one is not done; 500 with a Retry-After of 0 to 10 s.
            busy = self._response(transaction, 500)
            busy.response.headers.set("Retry-After", "2")
            return [busy]
        self.dialog.refresh_target(transaction.request)
        request = transaction.request
        try:
            description = Description.parse(request.body) if request.body else None
        except PeerError as error:
            return [self._response(transaction, error.status)]
        return [Offered(transaction, description)]

    def _await_ack(self, effect: Respond, now: float) -> None:
        self._unacknowledged = _Unacknowledged(
            effect.transaction, effect.response, give_up=now + 64 * T1, again=now + T1
        )

    def _bye(self, reason: str) -> Request:
        bye = self.dialog.request("BYE")
        if reason:
            bye.headers.set("Reason", reason)  # RFC 3326
        return bye

    def _respond_invite(self, code: int, body: bytes = b"", reason: str | None = None) -> Respond:
        assert self._invite_transaction is not None
        return self._response(self._invite_transaction, code, body, reason)

    def _response(
        self, transaction: Transaction, code: int, body: bytes = b"", reason: str | None = None
    ) -> Respond:
        response = respond(transaction.request, code, reason, to_tag=self.dialog.local_tag)
        if transaction.request.method == "INVITE" and 100 < code < 300:
            response.headers.setlist("Record-Route", transaction.request.headers.getlist("Record-Route"))
            response.contact = [self.dialog.contact]
            response.headers.set("Allow", ALLOW)
        _put_sdp(response, body)
        return Respond(transaction, response)


def _put_sdp(message: Request | Response, body: bytes) -> None:
    if body:
        message.headers.set("Content-Type", CONTENT_TYPE)
        message.body = body


def _sdp_of(response: Response) -> Description | None:
    if not response.body:
        return None
    try:
        return Description.parse(response.body)
    except PeerError:
        return None


def cancel_of(invite: Request) -> Request:
    """The CANCEL of an INVITE: same branch, same route, same number (section 9.1)."""
    cancel = Request("CANCEL", invite.uri)
    cancel.headers.set("Via", str(invite.via[0]))
    cancel.headers.set("Max-Forwards", "70")
    for name in ("From", "To", "Call-ID"):
        cancel.headers.set(name, invite.headers[name])
    cancel.headers.set("CSeq", f"{invite.cseq.sequence} CANCEL")
    cancel.headers.setlist("Route", list(invite.headers.getlist("Route")))
    return cancel


def renewed(request: Request, dialog: Dialog) -> Request:
    """The same request with a new branch and the dialog's next number, as for a challenge (section 22.2)."""
    again = Request(request.method, request.uri, request.body)
    for name in request.headers.keys():  # noqa: SIM118 - sipmessage's Headers is not iterable
        again.headers.setlist(name, list(request.headers.getlist(name)))
    again.via = [dialog.local.via()]
    dialog.local_cseq += 1
    again.headers.set("CSeq", f"{dialog.local_cseq} {request.method}")
    return again
