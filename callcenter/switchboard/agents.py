"""The agents of a switchboard: who is free, and what calls, telephones and wishes make of them.

An agent is every extension of the settings. Their states are told to `on_change`; `on_free` is told that
somebody may be free who was not.

Two kinds of hooks: those of the distribution (`ringing`, `answered`, `missed`, `given_up`), which decides
what an offer comes to, and those of every leg (`leg_began`, `leg_answered`, `leg_ended`), by which an agent
who calls or is called past the distribution is at work as well.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from callcenter.domain.agents import (
    AT_REST,
    NO_PHONE,
    WISHES,
    Agent,
    Event,
    Illegal,
    Miss,
    State,
    moved,
    newcomer,
)
from sip.moment import Moment

log = logging.getLogger(__name__)

SYSTEM: Final = "system"
REST_SECONDS: Final = {Miss.BUSY.value: 10.0, Miss.REJECTED.value: 10.0, Miss.UNREACHABLE.value: 60.0}
"""How long an agent is set aside whose telephone was busy, declined, or sent nothing at all."""
REASON_LENGTH: Final = 40


class Refused(Exception):
    """The agent cannot have the state that was wished for. The message says why and what to do."""


class Timer(Protocol):
    def cancel(self) -> None: ...


Later = Callable[[float, Callable[[], None]], Timer]
"""Calls something after so many seconds."""


def on_the_loop(seconds: float, callback: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(seconds, callback)


@dataclass(frozen=True, slots=True)
class Saved:
    """A state at rest from before a restart."""

    state: State
    at: datetime
    reason: str | None = None


class Agents:
    """`phone` says for how many seconds more a number's telephone is registered, 0: it is not. `legs` counts
    the live legs of each number. `quiet` says who is not to be disturbed."""

    def __init__(
        self,
        numbers: Iterable[str],
        now: Callable[[], Moment],
        *,
        phone: Callable[[str], float],
        legs: Counter[str] | None = None,
        quiet: Callable[[str], bool] = lambda number: False,
        later: Later = on_the_loop,
    ) -> None:
        self.on_change: list[Callable[[Agent, str], None]] = []
        """Told of an agent's new state, and of who set it: an extension, a user's name or `system`."""
        self.on_free: list[Callable[[], None]] = []
        self._now, self._later, self._phone, self._quiet = now, later, phone, quiet
        self._legs: Counter[str] = Counter() if legs is None else legs
        self._agents = {number: newcomer(number, now()) for number in numbers}
        self._offered: set[str] = set()
        self._wrap_up: dict[str, float] = {}
        self._timers: dict[str, Timer] = {}
        self._expiries: dict[str, Timer] = {}

    # -- who they are -------------------------------------------------------------------------------------

    def __contains__(self, number: str) -> bool:
        return number in self._agents

    def agent(self, number: str) -> Agent:
        """Raises KeyError for a number that is no extension."""
        return self._agents[number]

    def state(self, number: str) -> State:
        """Raises KeyError for a number that is no extension."""
        return self._agents[number].state

    def available(self, number: str) -> bool:
        """Whether the agent may be rung for a call now."""
        agent = self._agents.get(number)
        return (
            agent is not None
            and agent.free
            and number not in self._offered
            and not self._legs[number]
            and not self._quiet(number)
        )

    def free(self, numbers: Iterable[str]) -> dict[str, Agent]:
        """Those of `numbers` who may be rung for a call now."""
        return {number: self._agents[number] for number in numbers if self.available(number)}

    # -- what they wish -----------------------------------------------------------------------------------

    def set(self, number: str, wanted: State, reason: str | None = None, *, by: str) -> Agent:
        """Ready, a break or signed off, from the page or the agent's own telephone. While a call rings or
        lasts the wish is kept until it is over. Raises Refused."""
        event = next((event for event, state in WISHES.items() if state is wanted), None)
        agent = self._agents.get(number)
        if agent is None:
            raise Refused(f"{number} is no extension of this switchboard")
        if event is None:
            raise Refused(f"nobody can be set to {wanted.value}: wish for ready, break or signed_off")
        if reason is not None and (len(reason) > REASON_LENGTH or not reason.isprintable()):
            raise Refused(f"the reason is too long or cannot be printed: write up to {REASON_LENGTH} letters")
        if wanted is State.READY and not agent.phone:
            raise Refused(f"no telephone of {number} is registered: start it, and it will be ready")
        self._move(number, event, reason if wanted is State.BREAK else None, by=by)
        return self._agents[number]

    def restore(self, number: str, saved: Saved) -> None:
        """Takes back a state at rest from before a restart, and from when it was."""
        agent = self._agents.get(number)
        if agent is None or saved.state not in AT_REST or saved.state is State.READY:
            return  # who was ready is so again with their telephone
        if (saved.state, saved.reason) == (State.SIGNED_OFF, NO_PHONE):
            return
        if saved.state is State.SET_ASIDE and saved.reason != Miss.NO_ANSWER.value:
            return  # a moment's rest, long over
        since = replace(self._now(), utc=saved.at)
        self._agents[number] = replace(agent, state=saved.state, reason=saved.reason, since=since)

    # -- their telephones ---------------------------------------------------------------------------------

    def phone_changed(self, number: str) -> None:
        """A telephone has registered, renewed or left, or its time may be over."""
        if number not in self._agents:
            return
        seconds = self._phone(number)
        if timer := self._expiries.pop(number, None):
            timer.cancel()
        if seconds > 0:
            self._expiries[number] = self._later(seconds + 0.1, lambda: self.phone_changed(number))
        self._move(number, Event.PHONE_BACK if seconds > 0 else Event.PHONE_GONE)
        agent = self._agents[number]
        if seconds > 0 and (agent.state, agent.reason) == (State.SET_ASIDE, Miss.UNREACHABLE.value):
            self._move(number, Event.READY)

    # -- what becomes of an offer -------------------------------------------------------------------------

    def ringing(self, number: str) -> None:
        """The agent is offered a call: nobody else rings them until it is answered, missed or given up."""
        self._offered.add(number)
        self._move(number, Event.RING)

    def answered(self, number: str, wrap_up: float = 0.0) -> None:
        """They have the call, and `wrap_up` seconds after it."""
        self._offered.discard(number)
        self._wrap_up[number] = wrap_up
        self._move(number, Event.ANSWER)
        self._settle_soon(number)

    def missed(self, number: str, why: Miss, *, set_aside: bool) -> None:
        """They did not take it. `set_aside`: they are not rung until they say so, or for a moment where it
        was the telephone that would not."""
        self._offered.discard(number)
        if self.state(number) is State.RINGING and not self._legs[number]:  # no other call of theirs rings
            self._move(number, Event.MISS if set_aside else Event.GIVE_UP, why.value)
        self._settle_soon(number)

    def given_up(self, number: str) -> None:
        """The caller has left, or another agent has the call."""
        self._offered.discard(number)
        if self.state(number) is State.RINGING and not self._legs[number]:
            self._move(number, Event.GIVE_UP)
        self._settle_soon(number)

    # -- what becomes of a leg ----------------------------------------------------------------------------

    def leg_began(self, number: str, *, calls: bool) -> None:
        """A leg of theirs was added; `calls`: they dialled, else their telephone rings."""
        if number in self._agents and (calls or number not in self._offered):
            self._move(number, Event.CALL if calls else Event.RING)

    def leg_answered(self, number: str) -> None:
        """They picked up."""
        if number in self._agents:
            self._move(number, Event.ANSWER)

    def leg_ended(self, number: str) -> None:
        """A leg of theirs is over, or goes on in another call."""
        if number in self._agents:
            self._settle_soon(number)

    def _settle_soon(self, number: str) -> None:
        # Not at once: a leg that is handed to another call ends here and begins there in one go.
        self._later(0.0, lambda: self.settle(number))

    def settle(self, number: str) -> None:
        """Their state, now that a leg of theirs is over: by itself soon after, at once for who asks."""
        if number not in self._agents or self._legs[number] or number in self._offered:
            return
        if self.state(number) is State.TALKING:
            self._hang_up(number)
        elif self.state(number) is State.RINGING:
            self._move(number, Event.GIVE_UP)
        self._tell_free()

    def _hang_up(self, number: str) -> None:
        seconds = self._wrap_up.pop(number, 0.0)
        if seconds > 0:
            self._move(number, Event.HANG_UP)
            self._set_timer(number, seconds, Event.WRAPPED_UP)
        else:
            over = moved(self._agents[number], Event.HANG_UP, self._now())
            self._become(over, moved(over, Event.WRAPPED_UP, self._now()), SYSTEM)

    # -- moving -------------------------------------------------------------------------------------------

    def _move(self, number: str, event: Event, reason: str | None = None, *, by: str = SYSTEM) -> None:
        old = self._agents[number]
        try:
            new = moved(old, event, self._now(), reason)
        except Illegal as error:
            raise Refused(f"{number}: {error}") from None
        self._become(old, new, by)

    def _become(self, old: Agent, new: Agent, by: str) -> None:
        number = new.number
        self._agents[number] = new
        if (old.state, old.reason, old.after, old.phone) == (new.state, new.reason, new.after, new.phone):
            return
        if (old.state, old.reason) != (new.state, new.reason):
            self._entered(new)
            log.info("agent %s number=%s reason=%s by=%s", new.state.value, number, new.reason or "-", by)
        for told in self.on_change:
            told(new, by)
        if new.free:
            self._tell_free()

    def _entered(self, agent: Agent) -> None:
        if timer := self._timers.pop(agent.number, None):
            timer.cancel()
        if agent.state is State.SET_ASIDE and agent.reason in REST_SECONDS:
            self._set_timer(agent.number, REST_SECONDS[agent.reason], Event.READY)

    def _set_timer(self, number: str, seconds: float, event: Event) -> None:
        self._timers[number] = self._later(seconds, lambda: self._move(number, event))

    def _tell_free(self) -> None:
        for told in self.on_free:
            told()

    def close(self) -> None:
        """Ends the timers."""
        for timer in (*self._timers.values(), *self._expiries.values()):
            timer.cancel()
        self._timers.clear()
        self._expiries.clear()
