"""Callbacks 回访: which calls ask for one, which settle one, and the states in between (B5)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from callcenter.domain.calls import Direction, Outcome


class SomeCall(Protocol):
    """What is asked of a call here: the switchboard's facts of it, or its row."""

    @property
    def id(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def desk(self) -> str | None: ...
    @property
    def caller(self) -> str: ...
    @property
    def callee(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def ended_at(self) -> datetime | None: ...
    @property
    def outcome(self) -> str | None: ...


class Reason(StrEnum):
    """Why somebody is to be called back. REQUESTED and MESSAGE: they asked for it themselves."""

    MISSED = "missed"
    ABANDONED = "abandoned"
    REQUESTED = "requested"
    MESSAGE = "message"


class State(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"
    GIVEN_UP = "given_up"


TRANSITIONS: Final[dict[State, tuple[State, ...]]] = {
    State.OPEN: (State.CLAIMED, State.DONE, State.GIVEN_UP),
    State.CLAIMED: (State.OPEN, State.DONE, State.GIVEN_UP),
    State.DONE: (),
    State.GIVEN_UP: (),
}
"""What may follow each state. Whoever calls again after the end of a callback opens another."""

UNFINISHED: Final = tuple(state for state, following in TRANSITIONS.items() if following)

DUE: Final = timedelta(minutes=15)
"""How soon an unanswered caller is to be called back: urgent contact within 15 minutes (B3)."""
LEASE: Final = timedelta(minutes=5)
"""How long a claim holds without a call; then the next agent may take it."""

CALLED_AGAIN: Final = "called_again"
REACHED: Final = "reached"
OUTCOMES: Final = (REACHED, CALLED_AGAIN, "settled", "no_answer", "busy", "wrong_number", "refused")
"""What may come of a callback. REACHED and CALLED_AGAIN are entered by calls, the others by people."""

_UNANSWERED: Final[dict[str, Reason]] = {
    Outcome.ABANDONED: Reason.ABANDONED,
    Outcome.BUSY: Reason.MISSED,
    Outcome.NO_ANSWER: Reason.MISSED,
    Outcome.REJECTED: Reason.MISSED,
    Outcome.FAILED: Reason.MISSED,
    Outcome.CLOSED: Reason.MISSED,
    Outcome.INTERRUPTED: Reason.MISSED,
    Outcome.MESSAGE: Reason.MESSAGE,
    Outcome.CALLBACK: Reason.REQUESTED,
}
_WEIGHT: Final = (Reason.MISSED, Reason.ABANDONED, Reason.MESSAGE, Reason.REQUESTED)
_NUMBER: Final = re.compile(r"\+?[0-9]{3,20}")


class CallbackError(ValueError):
    """A callback may not be changed so; the message says why and what to do."""


def can_be_called(number: str) -> bool:
    """Whether there is somebody to call back: an anonymous caller's number is none.

    Callbacks are merged by number, as it is kept (`callcenter.domain.numbers`).
    """
    return _NUMBER.fullmatch(number) is not None


def reason_for(call: SomeCall) -> Reason | None:
    """Why the ended call's caller is to be called back; None where nothing is owed to them.

    Only callers from outside that nobody answered, or who asked for it, and whose number is known.
    """
    if call.direction != Direction.INBOUND or call.outcome is None or not can_be_called(call.caller):
        return None
    if call.answered_at is not None and call.outcome not in (Outcome.MESSAGE, Outcome.CALLBACK):
        return None
    return _UNANSWERED.get(call.outcome)


def weightier(one: Reason, other: Reason) -> Reason:
    """Of two calls' reasons the one that the merged callback keeps: what the caller asked for comes first."""
    return max(one, other, key=_WEIGHT.index)


def settled_by(call: SomeCall) -> tuple[str, str] | None:
    """The number that a call settles as soon as somebody answers it, and the outcome.

    That of a caller from outside whom an agent answered, or that which was called and answered there.
    """
    if call.answered_at is None or call.outcome not in (None, Outcome.ANSWERED):
        return None
    if call.direction == Direction.INBOUND and can_be_called(call.caller):
        return call.caller, CALLED_AGAIN
    if call.direction == Direction.OUTBOUND and can_be_called(call.callee):
        return call.callee, REACHED
    return None


def move(current: State, wanted: State) -> State:
    """`wanted`, if it may follow `current`. Raises CallbackError, naming what may."""
    if wanted in TRANSITIONS[current]:
        return wanted
    allowed = ", ".join(TRANSITIONS[current]) or "nothing: it is finished"
    raise CallbackError(f"a callback that is {current} cannot become {wanted}; allowed: {allowed}")
