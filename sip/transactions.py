"""The four transaction machines of RFC 3261 section 17, with RFC 6026's Accepted states, as tables.

A machine is `(state, event) → Step(next state, actions)`. An event that the RFC has ignored is an empty
Step; one that has no entry is a StateError and changes nothing. Timers are data: when they first fire, how
they grow. Nothing here knows a socket or a clock: `now` is monotonic seconds and is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from sip.errors import StateError
from sip.hop import Hop
from sip.message import AnyMessage, Request, Response, encode

T1: Final = 0.5
"""Seconds: the round-trip estimate (RFC 3261 section 17.1.1.1)."""
T2: Final = 4.0
"""Seconds: the longest interval between retransmissions."""
T4: Final = 5.0
"""Seconds: how long a message can stay in the network."""


class State(Enum):
    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    TERMINATED = "terminated"


class Event(Enum):
    START = "start"
    REQUEST = "the same request again"
    ACK = "ACK"
    RECEIVE_1XX = "receive 1xx"
    RECEIVE_2XX = "receive 2xx"
    RECEIVE_FINAL = "receive 3xx to 6xx"
    SEND_1XX = "send 1xx"
    SEND_2XX = "send 2xx"
    SEND_FINAL = "send 3xx to 6xx"
    CANCEL = "we cancel it"
    RETRANSMIT = "retransmission timer"
    TIMEOUT = "time-out timer"
    LINGER = "linger timer"
    LOST = "the connection is lost"


class Action(Enum):
    SEND = "send the request or the newest response"
    SEND_ACK = "send the ACK of a refusal"
    DELIVER = "give it to the user"
    TELL_TIMEOUT = "tell the user that nobody answered"
    START_RETRANSMIT = "start the retransmission timer"
    STOP_RETRANSMIT = "stop the retransmission timer"
    START_SLOW_RETRANSMIT = "start the retransmission timer with T2"
    START_TIMEOUT = "start the time-out timer"
    STOP_TIMEOUT = "stop the time-out timer"
    START_LINGER = "start the linger timer"


class Kind(Enum):
    INVITE_CLIENT = "INVITE client"
    CLIENT = "client"
    INVITE_SERVER = "INVITE server"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Step:
    to: State
    do: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Timers:
    """Seconds. `cap` bounds the doubling of the retransmission interval (infinity: timer A).

    `first` is that interval's start; None: nothing is sent twice.
    """

    cap: float
    timeout: float
    linger: dict[State, float]
    first: float | None = T1


S, E, A = State, Event, Action

INVITE_CLIENT: Final = {  # RFC 3261 figure 5 and RFC 6026 figure 1; timers A, B, D, M
    (S.CALLING, E.START): Step(S.CALLING, (A.SEND, A.START_RETRANSMIT, A.START_TIMEOUT)),
    (S.CALLING, E.RETRANSMIT): Step(S.CALLING, (A.SEND, A.START_RETRANSMIT)),
    (S.CALLING, E.TIMEOUT): Step(S.TERMINATED, (A.TELL_TIMEOUT,)),
    (S.CALLING, E.LOST): Step(S.TERMINATED, (A.TELL_TIMEOUT,)),  # section 17.1.4
    (S.CALLING, E.RECEIVE_1XX): Step(S.PROCEEDING, (A.STOP_RETRANSMIT, A.STOP_TIMEOUT, A.DELIVER)),
    (S.CALLING, E.RECEIVE_2XX): Step(
        S.ACCEPTED, (A.STOP_RETRANSMIT, A.STOP_TIMEOUT, A.DELIVER, A.START_LINGER)
    ),
    (S.CALLING, E.RECEIVE_FINAL): Step(
        S.COMPLETED, (A.STOP_RETRANSMIT, A.STOP_TIMEOUT, A.SEND_ACK, A.DELIVER, A.START_LINGER)
    ),
    (S.PROCEEDING, E.RECEIVE_1XX): Step(S.PROCEEDING, (A.DELIVER,)),
    (S.PROCEEDING, E.RECEIVE_2XX): Step(S.ACCEPTED, (A.STOP_TIMEOUT, A.DELIVER, A.START_LINGER)),
    (S.PROCEEDING, E.RECEIVE_FINAL): Step(
        S.COMPLETED, (A.STOP_TIMEOUT, A.SEND_ACK, A.DELIVER, A.START_LINGER)
    ),
    # Section 9.1: no final response 64·T1 after the CANCEL, and the INVITE counts as cancelled.
    (S.CALLING, E.CANCEL): Step(S.CALLING),
    (S.PROCEEDING, E.CANCEL): Step(S.PROCEEDING, (A.START_TIMEOUT,)),
    (S.PROCEEDING, E.TIMEOUT): Step(S.TERMINATED, (A.TELL_TIMEOUT,)),
    (S.ACCEPTED, E.CANCEL): Step(S.ACCEPTED),
    (S.COMPLETED, E.CANCEL): Step(S.COMPLETED),
    (S.ACCEPTED, E.RECEIVE_1XX): Step(S.ACCEPTED),
    (S.ACCEPTED, E.RECEIVE_2XX): Step(S.ACCEPTED, (A.DELIVER,)),
    (S.ACCEPTED, E.RECEIVE_FINAL): Step(S.ACCEPTED),
    (S.ACCEPTED, E.LINGER): Step(S.TERMINATED),
    (S.COMPLETED, E.RECEIVE_1XX): Step(S.COMPLETED),
    (S.COMPLETED, E.RECEIVE_2XX): Step(S.COMPLETED),
    (S.COMPLETED, E.RECEIVE_FINAL): Step(S.COMPLETED, (A.SEND_ACK,)),
    (S.COMPLETED, E.LINGER): Step(S.TERMINATED),
}

_FINISH = Step(S.COMPLETED, (A.STOP_RETRANSMIT, A.STOP_TIMEOUT, A.DELIVER, A.START_LINGER))

CLIENT: Final = {  # RFC 3261 figure 6; timers E, F, K
    (S.TRYING, E.START): Step(S.TRYING, (A.SEND, A.START_RETRANSMIT, A.START_TIMEOUT)),
    (S.TRYING, E.RETRANSMIT): Step(S.TRYING, (A.SEND, A.START_RETRANSMIT)),
    (S.TRYING, E.TIMEOUT): Step(S.TERMINATED, (A.STOP_RETRANSMIT, A.TELL_TIMEOUT)),
    (S.TRYING, E.LOST): Step(S.TERMINATED, (A.TELL_TIMEOUT,)),
    (S.TRYING, E.RECEIVE_1XX): Step(S.PROCEEDING, (A.DELIVER,)),  # timer E runs on; T2 when it fires
    (S.TRYING, E.RECEIVE_2XX): _FINISH,
    (S.TRYING, E.RECEIVE_FINAL): _FINISH,
    (S.PROCEEDING, E.RETRANSMIT): Step(S.PROCEEDING, (A.SEND, A.START_SLOW_RETRANSMIT)),
    (S.PROCEEDING, E.TIMEOUT): Step(S.TERMINATED, (A.STOP_RETRANSMIT, A.TELL_TIMEOUT)),
    (S.PROCEEDING, E.RECEIVE_1XX): Step(S.PROCEEDING, (A.DELIVER,)),
    (S.PROCEEDING, E.RECEIVE_2XX): _FINISH,
    (S.PROCEEDING, E.RECEIVE_FINAL): _FINISH,
    (S.COMPLETED, E.RECEIVE_1XX): Step(S.COMPLETED),
    (S.COMPLETED, E.RECEIVE_2XX): Step(S.COMPLETED),
    (S.COMPLETED, E.RECEIVE_FINAL): Step(S.COMPLETED),
    (S.COMPLETED, E.LINGER): Step(S.TERMINATED),
}

INVITE_SERVER: Final = {  # RFC 3261 figure 7 and RFC 6026 figure 2; timers G, H, I, L
    (S.PROCEEDING, E.START): Step(S.PROCEEDING, (A.DELIVER,)),
    (S.PROCEEDING, E.REQUEST): Step(S.PROCEEDING, (A.SEND,)),
    (S.PROCEEDING, E.SEND_1XX): Step(S.PROCEEDING, (A.SEND,)),
    (S.PROCEEDING, E.SEND_2XX): Step(S.ACCEPTED, (A.SEND, A.START_LINGER)),
    (S.PROCEEDING, E.SEND_FINAL): Step(S.COMPLETED, (A.SEND, A.START_RETRANSMIT, A.START_TIMEOUT)),
    (S.PROCEEDING, E.ACK): Step(S.PROCEEDING),
    # The 2xx is retransmitted by the session until its ACK; a repeated INVITE gets it again at once.
    (S.ACCEPTED, E.REQUEST): Step(S.ACCEPTED, (A.SEND,)),
    (S.ACCEPTED, E.SEND_2XX): Step(S.ACCEPTED, (A.SEND,)),
    (S.ACCEPTED, E.ACK): Step(S.ACCEPTED, (A.DELIVER,)),
    (S.ACCEPTED, E.LINGER): Step(S.TERMINATED),
    (S.COMPLETED, E.REQUEST): Step(S.COMPLETED, (A.SEND,)),
    (S.COMPLETED, E.RETRANSMIT): Step(S.COMPLETED, (A.SEND, A.START_RETRANSMIT)),
    (S.COMPLETED, E.TIMEOUT): Step(S.TERMINATED, (A.STOP_RETRANSMIT,)),
    (S.COMPLETED, E.ACK): Step(S.CONFIRMED, (A.STOP_RETRANSMIT, A.STOP_TIMEOUT, A.START_LINGER)),
    (S.CONFIRMED, E.REQUEST): Step(S.CONFIRMED),
    (S.CONFIRMED, E.ACK): Step(S.CONFIRMED),
    (S.CONFIRMED, E.LINGER): Step(S.TERMINATED),
}

SERVER: Final = {  # RFC 3261 figure 8; timer J
    (S.TRYING, E.START): Step(S.TRYING, (A.DELIVER,)),
    (S.TRYING, E.REQUEST): Step(S.TRYING),
    (S.TRYING, E.SEND_1XX): Step(S.PROCEEDING, (A.SEND,)),
    (S.TRYING, E.SEND_2XX): Step(S.COMPLETED, (A.SEND, A.START_LINGER)),
    (S.TRYING, E.SEND_FINAL): Step(S.COMPLETED, (A.SEND, A.START_LINGER)),
    (S.PROCEEDING, E.REQUEST): Step(S.PROCEEDING, (A.SEND,)),
    (S.PROCEEDING, E.SEND_1XX): Step(S.PROCEEDING, (A.SEND,)),
    (S.PROCEEDING, E.SEND_2XX): Step(S.COMPLETED, (A.SEND, A.START_LINGER)),
    (S.PROCEEDING, E.SEND_FINAL): Step(S.COMPLETED, (A.SEND, A.START_LINGER)),
    (S.COMPLETED, E.REQUEST): Step(S.COMPLETED, (A.SEND,)),
    (S.COMPLETED, E.LINGER): Step(S.TERMINATED),
}

TABLES: Final = {
    Kind.INVITE_CLIENT: INVITE_CLIENT,
    Kind.CLIENT: CLIENT,
    Kind.INVITE_SERVER: INVITE_SERVER,
    Kind.SERVER: SERVER,
}
START: Final = {
    Kind.INVITE_CLIENT: S.CALLING,
    Kind.CLIENT: S.TRYING,
    Kind.INVITE_SERVER: S.PROCEEDING,
    Kind.SERVER: S.TRYING,
}
TIMERS: Final = {  # of an unreliable transport (RFC 3261 table 4)
    Kind.INVITE_CLIENT: Timers(float("inf"), 64 * T1, {S.COMPLETED: 32.0, S.ACCEPTED: 64 * T1}),
    Kind.CLIENT: Timers(T2, 64 * T1, {S.COMPLETED: T4}),
    Kind.INVITE_SERVER: Timers(T2, 64 * T1, {S.CONFIRMED: T4, S.ACCEPTED: 64 * T1}),
    Kind.SERVER: Timers(T2, 64 * T1, {S.COMPLETED: 64 * T1}),
}
RELIABLE_TIMERS: Final = {  # the same table's column for TCP and its like: timers D, I, J, K are zero
    Kind.INVITE_CLIENT: Timers(float("inf"), 64 * T1, {S.COMPLETED: 0.0, S.ACCEPTED: 64 * T1}, None),
    Kind.CLIENT: Timers(T2, 64 * T1, {S.COMPLETED: 0.0}, None),
    Kind.INVITE_SERVER: Timers(T2, 64 * T1, {S.CONFIRMED: 0.0, S.ACCEPTED: 64 * T1}, None),
    Kind.SERVER: Timers(T2, 64 * T1, {S.COMPLETED: 0.0}, None),
}

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Send:
    """Effect: put these bytes on the wire."""

    data: bytes
    to: Address


@dataclass(frozen=True, slots=True)
class Deliver:
    """Effect: a message for the transaction's user."""

    transaction: Transaction
    message: AnyMessage


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Effect: the request got no answer (RFC 3261 section 8.1.3.1: treat it as a 408)."""

    transaction: Transaction


Effect = Send | Deliver | TimedOut


class Transaction:
    """One machine at work. `handle` and `tick` return effects; `deadline` says when to call `tick` next."""

    def __init__(
        self,
        kind: Kind,
        request: Request,
        to: Address,
        key: tuple[str, ...],
        source: Address | None = None,
    ) -> None:
        self.kind = kind
        self.request = request
        self.to = to
        self.source = source or to
        """Where a server transaction's request came from; `to` is where its responses go."""
        self.key = key
        self.state = START[kind]
        self.owner: object | None = None
        self.scheduled: float | None = None
        """When the layer will look at the timers next."""
        self._table = TABLES[kind]
        # A Hop is what is reached over a connection; UDP's addresses are plain.
        self._timers = (RELIABLE_TIMERS if isinstance(to, Hop) else TIMERS)[kind]
        self._interval = self._timers.first or T1
        self._deadlines: dict[Event, float] = {}
        self._wire = encode(request) if kind in (Kind.INVITE_CLIENT, Kind.CLIENT) else b""

    @property
    def deadline(self) -> float | None:
        """Monotonic seconds of the next timer, or None."""
        return min(self._deadlines.values()) if self._deadlines else None

    @property
    def terminated(self) -> bool:
        return self.state is S.TERMINATED

    def start(self, now: float) -> list[Effect]:
        return self.handle(Event.START, now, self.request)

    def receive(self, message: AnyMessage, now: float) -> list[Effect]:
        """A message that the layer matched to this transaction."""
        if isinstance(message, Request):
            return self.handle(Event.ACK if message.method == "ACK" else Event.REQUEST, now, message)
        return self.handle(_class(message.code, E.RECEIVE_1XX, E.RECEIVE_2XX, E.RECEIVE_FINAL), now, message)

    def respond(self, response: Response, now: float) -> list[Effect]:
        """Our answer. Raises StateError if a final one was given already."""
        event = _class(response.code, E.SEND_1XX, E.SEND_2XX, E.SEND_FINAL)
        if (self.state, event) not in self._table:
            raise StateError(
                f"{self.kind.value} transaction: cannot {event.value} in state {self.state.value}"
            )
        self._wire = encode(response)
        return self.handle(event, now, response)

    def cancel(self, now: float) -> list[Effect]:
        """A CANCEL for this INVITE of ours goes out (section 9.1)."""
        return self.handle(Event.CANCEL, now, self.request)

    def lost(self, now: float) -> list[Effect]:
        """The connection that the request went over is gone (section 17.1.4)."""
        return self.handle(Event.LOST, now, self.request)

    def tick(self, now: float) -> list[Effect]:
        """Fires the timers that are due."""
        effects: list[Effect] = []
        for event, when in sorted(self._deadlines.items(), key=lambda item: item[1]):
            if when <= now and event in self._deadlines:
                del self._deadlines[event]
                effects += self.handle(event, when, self.request)
        return effects

    def handle(self, event: Event, now: float, message: AnyMessage) -> list[Effect]:
        step = self._table.get((self.state, event))
        if step is None:
            if self.terminated or event in (E.RETRANSMIT, E.TIMEOUT, E.LINGER, E.LOST):
                return []  # a timer that the change of state has overtaken, or a loss that matters no more
            raise StateError(f"{self.kind.value} transaction: {event.value} in state {self.state.value}")
        self.state = step.to
        if self.terminated:
            self._deadlines.clear()
        effects: list[Effect] = []
        for action in step.do:
            effects += self._do(action, now, message)
        return effects

    def _do(self, action: Action, now: float, message: AnyMessage) -> list[Effect]:
        match action:
            case A.SEND:
                return [Send(self._wire, self.to)] if self._wire else []
            case A.SEND_ACK:
                assert isinstance(message, Response)
                return [Send(encode(ack_of_refusal(self.request, message)), self.to)]
            case A.DELIVER:
                return [Deliver(self, message)]
            case A.TELL_TIMEOUT:
                return [TimedOut(self)]
            case _:
                self._set_timer(action, now)
                return []

    def _set_timer(self, action: Action, now: float) -> None:
        match action:
            case A.START_RETRANSMIT | A.START_SLOW_RETRANSMIT if self._timers.first is None:
                pass
            case A.START_RETRANSMIT:
                self._deadlines[E.RETRANSMIT] = now + self._interval
                self._interval = min(self._interval * 2, self._timers.cap)
            case A.START_SLOW_RETRANSMIT:
                self._deadlines[E.RETRANSMIT] = now + T2
            case A.STOP_RETRANSMIT:
                self._deadlines.pop(E.RETRANSMIT, None)
            case A.START_TIMEOUT:
                self._deadlines[E.TIMEOUT] = now + self._timers.timeout
            case A.STOP_TIMEOUT:
                self._deadlines.pop(E.TIMEOUT, None)
            case A.START_LINGER:
                self._deadlines[E.LINGER] = now + self._timers.linger[self.state]


def _class(code: int, provisional: Event, success: Event, final: Event) -> Event:
    return provisional if code < 200 else success if code < 300 else final


def ack_of_refusal(invite: Request, response: Response) -> Request:
    """The ACK of a 3xx to 6xx, which belongs to the INVITE's transaction (RFC 3261 section 17.1.1.3)."""
    ack = Request("ACK", invite.uri)
    ack.headers.set("Via", str(invite.via[0]))
    ack.headers.set("Max-Forwards", "70")
    ack.headers.set("From", invite.headers["From"])
    ack.headers.set("To", response.headers["To"])
    ack.headers.set("Call-ID", invite.headers["Call-ID"])
    ack.headers.set("CSeq", f"{invite.cseq.sequence} ACK")
    for route in invite.headers.getlist("Route"):
        ack.headers.add("Route", route)
    return ack
