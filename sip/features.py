"""What a session can do beyond RFC 3261's bare INVITE: session timers (RFC 4028), UPDATE (RFC 3311), our own
re-INVITE, reliable provisional responses (RFC 3262), early dialogs of a forked INVITE.

`Session` asks its `Features` at a few fixed points; the work is done by one module each.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from sip.changes import Changes
from sip.effects import Change, Effect, Ended, Ending, Offered, Respond, SendRequest
from sip.errors import PeerError, StateError
from sip.forks import Forks
from sip.message import AnyMessage, Request, Response
from sip.options import SUPPORTED_HEADER, allows
from sip.reliable import Reliability, ReliableSender, acknowledge, is_reliable, is_wanted, rseq_of
from sip.session_messages import offer_of, renewed, sdp_of
from sip.session_table import Event, State
from sip.session_timer import Due, SessionTimer, TimerPolicy
from sip.transactions import Transaction

if TYPE_CHECKING:
    from sip.session import Session

EXPIRED: Final = 'SIP;cause=408;text="Session timer expired"'
"""The Reason of a BYE for a session that nobody refreshed (RFC 3326)."""
RETRY: Final = (("Retry-After", "2"),)
"""With a 500 for an offer that comes while another is open; 0 to 10 s (RFC 3311 section 5.2)."""


class Features:
    """The extensions of one session."""

    def __init__(self, session: Session, policy: TimerPolicy | None, allow: str) -> None:
        self._session = session
        self._allow = allow
        self.timer = SessionTimer(policy)
        self.forks = Forks(session.dialog)
        self.reliability = Reliability.REQUIRED
        self.reliable = ReliableSender(random.randint(1, 2**31 - 1))
        self.changes = Changes(
            session.dialog,
            self.timer,
            session.challenges.answer,
            self._dress_change,
            random.random,
            caller=session.state is State.IDLE,
        )
        self._updates = False
        self._held: bytes | None = None
        """The SDP of a 2xx that waits for a PRACK. Until then the INVITE can still be cancelled."""
        self._local_sdp = b""

    # -- the caller's INVITE ------------------------------------------------------------------------------

    def dress(self, request: Request) -> None:
        """What every INVITE and UPDATE of ours carries besides its SDP."""
        request.headers.set("Supported", SUPPORTED_HEADER)
        self.timer.ask(request)
        self.note_sdp(request)

    def _dress_change(self, request: Request) -> None:
        request.headers.set("Allow", self._allow)
        self._session.challenges.forget()
        self.dress(request)

    def note_sdp(self, message: AnyMessage) -> None:
        """Keeps our newest SDP: a refresh by re-INVITE repeats it (RFC 4028 section 7.4)."""
        self._local_sdp = message.body or self._local_sdp

    def with_longer_interval(self, invite: Request, response: Response) -> Request | None:
        """The INVITE once more if a 422 asked for a longer interval (RFC 4028 section 7.3)."""
        if not self.timer.too_small(response):
            return None
        again = renewed(invite, self._session.dialog)
        self.timer.ask(again)
        return again

    def hear(self, response: Response) -> tuple[list[Effect], bool]:
        """A provisional response: its PRACK, and whether it is to be processed at all."""
        early = self.forks.hear(response)
        self._note(response)
        effects: list[Effect] = []
        if early is not None and is_reliable(response):
            prack = acknowledge(early.dialog, response, early.rseq)
            if prack is None:
                return [], False
            early.rseq = rseq_of(response)
            effects.append(SendRequest(prack, early.hop))
        if early is not None and (description := sdp_of(response)) is not None:
            early.description = description
        return effects, True

    def accepted(self, response: Response, now: float) -> None:
        """The first 2xx of our INVITE."""
        self._note(response)
        self.timer.granted(response, now)

    def _note(self, message: AnyMessage) -> None:
        known = allows(message, "UPDATE")
        self._updates = self._updates if known is None else known

    # -- the callee's answers -----------------------------------------------------------------------------

    def begin(self, invite: Request) -> None:
        """An INVITE from the other side. Raises PeerError(422)."""
        self.timer.check(invite)
        self._note(invite)

    def provisional(self, effect: Respond, now: float) -> list[Effect]:
        """Sends a provisional response, reliably where it is to be (RFC 3262 section 3)."""
        request = effect.transaction.request
        if not is_wanted(request, effect.response, self.reliability):
            return [effect]
        if not request.body:
            return []  # the first reliable response would have to make the offer; the 2xx does (section 5)
        return [*self.reliable.send(effect, now)]

    def hold(self, body: bytes) -> bool:
        """Whether a 2xx must wait for a PRACK; it is then sent when that comes (RFC 3262 section 3)."""
        if self.reliable.holds_answer:
            self._held = body
            return True
        self.reliable.finish()
        return False

    def granting(self, effect: Respond, now: float) -> None:
        """A 2xx of ours to an INVITE or UPDATE is about to be sent."""
        self.timer.grant(effect.transaction.request, effect.response, now)
        self.note_sdp(effect.response)

    # -- within the dialog --------------------------------------------------------------------------------

    def change(self, change: Change, now: float) -> list[Effect]:
        """Sends a re-INVITE or UPDATE once it may; `Changed` tells. Raises StateError if not confirmed."""
        if self._session.state is not State.CONFIRMED:
            raise StateError(f"cannot change a session in state {self._session.state.value}")
        self.changes.want(change)
        return self.proceed(now)

    def proceed(self, now: float) -> list[Effect]:
        """Starts what waits, if the session is in the state for it."""
        session = self._session
        if session.state is not State.CONFIRMED or session._unacknowledged is not None:
            return []
        return self.changes.start(now)

    def receive_response(self, response: Response, now: float) -> list[Effect] | None:
        """None: it is no answer to a request of ours within the dialog."""
        if not self.changes.owns(response):
            return None
        self._note(response)
        return [*self.changes.receive(response, now), *self._ended("")]

    def timed_out(self, request: Request) -> list[Effect] | None:
        effects = self.changes.timed_out(request)
        return None if effects is None else [*effects, *self._ended("")]

    def _ended(self, reason: str) -> list[Effect]:
        why, self.changes.lost = self.changes.lost, ""
        if not why or self._session.state is not State.CONFIRMED:
            return []
        self._session._change(Event.HANGUP)
        return [SendRequest(self._session._bye(reason)), Ended(Ending.SILENCE, None, why)]

    def crossing(self, transaction: Transaction) -> Respond | None:
        """491 for an offer that crosses ours (RFC 3261 section 14.2, RFC 3311 section 5.2)."""
        pending = self.changes.pending
        invited = pending is not None and pending.method == "INVITE"
        if self.changes.offering or (invited and transaction.request.method == "INVITE"):
            return self._session._response(transaction, 491)
        return None

    def reinvite(self, transaction: Transaction) -> list[Effect]:
        """Their re-INVITE (RFC 3261 section 14.2). Raises PeerError."""
        session, request = self._session, transaction.request
        if session.state is not State.CONFIRMED or session._unacknowledged is not None:
            # An INVITE while the last one is not done: 500 with a Retry-After of 0 to 10 s.
            return [session._response(transaction, 500, headers=RETRY)]
        if crossing := self.crossing(transaction):
            return [crossing]
        self.timer.check(request)
        description = offer_of(request)
        session.dialog.refresh_target(request)
        self._note(request)
        return [Offered(transaction, description)]

    def update(self, transaction: Transaction, now: float) -> list[Effect]:
        """Their UPDATE (RFC 3311 section 5.2). Raises PeerError."""
        session, request = self._session, transaction.request
        self.timer.check(request)
        description = offer_of(request)
        if description is not None and (refusal := self._offer_refused(transaction)):
            return [refusal]
        self.forks.dialog_of(request).refresh_target(request)
        self._note(request)
        if description is not None:
            return [Offered(transaction, description)]
        effect = session._response(transaction, 200)
        if session.state is State.CONFIRMED:
            self.granting(effect, now)
        return [effect]

    def _offer_refused(self, transaction: Transaction) -> Respond | None:
        session = self._session
        if crossing := self.crossing(transaction):
            return crossing
        pending = session._unacknowledged
        if pending is not None and pending.offered:
            return session._response(transaction, 491)  # ours, in a 2xx, has no answer
        answered = session.state in (State.CONFIRMED, State.ANSWERED)
        if answered or (session.state is State.INCOMING and self.reliable.agreed):
            return None
        return session._response(transaction, 500, headers=RETRY)  # theirs has none

    def prack(self, transaction: Transaction, now: float) -> list[Effect]:
        """Their PRACK. Raises PeerError(481)."""
        session = self._session
        following = self.reliable.receive(transaction.request, now)
        try:
            offered = offer_of(transaction.request)
        except PeerError:
            offered = None  # it acknowledges all the same
        if offered is not None and session.state in (State.INCOMING, State.CONFIRMED):
            first: list[Effect] = [Offered(transaction, offered)]
        else:
            first = [session._response(transaction, 200)]
        effects: list[Effect] = [*first, *following]
        if self._held is not None and not self.reliable.holds_answer:
            held, self._held = self._held, None
            effects += session.answer(held, now)
        return effects

    # -- time ---------------------------------------------------------------------------------------------

    @property
    def deadline(self) -> float | None:
        if self._session.state is State.ENDED:
            return None
        each = (self.timer.deadline, self.reliable.deadline, self.changes.deadline)
        return min((when for when in each if when is not None), default=None)

    def tick(self, now: float) -> list[Effect]:
        if self._session.state is State.ENDED:
            return []
        repeated = self.reliable.tick(now)
        if repeated is None:
            return self._unheard()
        effects: list[Effect] = [*repeated]
        match self.timer.tick(now):
            case Due.EXPIRED:
                self.changes.lost = "session timer expired"
                return [*effects, *self._ended(EXPIRED)]
            case Due.REFRESH if not self.changes.refreshing:
                self.changes.want(self._refresh())
        return [*effects, *self.proceed(now)]

    def _unheard(self) -> list[Effect]:
        # RFC 3262 section 3: no PRACK within 64·T1, and the INVITE is refused with a 5xx.
        self._session._change(Event.REJECT)
        return [self._session._respond_invite(500), Ended(Ending.SILENCE, 500, "no PRACK came")]

    def _refresh(self) -> Change:
        # RFC 4028 section 7.4 prefers UPDATE, which leaves the media alone.
        if self._updates:
            return Change("UPDATE", refresh=True, last=self._local_sdp)
        return Change("INVITE", self._local_sdp, refresh=True)
