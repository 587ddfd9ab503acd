"""A caller's walk through a desk's flow: from step to step, until somebody talks with them or it ends."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from callcenter.domain.calls import Outcome, WaitKind
from callcenter.domain.numbers import Numbers
from callcenter.domain.workdays import Calendar
from callcenter.flows.schema import BACK, END, AnyStep, Flow, Queue, Ring
from callcenter.settings import Desk
from callcenter.switchboard.board import Board
from callcenter.switchboard.dialling import Miss, Missed
from callcenter.switchboard.distribution import Place
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.live_call import LiveCall
from callcenter.switchboard.notice import Notices
from callcenter.switchboard.patience import limits_of
from callcenter.switchboard.telling import announce
from callcenter.switchboard.ways import Back, Guide, Left, Way, unanswered

if TYPE_CHECKING:
    from callcenter.switchboard.distribution import Place
    from callcenter.switchboard.story import Story

log = logging.getLogger(__name__)

Result = str | Leg | Left
"""What came of a step: the next one's name, somebody on the line, or the end."""
MOST_STEPS: Final = 1000
"""Steps of one walk. A flow's checks know no ring that spins, but a caller may go round a menu for ever."""


class Walker:
    """One caller under way in one flow."""

    def __init__(self, story: Story, desk: Desk, flow: Flow, guide: Guide) -> None:
        self.story, self.desk, self.flow, self.guide = story, desk, flow, guide
        self.left: Left | None = None
        """What is to be said of the call if nothing else comes."""
        self.kept: Place | None = None
        """The place in the line of a caller who goes from the queue to a callback."""
        self._at = desk.id

    @property
    def live(self) -> LiveCall:
        return self.story.live

    @property
    def board(self) -> Board:
        return self.story.live.board

    async def go(self, name: str) -> Leg | Left:
        """Walks from step `name` on."""
        self.plan()
        for _ in range(MOST_STEPS):
            if name == END:
                return self.ended()
            step = self.flow.steps[name]
            self.passed("step", name)
            self._at = name
            result = await _HANDLERS[type(step)](self, step)
            if not isinstance(result, str):
                return result
            name = result
        log.error("flow goes round call=%s desk=%s step=%s", self.live.id, self.desk.id, name)
        return self.ended()

    def passed(self, kind: str, target: str, result: str = "") -> None:
        """Enters an edge of the call's graph, from the step where the caller is."""
        self.live.book.passed(kind, self._at, target, self.board.now(), result)

    def wait(self, kind: WaitKind) -> None:
        """Answers the caller, if nobody has, and enters what they wait for."""
        self.story.answer_caller()
        self.guide.on_taken()
        self.live.book.waits(kind, self.board.now())

    async def take(self, kind: WaitKind) -> None:
        """The same; then they hear that the call is recorded, if they have not heard it yet."""
        self.wait(kind)
        await self.tell_notice()

    async def tell_notice(self) -> None:
        """Until the caller has heard that the call is recorded, where the flow says so."""
        if self.live.notice is not None:
            await self.live.notice.play(self.live.caller)

    def tell_notice_early(self) -> None:
        """Lets a caller who is not answered yet hear it while phones ring."""
        if self.live.notice is not None and self.story.prepared is not None:
            self.live.notice.begin_early(*self.story.prepared)

    def plan(self) -> None:
        """What this flow says of its calls: what is warned of, and the recording notice, which is that of the
        first flow that has one."""
        plan = self.flow.notice
        self.live.warnings.limits = limits_of(self.flow, self.live.book.line)
        if plan.mode != "off" and self.live.notice is None:
            Notices(self.live, plan, self.board.prompt(plan.prompt, self.live.book.language))

    async def say(self, prompt: str, **values: Any) -> None:
        """Plays a prompt to its end, in the caller's language."""
        await announce(self.live, prompt, **values)

    def missed(self, missed: Missed) -> None:
        """Nobody was reached here; what was done for the caller before still counts for more."""
        if self.left is None or self.left.missed is not None:
            self.left = unanswered(missed)

    def done(self, outcome: Outcome) -> None:
        """The caller was served without a person: a message, a callback."""
        self.left = Left(outcome)

    def ended(self) -> Left:
        return self.left or Left(Outcome.CLOSED)


Handler = Callable[[Walker, Any], Awaitable[Result]]
_HANDLERS: dict[type[AnyStep], Handler] = {}


def handles(kind: type[AnyStep]) -> Callable[[Handler], Handler]:
    """Marks the coroutine that takes a caller through one kind of step."""

    def register(handler: Handler) -> Handler:
        _HANDLERS[kind] = handler
        return handler

    return register


def handled() -> Mapping[type[AnyStep], Handler]:
    """Every kind of step there is a coroutine for."""
    return _HANDLERS


def exit_of(step: Any, missed: Missed) -> str:
    """Where a step leads that rang somebody in vain."""
    match missed.why:
        case Miss.BUSY:
            return str(step.busy)
        case Miss.UNREACHABLE:
            return str(step.nobody)
        case _:
            return str(step.no_answer)


@dataclass(frozen=True, slots=True)
class ToFlow(Way):
    """A desk: its flow as it was when the caller came, from a step on."""

    desk: Desk
    flow: Flow
    start: str

    @property
    def ring_timeout(self) -> float:
        return max((group.ring_timeout for group in self.flow.groups.values()), default=20.0)

    @property
    def connected(self) -> str:
        return self.flow.transfer.connected

    async def reach(self, story: Story, guide: Guide) -> Leg | Left:
        return await Walker(story, self.desk, self.flow, guide).go(self.start)

    def back(self, missed: Missed) -> Back:
        """Where the flow says; else the first step that rings somebody: who comes back has heard the menu."""
        transfer = self.flow.transfer
        step = transfer.busy if missed.why is Miss.BUSY else transfer.no_answer
        if step != BACK:
            return Back(ToFlow(self.desk, self.flow, step), to_desk=False)
        return Back(ToFlow(self.desk, self.flow, ringing_step(self.flow, self.start)))


def ringing_step(flow: Flow, start: str) -> str:
    """The first step from `start` on, breadth first, where agents are rung; `start` where there is none."""
    seen, ahead = {start}, [start]
    while ahead:
        name = ahead.pop(0)
        step = flow.steps[name]
        if isinstance(step, Ring | Queue):
            return name
        following = [out.to for out in step.exits() if out.to != END and out.to not in seen]
        seen.update(following)
        ahead += following
    return start


def to_desk(board: Board, desk: Desk, caller: str, now: datetime) -> ToFlow:
    """The way to a desk at this hour, for this caller."""
    flow = board.flows.of(desk.id)
    numbers = board.settings.numbering
    return ToFlow(desk, flow, start_of(flow, caller, numbers, now, board.zone, board.flows.calendar))


def start_of(
    flow: Flow, caller: str, numbers: Numbers, now: datetime, zone: ZoneInfo, calendar: Calendar
) -> str:
    """The step where a call begins: by the hour, except for those who always ring through."""
    start = flow.start
    if caller in map(numbers.canonical, start.always_through):
        return start.through or start.open
    if flow.hours is None or not start.closed:
        return start.open
    return start.open if flow.hours.value.open_at(now, zone, calendar).open else start.closed
