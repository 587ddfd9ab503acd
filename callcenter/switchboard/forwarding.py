"""The way to one extension, with what it has set: do-not-disturb, and where its calls go instead.

A desk's callers are not forwarded by its agents' telephones: who forwards everything, or is not to be
disturbed, is simply not rung for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callcenter.domain.agents import Miss
from callcenter.switchboard.dialling import Missed
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.ringing import Group, hunt
from callcenter.switchboard.routing import ToDesk, ToExtension, route
from callcenter.switchboard.walk import to_desk
from callcenter.switchboard.ways import Back, Guide, Left, ToTrunk, Way, unanswered

if TYPE_CHECKING:
    from callcenter.switchboard.story import Story


@dataclass(frozen=True, slots=True)
class ToPhone:
    """One extension. `seen` are those that have forwarded this call already."""

    number: str
    ring_timeout: float
    seen: frozenset[str] = frozenset()

    @property
    def anybody(self) -> bool:
        return True

    async def reach(self, story: Story, guide: Guide) -> Leg | Left:
        feature = story.live.board.features.of(self.number)
        onward = self._onward(story) if feature.forward_when else None
        if onward is not None and feature.forward_when == "always":
            return await self._forward(story, guide, onward, feature.forward_to)
        result = Missed(Miss.BUSY) if feature.dnd else await self._ring(story, guide)
        if isinstance(result, Leg):
            return result
        if onward is not None and feature.forwards(result.why):
            return await self._forward(story, guide, onward, feature.forward_to)
        return unanswered(result)

    def back(self, missed: Missed) -> Back:
        return Back(self)

    async def _ring(self, story: Story, guide: Guide) -> Leg | Missed:
        group = Group((self.number,), self.ring_timeout)
        return await hunt(story.live, group, guide.role, headers=guide.headers, on_ringing=guide.on_ringing)

    async def _forward(self, story: Story, guide: Guide, onward: Way, to: str) -> Leg | Left:
        live = story.live
        live.book.passed("forward", self.number, to, live.board.now())
        return await onward.reach(story, guide)

    def _onward(self, story: Story) -> Way | None:
        """Where the extension's calls go; None where that would lead back, or is not allowed any more."""
        live = story.live
        board, seen = live.board, self.seen | {self.number}
        to = board.features.of(self.number).forward_to
        if to in seen or to == live.caller.party:
            return None  # it would go round: then the telephone itself is rung
        match route(board.settings, to, None):
            case ToDesk(desk):
                return to_desk(board, desk, live.book.caller, board.now().utc)
            case ToExtension(extension):
                return ToPhone(extension.number, self.ring_timeout, seen)
        outside = board.features.outside(self.number, to)
        return None if outside is None else ToTrunk(outside, self.ring_timeout)


def to_extension(number: str, ring_timeout: float) -> Way:
    """One extension."""
    return ToPhone(number, ring_timeout)
