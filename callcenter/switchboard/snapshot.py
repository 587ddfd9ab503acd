"""What a switchboard holds at one moment, as JSON: calls, agents, queues, parked calls.

It has instants, never durations: while nothing happens it stays the same, and pages count from the instants.
Telephone numbers are in it as pages need them; MQTT is inside (docs/events.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from callcenter.domain.calls import CallFacts, LegFacts, Role

WARN: Final = (20.0, 30.0)
"""A6, where nothing else is known."""


@dataclass(frozen=True, slots=True)
class AgentNow:
    """An agent as others see them; `since` (UTC) is when the state began, `call_id` the call they are in,
    `after` where they rest once their work is done."""

    number: str
    name: str
    role: str
    registered: bool
    state: str
    reason: str | None = None
    since: datetime | None = None
    after: str | None = None
    call_id: str | None = None
    desks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller in a queue. `position` counts from 1, `estimate` is the whole wait expected, in seconds
    from `since` on, if known. `virtual`: they have hung up, and are called when it is their turn."""

    call_id: str
    caller: str
    position: int
    since: datetime
    estimate: float | None = None
    virtual: bool = False


@dataclass(frozen=True, slots=True)
class QueueNow:
    desk: str
    callers: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class ParkedNow:
    slot: str
    call_id: str
    caller: str
    since: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Held:
    """What the board alone knows of a leg: over a trunk, on hold by a page, gone from the conversation."""

    outside: bool = False
    held_here: bool = False
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class Now:
    """All that there is. `calls` are the facts that were told last, in the order of their beginning. `warn`,
    by call: the seconds on hold after which the agent and the supervisor are warned, 0 is never."""

    calls: Sequence[CallFacts] = ()
    legs: Mapping[str, Held] = field(default_factory=dict)
    agents: Sequence[AgentNow] = ()
    queues: Sequence[QueueNow] = ()
    parked: Sequence[ParkedNow] = ()
    warn: Mapping[str, tuple[float, float]] = field(default_factory=dict)


class _Span(Protocol):
    @property
    def started_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime | None: ...


_S = TypeVar("_S", bound=_Span)


Part = tuple[str, object, Callable[[], dict[str, Any]]]
"""What it is of (within its list), the values that it is made of, and what makes it."""


def parts_of(now: Now) -> dict[str, list[Part]]:
    """The lists of the live state, each part apart: one whose values are the same need not be made anew."""
    return {
        "calls": [_call_part(call, now) for call in now.calls],
        "agents": [(agent.number, agent, partial(_fields, agent)) for agent in now.agents],
        "queues": [(queue.desk, queue, partial(_queue, queue)) for queue in now.queues],
        "parked": [(parked.slot, parked, partial(_fields, parked)) for parked in now.parked],
    }


def _call_part(call: CallFacts, now: Now) -> Part:
    warn = now.warn.get(call.id, WARN)
    beside = (warn, *(now.legs.get(leg.id) for leg in call.legs))
    return call.id, _Told(call, beside), partial(_call, call, now.legs, warn)


class _Told:
    """A call's facts are the same where they are the very same: they are told anew whenever they change."""

    def __init__(self, call: CallFacts, beside: tuple[object, ...]) -> None:
        self._call, self._beside = call, beside

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Told) and self._call is other._call and self._beside == other._beside

    def __hash__(self) -> int:
        return hash((id(self._call), self._beside))


def state_of(call: CallFacts) -> str:
    """connecting, ringing, waiting (a prompt, a menu, the queue, parked), talking or held."""
    if call.answered_at is not None and _open(call.waits) is None:
        talks = any(leg.role in (Role.AGENT, Role.TARGET) and leg.answered_at for leg in _going(call))
        if _open(call.holds) is not None:
            return "held"
        return "talking" if talks else "ringing"
    if _open(call.waits) is not None:
        return "waiting"
    return "connecting" if call.first_ringing_at is None else "ringing"


def _call(call: CallFacts, known: Mapping[str, Held], warn: tuple[float, float]) -> dict[str, Any]:
    wait, hold = _open(call.waits), _open(call.holds)
    return {
        "id": call.id,
        "state": state_of(call),
        "direction": call.direction.value,
        "line": call.line.value,
        "desk": call.desk,
        "caller": call.caller,
        "callee": call.callee,
        "started_at": call.started_at,
        "first_ringing_at": call.first_ringing_at,
        "answered_at": call.answered_at,
        "transfer_to": call.transfer_to,
        "language": call.language,
        "wait": {"kind": wait.kind.value, "since": wait.started_at} if wait else None,
        "held_since": hold.started_at if hold else None,
        "hold_warn": warn,
        "legs": [_leg(leg, call, known.get(leg.id, Held())) for leg in _going(call)],
    }


def _leg(leg: LegFacts, call: CallFacts, known: Held) -> dict[str, Any]:
    held = next((hold for hold in call.holds if hold.leg_id == leg.id and hold.ended_at is None), None)
    state = "up" if leg.answered_at else "ringing" if leg.ringing_at else "calling"
    return {
        "id": leg.id,
        "role": leg.role.value,
        "party": leg.party,
        "state": state,
        "invite_at": leg.invite_at,
        "ringing_at": leg.ringing_at,
        "answered_at": leg.answered_at,
        "bound": leg.bound,
        "held_since": held.started_at if held else None,
        "held_here": known.held_here,
        "leaving": known.leaving,
        "outside": known.outside,
    }


def _going(call: CallFacts) -> list[LegFacts]:
    return [leg for leg in call.legs if leg.ended_at is None]


def _open(spans: Iterable[_S]) -> _S | None:
    return next((span for span in spans if span.ended_at is None), None)


def _queue(queue: QueueNow) -> dict[str, Any]:
    return {"desk": queue.desk, "callers": [_fields(caller) for caller in queue.callers]}


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
