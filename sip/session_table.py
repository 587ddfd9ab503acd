"""The states of an INVITE session as one table, `(state, event) → next state`; the rest is an error."""

from __future__ import annotations

from enum import Enum
from typing import Final


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
