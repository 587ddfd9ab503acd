"""INVITE sessions as caller (UAC) and callee (UAS), as one table of states (RFC 3261 sections 9, 13, 14, 15).

Nothing here does I/O: what happens comes in with `now` (monotonic seconds), what is to be done goes out as a
list of effects.
"""

from __future__ import annotations

from typing import Final

from sip.challenges import Challenges
from sip.dialog import Dialog
from sip.digest import DigestClient
from sip.dtmf_info import KINDS, pressed
from sip.effects import (
    Accepted,
    Confirmed,
    Effect,
    Ended,
    Ending,
    Offered,
    Pressed,
    Progress,
    Referred,
    Respond,
    SendAck,
    SendCancel,
    SendRequest,
)
from sip.errors import StateError
from sip.features import Features
from sip.message import Request, Response, respond, tag_of
from sip.options import SUPPORTED_HEADER
from sip.refer import read_refer
from sip.sdp import CONTENT_TYPE
from sip.session_messages import ack_of, cancel_of, offer_of, put_sdp, renewed, sdp_of
from sip.session_table import TABLE, Event, State
from sip.session_timer import TimerPolicy
from sip.subscription import Referrals
from sip.transactions import Transaction
from sip.unacknowledged import Unacknowledged

__all__ = ["ALLOW", "CAPABILITIES", "TABLE", "Event", "Session", "State", "cancel_of", "offer_of", "renewed"]

ALLOW: Final = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, REFER, REGISTER, UPDATE"
CAPABILITIES: Final = (
    ("Allow", ALLOW),
    ("Accept", ", ".join((CONTENT_TYPE, *KINDS))),
    ("Supported", SUPPORTED_HEADER),
)
"""What we can do, as an OPTIONS is answered (section 11.2)."""
RING_AGAIN: Final = 60.0
"""Seconds after which a provisional response is sent again, so that no proxy gives up (section 13.3.1.1)."""


