"""What a REFER's sender is told: the subscription that comes with it (RFC 3515 section 2.4, RFC 6665).

active ──final──► finished
  │ lost, unsubscribe
  ▼
gone  ──final──► finished       the sender no longer listens: nothing is sent
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from sip.dialog import Dialog
from sip.effects import Effect, Referred, Respond, SendRequest, TransferTold
from sip.errors import PeerError, StateError
from sip.message import respond
from sip.refer import SIPFRAG, sipfrag
from sip.transactions import Transaction

EXPIRES: Final = 300
"""Seconds that each NOTIFY prolongs the subscription by: longer than any target is left ringing."""


class State(Enum):
    ACTIVE = "active"
    GONE = "gone"  # they unsubscribed, or a NOTIFY found nobody
    FINISHED = "finished"  # the last NOTIFY is sent


class Event(Enum):
    PROGRESS = "notify of 1xx"
    FINAL = "notify of a final status"
    UNSUBSCRIBE = "receive SUBSCRIBE with Expires: 0"
    LOST = "a NOTIFY was refused or not answered"


S, E = State, Event

TABLE: Final = {
    (S.ACTIVE, E.PROGRESS): S.ACTIVE,
    (S.ACTIVE, E.FINAL): S.FINISHED,
    (S.ACTIVE, E.UNSUBSCRIBE): S.GONE,
    (S.ACTIVE, E.LOST): S.GONE,
    (S.GONE, E.PROGRESS): S.GONE,
    (S.GONE, E.FINAL): S.FINISHED,
    (S.GONE, E.LOST): S.GONE,
    (S.FINISHED, E.LOST): S.FINISHED,
}


@dataclass(slots=True)
class _Subscription:
    state: State
    event: str
    status: int = 100
    """The newest status there is to tell."""
    pending: int | None = None
    """CSeq of the NOTIFY whose answer is awaited: the next one waits, lest it overtake this one."""
    waiting: bool = False

    def change(self, event: Event) -> None:
        try:
            self.state = TABLE[self.state, event]
        except KeyError:
            raise StateError(f"transfer: cannot {event.value} when {self.state.value}") from None


class Referrals:
    """The REFERs that were received in one dialog, one at a time. Outlives the call's BYE (RFC 5057)."""

    def __init__(self, dialog: Dialog) -> None:
        self._dialog = dialog
        self._current: _Subscription | None = None
        self._received = 0

    @property
    def active(self) -> bool:
        """A REFER was accepted and its final status is not yet told."""
        return self._current is not None and self._current.state is not State.FINISHED

    def answer(self, referred: Referred, status: int) -> list[Effect]:
        """Accepts a REFER (202) and begins to notify, or refuses it."""
        effect = self._response(referred.transaction, status)
        if status != 202:
            return [effect]
        self._received += 1
        wanted = referred.refer.subscribed
        # Section 2.4.6: from the second REFER in a dialog on, the event names its CSeq.
        number = f";id={referred.transaction.request.cseq.sequence}" if self._received > 1 else ""
        state = State.ACTIVE if wanted else State.GONE
        self._current = _Subscription(state, f"refer{number}")
        if not wanted:
            effect.response.headers.set("Refer-Sub", "false")  # RFC 4488 section 4
            return [effect]
        return [effect, *self._notify(self._current)]

    def notify(self, status: int) -> list[Effect]:
        """Tells what became of the newest REFER: 100 to 199 while it lasts, then one final status.

        Raises StateError where no REFER was accepted, or its final status is told already.
        """
        current = self._current
        if current is None:
            raise StateError("no REFER was accepted")
        listening = current.state is State.ACTIVE
        current.change(Event.PROGRESS if status < 200 else Event.FINAL)
        current.status = status
        if not listening:
            return [TransferTold()] if status >= 200 else []
        return self._notify(current)

    def notified(self, sequence: int, code: int | None) -> list[Effect]:
        """The answer to the NOTIFY with that CSeq; None: there was none."""
        current = self._current
        if current is None or sequence != current.pending or (code is not None and code < 200):
            return []
        current.pending = None
        if code is None or code >= 300:
            current.change(Event.LOST)  # RFC 6665 section 4.2.2
        elif current.waiting:
            return self._notify(current)
        return [TransferTold()] if current.state is State.FINISHED else []

    def repeated(self, sequence: int, again: int) -> None:
        """The request of that CSeq was challenged and went out again, with another one."""
        if self._current is not None and self._current.pending == sequence:
            self._current.pending = again

    def last_words(self) -> list[Effect]:
        """A final status that waits for an answer still, to be sent before our BYE: most telephones forget
        their REFER with the call, though it need not end then (RFC 5057)."""
        current = self._current
        if current is None or not current.waiting or current.state is not State.FINISHED:
            return []
        current.pending = None
        return self._notify(current)

    def subscribe(self, transaction: Transaction) -> list[Effect]:
        """A SUBSCRIBE in the dialog: prolongs the subscription or ends it. Raises PeerError."""
        request, current = transaction.request, self._current
        event = (request.headers.get("Event") or "").replace(" ", "").lower()
        if event.partition(";")[0] != "refer":
            raise PeerError("unknown event", status=489, reason="Bad Event")
        if current is None or current.state is not State.ACTIVE:
            raise PeerError("no such subscription", status=481)
        ends = (request.headers.get("Expires") or "").strip() == "0"
        effect = self._response(transaction, 200)
        effect.response.headers.set("Expires", "0" if ends else str(EXPIRES))
        if ends:
            current.change(Event.UNSUBSCRIBE)
        return [effect, *self._notify(current)]

    def _notify(self, current: _Subscription) -> list[Effect]:
        current.waiting = current.pending is not None
        if current.waiting:
            return []
        notify = self._dialog.request("NOTIFY")
        notify.headers.set("Event", current.event)
        notify.headers.set("Subscription-State", _SUBSCRIPTION_STATES[current.state])
        notify.headers.set("Content-Type", SIPFRAG)
        notify.body = sipfrag(current.status)
        current.pending = notify.cseq.sequence
        return [SendRequest(notify)]

    def _response(self, transaction: Transaction, code: int) -> Respond:
        response = respond(transaction.request, code, to_tag=self._dialog.local_tag)
        if code < 300:
            response.contact = [self._dialog.contact]  # RFC 3515 section 2.2: it refreshes the target
        return Respond(transaction, response)


_SUBSCRIPTION_STATES: Final = {
    State.ACTIVE: f"active;expires={EXPIRES}",
    State.GONE: "terminated;reason=timeout",
    State.FINISHED: "terminated;reason=noresource",
}
