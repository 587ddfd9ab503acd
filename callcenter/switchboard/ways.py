"""Ways to somebody who talks with the caller: an extension, a number outside, a desk's flow."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callcenter.domain.calls import Outcome, Role
from callcenter.switchboard.dialling import Miss, Missed
from callcenter.switchboard.early import pass_on
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.outside import dial_outside, refusal
from callcenter.switchboard.ringing import Group, hunt
from callcenter.switchboard.routing import ToOutside
from callcenter.switchboard.telling import announce
from sip.sdp import Description

if TYPE_CHECKING:
    from callcenter.switchboard.story import Story

_OUTCOMES: Final = {
    Miss.BUSY: Outcome.BUSY,
    Miss.NO_ANSWER: Outcome.NO_ANSWER,
    Miss.REJECTED: Outcome.REJECTED,
    Miss.UNREACHABLE: Outcome.FAILED,
}


@dataclass(frozen=True, slots=True)
class Left:
    """A way ended without anybody on the line. `missed`: nobody could be reached, and nothing else was done
    for the caller. `refusal` is the status of a caller who was never answered; None: the outcome's."""

    outcome: Outcome
    missed: Missed | None = None
    refusal: int | None = None


def unanswered(missed: Missed, refusal: int | None = None) -> Left:
    """Nobody could be reached."""
    return Left(_OUTCOMES[missed.why], missed, refusal)


@dataclass(frozen=True, slots=True)
class Guide:
    """What whoever sends the caller on a way wants of it, and wants to hear."""

    role: Role = Role.AGENT
    headers: tuple[tuple[str, str], ...] = ()
    on_ringing: Callable[[], None] = lambda: None
    on_taken: Callable[[], None] = lambda: None
    """The caller is cared for without anybody on the line: a prompt, a menu, the queue."""


DIRECT: Final = Guide()


class Way(ABC):
    """Where a caller is led."""

    @property
    @abstractmethod
    def ring_timeout(self) -> float:
        """Seconds that one phone rings on it."""

    @property
    def anybody(self) -> bool:
        """Whether it leads to anybody at all."""
        return True

    @property
    def connected(self) -> str:
        """The prompt that two hear before a transfer from here connects them; empty: none (A4)."""
        return ""

    @abstractmethod
    async def reach(self, story: Story, guide: Guide) -> Leg | Left:
        """The leg that answered, its media set, not bridged yet; or what came of it."""

    def back(self, missed: Missed) -> Back:
        """Where a caller of this way's goes whose transfer from here came to nothing."""
        return Back(self)


@dataclass(frozen=True, slots=True)
class Back:
    """The way back. `to_desk`: to the people there; else whatever the flow says."""

    way: Way
    to_desk: bool = True


@dataclass(frozen=True, slots=True)
class ToGroup(Way):
    """One extension, or several."""

    group: Group

    @property
    def ring_timeout(self) -> float:
        return self.group.ring_timeout

    @property
    def anybody(self) -> bool:
        return bool(self.group.numbers)

    async def reach(self, story: Story, guide: Guide) -> Leg | Left:
        result = await hunt(
            story.live, self.group, guide.role, headers=guide.headers, on_ringing=guide.on_ringing
        )
        return unanswered(result) if isinstance(result, Missed) else result


@dataclass(frozen=True, slots=True)
class ToTrunk(Way):
    """A number outside. The caller hears what it sends before it answers."""

    to: ToOutside
    patience: float

    @property
    def ring_timeout(self) -> float:
        return self.patience

    async def reach(self, story: Story, guide: Guide) -> Leg | Left:
        def early(leg: Leg, code: int, description: Description) -> None:
            pass_on(story.live, leg, code, description, story.prepared)

        result = await dial_outside(story.live, self.to, early)
        return unanswered(result, refusal(result)) if isinstance(result, Missed) else result

    def back(self, missed: Missed) -> Back:
        return Back(ToGroup(Group((), self.ring_timeout)))


@dataclass(frozen=True, slots=True)
class Introduced(Way):
    """A way whose far party hears a prompt before they are connected (A5)."""

    way: Way
    prompt: str
    values: Mapping[str, str]

    @property
    def ring_timeout(self) -> float:
        return self.way.ring_timeout

    @property
    def anybody(self) -> bool:
        return self.way.anybody

    async def reach(self, story: Story, guide: Guide) -> Leg | Left:
        result = await self.way.reach(story, guide)
        if isinstance(result, Leg):
            await announce(story.live, self.prompt, leg=result, **self.values)
        return result

    def back(self, missed: Missed) -> Back:
        return self.way.back(missed)


def to_extension(number: str, ring_timeout: float) -> Way:
    """One extension."""
    return ToGroup(Group((number,), ring_timeout))


NOWHERE: Final[Way] = ToGroup(Group((), 0.0))
