"""What lasts too long is told while it lasts: a hold (A6), to the agent, then the supervisor; a call (A11).

Each warning is an event `warned`, once; the agent hears two soft notes as well. A telephone that holds by
`sendonly` or `inactive` is sent nothing, so it hears none: there the page alone warns. Who holds from the
page hears them.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from callcenter.domain.calls import EventName, Role
from sip.media import tones

if TYPE_CHECKING:
    from callcenter.switchboard.leg import Leg
    from callcenter.switchboard.live_call import LiveCall


@dataclass(frozen=True, slots=True)
class HoldLimits:
    """Seconds on hold after which somebody is warned; 0: never."""

    agent: float = 20.0
    supervisor: float = 30.0


@dataclass(frozen=True, slots=True)
class Limits:
    """`long_call`: seconds of conversation after which the agent is warned; 0: never."""

    hold: HoldLimits = HoldLimits()
    long_call: float = 0.0


class Kind(StrEnum):
    HOLD = "hold"
    CALL = "call"


class Whom(StrEnum):
    AGENT = "agent"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Warned:
    """What has lasted for `seconds`; `leg_id` is whose hold it is, None for the call itself."""

    kind: Kind
    whom: Whom
    seconds: float
    leg_id: str | None = None


CONVERSATION: Final = None
"""The key of the call itself beside those of legs that hold."""


@dataclass(slots=True)
class Schedule:
    """What is to be warned of, and when. Times in monotonic seconds; no clock of its own."""

    limits: Limits = Limits()
    _since: dict[str | None, float] = field(default_factory=dict)
    _told: set[Warned] = field(default_factory=set)

    def began(self, leg_id: str | None, now: float) -> None:
        """A leg put the call on hold, or (`CONVERSATION`) somebody began to talk with the caller."""
        self._since.setdefault(leg_id, now)

    def ended(self, leg_id: str | None) -> None:
        """It is over; the next one is warned of anew."""
        self._since.pop(leg_id, None)
        self._told = {warned for warned in self._told if warned.leg_id != leg_id}

    def due(self, now: float) -> list[Warned]:
        """What is to be told now and was not told yet, in the order in which it came to be."""
        ahead = sorted(self._ahead(), key=lambda each: each[0])
        found = [warned for at, warned in ahead if at <= now]
        self._told.update(found)
        return found

    def next_at(self) -> float | None:
        """When there will be something to tell; None: not as things are."""
        return min((at for at, _ in self._ahead()), default=None)

    def _ahead(self) -> list[tuple[float, Warned]]:
        return [
            (since + warned.seconds, warned)
            for leg_id, since in self._since.items()
            for warned in self._of(leg_id)
            if warned.seconds > 0 and warned not in self._told
        ]

    def _of(self, leg_id: str | None) -> tuple[Warned, ...]:
        if leg_id is CONVERSATION:
            return (Warned(Kind.CALL, Whom.AGENT, self.limits.long_call),)
        hold = self.limits.hold
        return (
            Warned(Kind.HOLD, Whom.AGENT, hold.agent, leg_id),
            Warned(Kind.HOLD, Whom.SUPERVISOR, hold.supervisor, leg_id),
        )


class Warnings:
    """One call's: one timer, which runs only while there is something ahead."""

    def __init__(self, live: LiveCall, limits: Limits) -> None:
        self._live = live
        self._schedule = Schedule(limits)
        self._timer: asyncio.TimerHandle | None = None
        self._over = False
        self._sounds: set[asyncio.Task[None]] = set()

    @property
    def limits(self) -> Limits:
        return self._schedule.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._schedule.limits = limits
        self._again()

    def held(self, leg: Leg, at: float) -> None:
        """A leg put the call on hold at `at`, monotonic seconds. Who is outside may let us wait."""
        if not leg.outside:
            self._schedule.began(leg.id, at)
            self._again()

    def resumed(self, leg: Leg) -> None:
        """Its hold is over, or the leg is."""
        self._schedule.ended(leg.id)
        self._again()

    def talking(self, at: float) -> None:
        """Somebody talks with the caller; it counts from the first of them on."""
        self._schedule.began(CONVERSATION, at)
        self._again()

    def stop(self) -> None:
        """The call is over; its legs end after this."""
        self._over = True
        self._again()
        for sound in self._sounds:
            sound.cancel()

    def _again(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self._schedule.next_at()
        if at is not None and not self._over:
            wait = max(0.0, at - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(wait, self._look)

    def _look(self) -> None:
        for warned in self._schedule.due(time.monotonic()):
            self._tell(warned)
        self._again()

    def _tell(self, warned: Warned) -> None:
        live = self._live
        legs = [leg for leg in live.legs if warned.leg_id in (None, leg.id) and self._ours(leg)]
        data = {"kind": warned.kind.value, "seconds": warned.seconds, "for": warned.whom.value}
        if warned.leg_id is not None and legs:
            data |= {"leg": legs[0].id, "party": legs[0].party}
        live.tell(EventName.WARNED, live.board.now(), data)
        for leg in legs if warned.whom is Whom.AGENT else ():
            self._sound(leg)

    @staticmethod
    def _ours(leg: Leg) -> bool:
        return not leg.outside and not leg.leaving and leg.role is not Role.SUPERVISOR

    def _sound(self, leg: Leg) -> None:
        """Two soft notes, unless they hear music: then it is not they who keep somebody waiting."""
        if any(other.on_hold for other in self._live.legs if other.stream.peer is leg.stream):
            return
        task = asyncio.create_task(_notes(leg), name=f"warning {self._live.id}")
        self._sounds.add(task)
        task.add_done_callback(self._sounds.discard)


async def _notes(leg: Leg) -> None:
    complete = await leg.stream.play(tones.warning()).finished()
    if complete and leg.held_here:
        leg.stream.play(tones.silence(), loop=True)  # as before
