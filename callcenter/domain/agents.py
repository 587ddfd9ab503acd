"""An agent's state, as a table. Pure: instants come in, a new value comes out.

An agent is at rest (ready, on a break, signed off, set aside) or at work (ringing, talking, in wrap-up). What
an agent wishes while at work is kept in `after`, and becomes true once the work is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Final

from callcenter.domain.book import At


class State(StrEnum):
    """SET_ASIDE: let the telephone ring, or its telephone was not to be reached."""

    READY = "ready"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    BREAK = "break"
    SIGNED_OFF = "signed_off"
    SET_ASIDE = "set_aside"


class Event(StrEnum):
    """What may happen to an agent.

    GIVE_UP: the caller left while it rang, or another telephone has the call. CALL: the agent dials somebody.
    HANG_UP: the last of the agent's conversations ended. PHONE_GONE: no telephone of theirs is registered.
    """

    SIGN_ON = "sign_on"
    SIGN_OFF = "sign_off"
    BREAK = "break"
    READY = "ready"
    RING = "ring"
    CALL = "call"
    ANSWER = "answer"
    MISS = "miss"
    GIVE_UP = "give_up"
    HANG_UP = "hang_up"
    WRAPPED_UP = "wrapped_up"
    PHONE_GONE = "phone_gone"
    PHONE_BACK = "phone_back"


class Miss(Enum):
    """Why a telephone that was rung did not answer."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"


NO_PHONE: Final = "no_phone"
"""Why an agent is signed off who never said so: they are ready once a telephone of theirs registers."""
PASSING: Final = frozenset({Miss.BUSY.value, Miss.REJECTED.value, Miss.UNREACHABLE.value})
"""Why an agent is set aside for a moment only: the telephone was busy, declined, or did not reply. Who let it
ring is set aside until they say that they are ready, or use their telephone."""

BREAKS: Final = ("lunch", "rest", "meeting", "training", "errand")
"""Reasons for a break that telephones (by the digits from 1 on) and pages offer."""

AT_REST: Final = frozenset({State.READY, State.BREAK, State.SIGNED_OFF, State.SET_ASIDE})
WISHES: Final[Mapping[Event, State]] = MappingProxyType(
    {
        Event.SIGN_ON: State.READY,
        Event.SIGN_OFF: State.SIGNED_OFF,
        Event.BREAK: State.BREAK,
        Event.READY: State.READY,
    }
)
"""What the agent may wish for, by the event that says so."""

_AFTER: Final = None
"""In the table: the state that was kept for when the work is done."""

_AT_REST: Final[dict[Event, State | None]] = {
    **WISHES,
    Event.RING: State.RINGING,
    Event.CALL: State.TALKING,
    Event.ANSWER: State.TALKING,
}
_AT_WORK: Final[dict[Event, State | None]] = {Event.CALL: State.TALKING, Event.ANSWER: State.TALKING}

TABLE: Final[Mapping[State, Mapping[Event, State | None]]] = MappingProxyType(
    {
        **dict.fromkeys(AT_REST, _AT_REST),
        State.RINGING: {
            **_AT_WORK,
            Event.RING: State.RINGING,
            Event.MISS: _AFTER,
            Event.GIVE_UP: _AFTER,
            Event.HANG_UP: _AFTER,
        },
        State.TALKING: {**_AT_WORK, Event.RING: State.TALKING, Event.HANG_UP: State.WRAP_UP},
        State.WRAP_UP: {**WISHES, **_AT_WORK, Event.RING: State.RINGING, Event.WRAPPED_UP: _AFTER},
    }
)
"""State and event to the next state. Besides: a wish while it rings or while they talk is kept, and
whether there is a telephone changes who is ready in every state."""


class Illegal(Exception):
    """The event cannot happen in this state. Nothing has changed."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as they are from `since` on. `after` is where they rest once their work is done."""

    number: str
    state: State
    since: At
    reason: str | None = None
    after: State = State.READY
    after_reason: str | None = None
    phone: bool = False
    idle_since: float = 0.0
    """Monotonic second at which the last conversation or missed call ended."""

    @property
    def at_work(self) -> bool:
        return self.state not in AT_REST

    @property
    def free(self) -> bool:
        """Ready, with a telephone."""
        return self.state is State.READY and self.phone

    @property
    def present(self) -> bool:
        """Signed on, and not known to be away from the telephone: a caller who waits may hope for them."""
        state, reason = (self.after, self.after_reason) if self.at_work else (self.state, self.reason)
        return reason in PASSING if state is State.SET_ASIDE else state is not State.SIGNED_OFF


