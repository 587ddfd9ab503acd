"""What caller and callee do in one call: the part that all scripts share, and calls that are not harmed."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from sip.aio.call import Call, CallFailed
from sip.errors import StateError
from tests.soak.phones import CODECS, Line, Phone
from tests.soak.plan import Deed, Kind
from tests.soak.stage import Stage
from tests.soak.world import DESKS, TARGETS
from tests.support import scaled

T = TypeVar("T")

ANY = ("answered", "abandoned", "busy", "no_answer", "rejected", "failed")
LONGEST = 45.0
"""Seconds that a call may last without anybody's doing: a 200 without ACK is given up after 32 s."""
_BY_STATUS = {
    486: ("busy",),
    480: ("no_answer", "failed"),
    603: ("rejected",),
    487: ("abandoned", "answered"),
}


@dataclass(frozen=True, slots=True)
class PickUp:
    """Rings for `after` seconds, then answers."""

    after: float = 0.2


@dataclass(frozen=True, slots=True)
class Refuse:
    code: int
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class RingOn:
    """Rings until the caller gives up."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Says nothing beyond the 100."""


How = PickUp | Refuse | RingOn | Mute


@dataclass
class Report:
    """What a script's caller saw: to be compared with what is on record for its Call-ID.

    `want` are the outcomes that may be there, None: no call at all. `by` says who may have ended it.
    """

    deed: int
    kind: str
    call_id: str = ""
    seen: str = ""
    want: Sequence[str] | None = None
    by: Sequence[str] = ()
    fault: str = ""
    others: list[str] = field(default_factory=list)
    """Call-IDs of further calls that belong to it."""


async def bounded(work: Awaitable[T], seconds: float = 20.0) -> T:
    """Fails where it takes too long: nothing here may wait for ever."""
    return await asyncio.wait_for(work, scaled(seconds))


class Script:
    """Plays one deed. `calls` is the caller's part, `talks` that of whoever picked up."""

    kind: ClassVar[Kind]
    how: tuple[How, ...] = (PickUp(),)
    """What the phones do, one ring after the other; the last stays."""
    target_how: tuple[How, ...] = (PickUp(),)
    """The same for the phones that calls are sent on to."""
    with_offer = True
    """Whether the caller's INVITE has one."""

    def __init__(self, stage: Stage, deed: Deed) -> None:
        self.stage, self.random = stage, deed.random()
        self.report = Report(deed.number, deed.kind.value)
        self.name = f"d{deed.number}"
        self.number = f"139{deed.number % 10**8:08d}"
        self.desk = self.random.choice([desk for desk in DESKS if desk != "8004"])
        self.codecs = self.random.choice(list(CODECS))
        self._rings = self._target_rings = self._busy = 0
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self.choose()

    def choose(self) -> None:
        """Draws what is left open."""
        self.how = (PickUp(self.random.uniform(0.0, 0.6)),)

    # -- the caller ---------------------------------------------------------------------------------------

    async def play(self) -> Report:
        """The caller's part, and until every phone that rang is at rest again."""
        begun = time.monotonic()
        self.stage.scripts[self.name] = self
        try:
            await self.run()
            await bounded(self._at_rest.wait(), LONGEST)
        except Exception as error:
            self.report.fault = f"{type(error).__name__}: {error}"
        finally:
            del self.stage.scripts[self.name]
        if self.stage.stood_still(begun):
            self.report.by = ()
        return self.report

    async def run(self) -> None:
        if self.random.random() < 0.2:
            phone = self.stage.inside(self.random)
            self.number = phone.number
            await self._dial(phone)
            return
        async with self.stage.outside(self.random.choice(("UDP", "UDP", "TCP"))) as phone:
            await self._dial(phone)

    async def _dial(self, phone: Phone) -> None:
        self.prepare(phone)
        line = await phone.dial(
            self.desk, caller=self.number, name=self.name, codecs=self.codecs, body=self.with_offer
        )
        self.report.call_id = line.call.call_id
        try:
            await self.calls(phone, line)
        finally:
            line.call.hangup()
            with contextlib.suppress(TimeoutError):
                await bounded(line.call.over(), 5.0)
            line.close()
            self._note(line.call)

    def prepare(self, phone: Phone) -> None:
        """Before the call."""

    async def calls(self, phone: Phone, line: Line) -> None:
        if await self.answered(phone, line):
            await self.sleep(0.2, 3.0)

    async def answered(self, phone: Phone, line: Line, patience: float = 20.0) -> bool:
        """Whether somebody answered, and sound goes both ways now."""
        try:
            await bounded(phone.connected(line), patience)
        except (CallFailed, TimeoutError):
            return False
        return True

    def _note(self, call: Call) -> None:
        code = call.ended.code if call.ended else None
        self.report.seen = "answered" if call.answered_at else str(code)
        if self.report.want is None:
            self.report.want = ("answered",) if call.answered_at else self.wanted(code)

    def wanted(self, code: int | None) -> Sequence[str] | None:
        """The outcomes that fit a refusal by `code`; None: there is nothing on record."""
        return _BY_STATUS.get(code or 0)

    async def sleep(self, least: float, most: float) -> None:
        await asyncio.sleep(self.random.uniform(least, most))

    # -- the callee ---------------------------------------------------------------------------------------

    async def rung(self, phone: Phone, call: Call) -> None:
        self._busy += 1
        self._at_rest.clear()
        try:
            await self._ring(phone, call)
        except TimeoutError:
            self.report.fault = f"{phone.number} was left in a call"
        finally:
            self._busy -= 1
            if not self._busy:
                self._at_rest.set()

    async def _ring(self, phone: Phone, call: Call) -> None:
        match self._next_how(phone):
            case PickUp(after):
                call.ring()
                await asyncio.sleep(after)
                await self._pick_up(phone, call)
            case Refuse(code, after):
                call.ring()
                await asyncio.sleep(after)
                call.reject(code)
            case RingOn():
                call.ring()
                await bounded(call.over(), LONGEST)
            case Mute():
                await bounded(call.over(), LONGEST)

    def _next_how(self, phone: Phone) -> How:
        if phone.number in TARGETS:
            self._target_rings += 1
            return self.target_how[min(self._target_rings, len(self.target_how)) - 1]
        self._rings += 1
        return self.how[min(self._rings, len(self.how)) - 1]

    async def _pick_up(self, phone: Phone, call: Call) -> None:
        line = await phone.pick_up(call, self.random.choice(list(CODECS)))
        if line is None:
            return
        try:
            await self.talks(phone, line)
        finally:
            line.call.hangup()
            line.close()

    async def talks(self, phone: Phone, line: Line) -> None:
        await bounded(line.call.over(), LONGEST)