class Session:
    """One INVITE session. `state` changes by TABLE only; an event it does not know raises StateError."""

    def __init__(
        self,
        dialog: Dialog,
        state: State,
        digest: DigestClient | None = None,
        timer: TimerPolicy | None = None,
    ) -> None:
        self.dialog = dialog
        self.state = state
        self.referrals = Referrals(dialog)
        self.challenges = Challenges(dialog, digest)
        self._invite: Request | None = None
        self._invite_transaction: Transaction | None = None
        self._ack: Request | None = None
        self._unacknowledged: Unacknowledged | None = None
        self._ringing: tuple[float, Respond] | None = None
        self._reason = ""
        self.features = Features(self, timer, ALLOW)

    @property
    def initial(self) -> Request | None:
        """The INVITE that began the session, as received or as last sent."""
        return self._invite

    @property
    def given_up(self) -> bool:
        """Whether our INVITE is, or is to be, cancelled, or the session is over."""
        return self.state in (State.CANCEL_WANTED, State.CANCELLING, State.ENDED)

    @classmethod
    def outgoing(
        cls, dialog: Dialog, digest: DigestClient | None = None, timer: TimerPolicy | None = None
    ) -> Session:
        return cls(dialog, State.IDLE, digest, timer)

    @classmethod
    def incoming(cls, dialog: Dialog, transaction: Transaction, timer: TimerPolicy | None = None) -> Session:
        """Raises PeerError(422) for a session interval that is too small (RFC 4028 section 9)."""
        session = cls(dialog, State.INCOMING, None, timer)
        session.features.begin(transaction.request)
        session._invite_transaction = transaction
        session._invite = transaction.request
        return session

    # -- what we do ---------------------------------------------------------------------------------------

    def invite(self, body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> list[Effect]:
        """Sends the INVITE with `body` as offer."""
        self._change(Event.INVITE)
        request = self.dialog.request("INVITE")
        put_sdp(request, body)
        request.headers.set("Allow", ALLOW)
        self.features.dress(request)
        for name, value in headers:
            request.headers.add(name, value)
        self._invite = request
        return [SendRequest(request)]

    def cancel(self, reason: str = "") -> list[Effect]:
        """Gives up an INVITE that has no final answer yet. `reason` is a Reason header (RFC 3326)."""
        was = self.state
        self._change(Event.CANCEL)
        self._reason = reason
        return self._cancel_now() if was is State.EARLY else []

    def provisional(self, code: int, body: bytes = b"", now: float | None = None) -> list[Effect]:
        """Answers 101 to 199: we ring, or early media flows. Repeated every minute where `now` is given."""
        if self.state is not State.INCOMING or not 100 < code < 200:
            raise StateError(f"cannot send {code} in state {self.state.value}")
        effect = self._respond_invite(code, body)
        self._ringing = None if now is None else (now + RING_AGAIN, effect)
        return self.features.provisional(effect, now or 0.0)

    def answer(self, body: bytes, now: float) -> list[Effect]:
        """Accepts the call with `body` as SDP, and repeats the 2xx until its ACK comes."""
        if self.state is State.INCOMING and self.features.hold(body):
            return []  # once more when the PRACK has come (RFC 3262 section 3)
        self._change(Event.ANSWER)
        effect = self._respond_invite(200, body)
        self._await_ack(effect, now)
        return [effect]

    def reject(self, code: int, reason: str | None = None) -> list[Effect]:
        self._change(Event.REJECT)
        return [self._respond_invite(code, reason=reason), Ended(Ending.US, code)]

    def hangup(self, reason: str = "") -> list[Effect]:
        """Ends the session whatever its state: CANCEL, refusal or BYE. Does nothing once it has ended.

        `reason` is a Reason header (RFC 3326), such as `SIP;cause=200;text="Call completed elsewhere"`.
        """
        match self.state:
            case State.CALLING | State.EARLY:
                return self.cancel(reason)
            case State.INCOMING:
                return self.reject(480)
            case State.CONFIRMED:
                self._change(Event.HANGUP)
                return [*self.referrals.last_words(), SendRequest(self._bye(reason)), Ended(Ending.US)]
            case State.ANSWERED:
                self._change(Event.HANGUP)
                self._reason = reason
                return []
            case _:
                return []

    def answer_offer(self, offered: Offered, body: bytes, now: float) -> list[Effect]:
        """Answers a re-INVITE, or an offer in an UPDATE or PRACK."""
        effect = self._response(offered.transaction, 200, body)
        match offered.transaction.request.method:
            case "INVITE":
                self._await_ack(effect, now)
            case "UPDATE":
                self.features.granting(effect, now)
        return [effect]

    def refuse_offer(self, offered: Offered, code: int) -> list[Effect]:
        """Refuses a re-INVITE; the session stays as it was (section 14.2)."""
        return [self._response(offered.transaction, code)]

    # -- what they do -------------------------------------------------------------------------------------

    def receive_response(
        self, response: Response, now: float = 0.0, request: Request | None = None
    ) -> list[Effect]:
        """A response to `request`, one of this session's."""
        method = response.cseq.method
        if (effects := self.features.receive_response(response, now)) is not None:
            return effects
        if again := self.challenges.within(request, response):
            self.referrals.repeated(response.cseq.sequence, again.cseq.sequence)
            return [SendRequest(again)]
        if method == "NOTIFY":
            return self.referrals.notified(response.cseq.sequence, response.code)
        if method != "INVITE" or self._invite is None:
            return []  # to a BYE or CANCEL: nothing depends on it
        if response.code < 200:
            return self._provisional(response)
        if response.code < 300:
            return self._accepted(response, now)
        return self._refused(response)

    def timed_out(self, request: Request) -> list[Effect]:
        """A request got no answer at all (treated as a 408, section 8.1.3.1)."""
        if (effects := self.features.timed_out(request)) is not None:
            return effects
        if request.method == "NOTIFY":
            return self.referrals.notified(request.cseq.sequence, None)
        if request.method != "INVITE" or (self.state, Event.REFUSED) not in TABLE:
            return []
        cancelled = self.state is State.CANCELLING
        self._change(Event.REFUSED)
        if cancelled:  # section 9.1: 64·T1 after the CANCEL the INVITE counts as cancelled
            return [Ended(Ending.US, 487, "no answer after the CANCEL")]
        return [Ended(Ending.SILENCE, 408, "no answer from the other side")]

    def receive_ack(self, ack: Request) -> list[Effect]:
        """The ACK of a 2xx of ours; any other is ignored."""
        pending = self._unacknowledged
        if pending is None or ack.cseq.sequence != pending.transaction.request.cseq.sequence:
            return []
        self._unacknowledged = None
        answer = sdp_of(ack) if pending.offered else None
        if self.state is State.HANGUP_WANTED:
            self._change(Event.ACKED)
            return [SendRequest(self._bye(self._reason)), Ended(Ending.US)]
        if self.state is not State.ANSWERED:
            return [Confirmed(answer)] if answer else []  # of a re-INVITE
        self._change(Event.ACKED)
        if pending.offered and answer is None:
            # Section 13.2.1: an offer in the 2xx must be answered in the ACK.
            self._change(Event.HANGUP)
            return [SendRequest(self._bye("")), Ended(Ending.THEM, None, "the ACK had no usable SDP")]
        return [Confirmed(answer)]

    def receive_cancel(self, reason: str = "") -> list[Effect]:
        """A CANCEL that matched our INVITE transaction; the CANCEL itself is answered by the agent."""
        if self.state is not State.INCOMING:
            return []  # it crossed our final answer: BYE will follow (section 9.2)
        self._change(Event.CANCELLED)
        return [self._respond_invite(487), Ended(Ending.THEM, 487, reason)]

    def receive_request(self, transaction: Transaction, now: float = 0.0) -> list[Effect]:
        """A request within the dialog. Raises PeerError for one out of order."""
        request = transaction.request
        if self.state is State.ENDED and not (request.method == "SUBSCRIBE" and self.referrals.active):
            return [self._response(transaction, 481)]
        self.features.forks.dialog_of(request).receive(request)
        match request.method:
            case "UPDATE":
                return self.features.update(transaction, now)
            case "PRACK":
                return self.features.prack(transaction, now)
            case "BYE" if (self.state, Event.BYE) not in TABLE:
                # A callee must not send one in an early dialog (section 15): the INVITE goes on.
                return [self._response(transaction, 481)]
            case "BYE":
                return self._bye_received(transaction)
            case "INVITE":
                return self.features.reinvite(transaction)
            case "INFO" if press := pressed(request):
                return [self._response(transaction, 200), Pressed(*press)]
            case "INFO" if request.body:  # of a kind that we do not know (RFC 6086 section 4.2.2)
                return [self._response(transaction, 415, headers=(("Accept", ", ".join(KINDS)),))]
            case "INFO" | "OPTIONS":
                return [self._response(transaction, 200, headers=CAPABILITIES)]
            case "REFER":
                return self._referred(transaction)
            case "SUBSCRIBE":
                return self.referrals.subscribe(transaction)
            case _:
                return [self._response(transaction, 405, headers=(("Allow", ALLOW),))]

    @property
    def deadline(self) -> float | None:
        """When `tick` is wanted next, in monotonic seconds."""
        each = (self._own_deadline, self.features.deadline)
        return min((when for when in each if when is not None), default=None)

    @property
    def _own_deadline(self) -> float | None:
        if pending := self._unacknowledged:
            return pending.deadline
        if self._ringing and self.state is State.INCOMING:
            return self._ringing[0]
        return None

    def tick(self, now: float) -> list[Effect]:
        """Does what is due: a response again, BYE because no ACK came, or what the features want."""
        deadline = self._own_deadline
        if deadline is None or now < deadline:
            return self.features.tick(now)
        if (pending := self._unacknowledged) is None:
            assert self._ringing is not None
            self._ringing = (now + RING_AGAIN, self._ringing[1])
            return [self._ringing[1]]
        if pending.repeat(now):
            return [pending.effect]
        self._unacknowledged = None
        self._change(Event.NO_ACK)
        return [SendRequest(self._bye(self._reason)), Ended(Ending.SILENCE, None, "no ACK came")]

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
        acknowledged, heard = self.features.hear(response)
        if was is State.CANCEL_WANTED:
            return [*acknowledged, *self._cancel_now()]
        if response.code == 100 or was is State.CANCELLING or not heard:
            return acknowledged
        tag = tag_of(response.to_address) or ""
        return [*acknowledged, Progress(response.code, sdp_of(response), tag)]

    def _accepted(self, response: Response, now: float) -> list[Effect]:
        tag = tag_of(response.to_address)
        if self._ack is not None:
            if tag == self.dialog.remote_tag:
                return [SendAck(self._ack)]  # their 2xx again: our ACK was lost
            return self._release_fork(response)
        was = self.state
        if (was, Event.ACCEPTED) not in TABLE:
            return self._release_fork(response)
        early = self.features.forks.choose(response)
        self.features.accepted(response, now)
        self._change(Event.ACCEPTED)
        self.challenges.forget()
        assert self._invite is not None
        self._ack = ack_of(self.dialog, self._invite)
        description = sdp_of(response)
        if not response.body and early is not None:
            description = early.description  # it should be here again (section 13.2.1), and often is not
        if was in (State.CANCEL_WANTED, State.CANCELLING):
            return [SendAck(self._ack), SendRequest(self._bye("")), Ended(Ending.US, 487)]
        if description is None:
            self._change(Event.HANGUP)
            bye = SendRequest(self._bye(""))
            return [SendAck(self._ack), bye, Ended(Ending.THEM, 488, "the 2xx had no usable SDP")]
        return [SendAck(self._ack), Accepted(description)]

    def _release_fork(self, response: Response) -> list[Effect]:
        # Another branch of a forked INVITE answered as well: confirm it and end it (section 13.2.2.4).
        other = self.features.forks.other(response)
        hop = other.next_hop()
        assert self._invite is not None
        return [SendAck(ack_of(other, self._invite), hop), SendRequest(other.request("BYE"), hop)]

    def _refused(self, response: Response) -> list[Effect]:
        if (self.state, Event.REFUSED) not in TABLE:
            return []
        if self.state in (State.CALLING, State.EARLY) and (again := self._once_more(response)):
            return [SendRequest(again)]
        cancelled = self.state in (State.CANCEL_WANTED, State.CANCELLING)
        self._change(Event.REFUSED)
        return [Ended(Ending.US if cancelled else Ending.THEM, response.code, response.phrase)]

    def _once_more(self, response: Response) -> Request | None:
        # The INVITE again: with credentials, or with the session interval that a 422 asks for.
        assert self._invite is not None
        challenged = response.code in (401, 407)
        answer = self.challenges.answer if challenged else self.features.with_longer_interval
        if again := answer(self._invite, response):
            self.features.forks.forget()
            self._invite, self.state = again, State.CALLING
        return again

    def _cancel_now(self) -> list[Effect]:
        assert self._invite is not None
        cancel = cancel_of(self._invite)
        if self._reason:
            cancel.headers.set("Reason", self._reason)
        return [SendCancel(cancel, self._invite)]

    def _bye_received(self, transaction: Transaction) -> list[Effect]:
        effects: list[Effect] = [self._response(transaction, 200)]
        code = None
        if self.state is State.INCOMING:
            # Section 15.1.2: requests that are pending are answered 487.
            effects.append(self._respond_invite(487))
            code = 487
        self._unacknowledged = None
        self._change(Event.BYE)
        return [*effects, Ended(Ending.THEM, code, transaction.request.headers.get("Reason") or "")]

    def _referred(self, transaction: Transaction) -> list[Effect]:
        if self.state is not State.CONFIRMED or self.referrals.active:
            # The same rule as for a re-INVITE: one at a time, and not before the call stands.
            return [self._response(transaction, 491, headers=(("Retry-After", "2"),))]
        refer = read_refer(transaction.request)
        self.dialog.refresh_target(transaction.request)
        return [Referred(transaction, refer)]

    def _await_ack(self, effect: Respond, now: float) -> None:
        self.features.granting(effect, now)
        self._unacknowledged = Unacknowledged(effect, now)

    def _bye(self, reason: str) -> Request:
        bye = self.dialog.request("BYE")
        if reason:
            bye.headers.set("Reason", reason)  # RFC 3326
        return bye

    def _respond_invite(self, code: int, body: bytes = b"", reason: str | None = None) -> Respond:
        assert self._invite_transaction is not None
        return self._response(self._invite_transaction, code, body, reason)

    def _response(
        self,
        transaction: Transaction,
        code: int,
        body: bytes = b"",
        reason: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> Respond:
        response = respond(transaction.request, code, reason, to_tag=self.dialog.local_tag)
        for name, value in headers:
            response.headers.set(name, value)
        if transaction.request.method == "INVITE" and 100 < code < 300:
            # Section 12.1.1: letter for letter, in the same order.
            if routes := transaction.request.headers.getlist("Record-Route"):
                response.headers.setlist("Record-Route", list(routes))
            response.contact = [self.dialog.contact]
            response.headers.set("Allow", ALLOW)
        if transaction.request.method in ("INVITE", "UPDATE") and 100 < code < 300:
            response.headers.set("Supported", SUPPORTED_HEADER)
        put_sdp(response, body)
        return Respond(transaction, response)