def newcomer(number: str, at: At) -> Agent:
    """Somebody of whom nothing is known yet: they are ready as soon as their telephone registers."""
    return Agent(number, State.SIGNED_OFF, at, NO_PHONE, idle_since=at.mono)


def moved(agent: Agent, event: Event, at: At, reason: str | None = None) -> Agent:
    """The agent after `event`. Raises Illegal where that cannot happen now.

    `reason` is that of a break, of being signed off, or why a call was missed.
    """
    if event in (Event.PHONE_GONE, Event.PHONE_BACK):
        return _by_phone(agent, event is Event.PHONE_BACK, at)
    if event in WISHES and agent.state in (State.RINGING, State.TALKING):
        after, why = _rest(agent, WISHES[event], reason)
        return replace(agent, after=after, after_reason=why)
    row = TABLE[agent.state]
    if event not in row:
        raise Illegal(f"{event.value} cannot happen to an agent who is {agent.state.value}")
    if event is Event.MISS:
        agent = _set_aside(agent, reason)
    following = row[event]
    if following is None:
        return _at_rest(_idle(agent, event, at), agent.after, agent.after_reason, at)
    if following in AT_REST:
        return _at_rest(agent, *_rest(agent, following, reason), at)
    return _at_work(agent, following, event, at)


def _at_work(agent: Agent, state: State, event: Event, at: At) -> Agent:
    if state is agent.state:
        return agent
    if not agent.at_work:
        agent = replace(agent, after=agent.state, after_reason=agent.reason)
    if state is State.TALKING and agent.after is State.SET_ASIDE:  # somebody is at the telephone after all
        agent = replace(agent, after=State.READY, after_reason=None)
    return replace(_idle(agent, event, at), state=state, reason=None, since=at)


def _at_rest(agent: Agent, state: State, reason: str | None, at: At) -> Agent:
    resting = replace(agent, state=state, reason=reason, after=State.READY, after_reason=None)
    if (state, reason) == (agent.state, agent.reason):
        return resting
    return replace(resting, since=at)


def _rest(agent: Agent, state: State, reason: str | None) -> tuple[State, str | None]:
    """A wish, as far as it can come true: nobody is ready without a telephone."""
    if state is State.READY:
        return (State.READY, None) if agent.phone else (State.SIGNED_OFF, NO_PHONE)
    return state, reason


def _set_aside(agent: Agent, reason: str | None) -> Agent:
    if agent.after is not State.READY:
        return agent  # a break that was wished for meanwhile
    return replace(agent, after=State.SET_ASIDE, after_reason=reason or Miss.NO_ANSWER.value)


def _idle(agent: Agent, event: Event, at: At) -> Agent:
    ended = event in (Event.HANG_UP, Event.MISS)
    return replace(agent, idle_since=at.mono) if ended else agent


def _by_phone(agent: Agent, there: bool, at: At) -> Agent:
    """Without a telephone an agent who would be ready is signed off; with one they are ready again."""
    if agent.phone == there:
        return agent
    agent = replace(agent, phone=there)
    if agent.at_work:
        state, reason = _after_phone(agent.after, agent.after_reason, there)
        return replace(agent, after=state, after_reason=reason)
    state, reason = _after_phone(agent.state, agent.reason, there)
    if (state, reason) == (agent.state, agent.reason):
        return agent
    return replace(agent, state=state, reason=reason, since=at, idle_since=at.mono)


def _after_phone(state: State, reason: str | None, there: bool) -> tuple[State, str | None]:
    if not there and state in (State.READY, State.SET_ASIDE):
        return State.SIGNED_OFF, NO_PHONE
    if there and (state, reason) == (State.SIGNED_OFF, NO_PHONE):
        return State.READY, None
    return state, reason