class Talk(Script):
    kind = Kind.TALK

    def choose(self) -> None:
        super().choose()
        self.agent_ends = self.random.random() < 0.4
        self.seconds = min(self.random.expovariate(0.6), 12.0) + 0.2
        if self.random.random() < 0.2:
            self.how = (self.random.choice((Refuse(486), Refuse(603, 0.2), RingOn())), *self.how)

    async def calls(self, phone: Phone, line: Line) -> None:
        if not await self.answered(phone, line):
            return
        if self.agent_ends:
            await bounded(line.call.over(), 30.0)
            self.report.by = ("agent",)
        else:
            await asyncio.sleep(self.seconds)
            self.report.by = ("caller",)

    async def talks(self, phone: Phone, line: Line) -> None:
        if self.agent_ends:
            await asyncio.sleep(self.seconds)
        else:
            await super().talks(phone, line)


class Direct(Talk):
    """One extension calls another."""

    kind = Kind.DIRECT

    async def run(self) -> None:
        phone = self.stage.inside(self.random)
        self.number, self.desk = phone.number, self.random.choice(TARGETS)
        self.target_how = self.how
        await self._dial(phone)


class Refused(Script):
    def choose(self) -> None:
        self.how = (Refuse(*self.refusal),)

    refusal: tuple[int, float]


class Busy(Refused):
    kind, refusal = Kind.BUSY, (486, 0.0)


class Reject(Refused):
    kind, refusal = Kind.REJECT, (603, 0.3)


class NoAnswer(Script):
    kind = Kind.NO_ANSWER

    def choose(self) -> None:
        self.how = (RingOn(),)


class MuteAgent(Script):
    kind = Kind.MUTE

    def choose(self) -> None:
        self.how = (Mute(),)


class Unreachable(Script):
    kind = Kind.UNREACHABLE

    def choose(self) -> None:
        self.desk = "8004"


class Nowhere(Script):
    """A number that nobody has, or an INVITE without an offer."""

    kind = Kind.NOWHERE

    def choose(self) -> None:
        self.with_offer = self.random.random() < 0.5
        if self.with_offer:
            self.desk = "9999"


class Abandon(Script):
    kind = Kind.ABANDON

    def choose(self) -> None:
        self.how = (RingOn(),)
        self.patience = self.random.choice((0.0, 0.002, 0.01, 0.05, 0.3, 1.0, 2.0))

    async def calls(self, phone: Phone, line: Line) -> None:
        await asyncio.sleep(self.patience)


class CancelRace(Abandon):
    """The caller gives up at the moment in which an agent answers."""

    kind = Kind.CANCEL_RACE

    def choose(self) -> None:
        after = self.random.uniform(0.0, 0.4)
        self.how = (PickUp(after),)
        self.patience = max(0.0, after + self.random.uniform(-0.01, 0.04))


class Hold(Script):
    kind = Kind.HOLD

    def choose(self) -> None:
        super().choose()
        self.times = self.random.randrange(1, 4)
        self.agent_holds = self.random.random() < 0.6
        self.both = self.random.random() < 0.3

    async def calls(self, phone: Phone, line: Line) -> None:
        if await self.answered(phone, line):
            if not self.agent_holds or self.both:
                await self._hold(line)
            await self.sleep(0.2, 2.0)

    async def talks(self, phone: Phone, line: Line) -> None:
        if self.agent_holds or self.both:
            await self._hold(line)
        await super().talks(phone, line)

    async def _hold(self, line: Line) -> None:
        with contextlib.suppress(CallFailed, StateError):  # the other one hung up meanwhile
            for _ in range(self.times):
                await self.sleep(0.0, 0.5)
                await bounded(line.hold(True))
                await self.sleep(0.0, 0.5)
                if self.random.random() < 0.8:  # or the end comes during the hold
                    await bounded(line.hold(False))


class Keys(Script):
    kind = Kind.KEYS

    async def calls(self, phone: Phone, line: Line) -> None:
        if await self.answered(phone, line):
            await self._press(line)

    async def talks(self, phone: Phone, line: Line) -> None:
        await self._press(line)
        await super().talks(phone, line)

    async def _press(self, line: Line) -> None:
        for key in self.random.choices("0123456789*#ABCD", k=self.random.randrange(1, 6)):
            if self.random.random() < 0.5:
                line.stream.press(key, self.random.choice((40, 100, 400)))
            else:
                line.call.press(key)
            await self.sleep(0.0, 0.3)


def draw_target(drawn: random.Random) -> tuple[How, ...]:
    """What the one does to whom a call is sent on."""
    return (drawn.choice((PickUp(0.0), PickUp(0.3), PickUp(0.8), Refuse(486), Refuse(603, 0.2), RingOn())),)
