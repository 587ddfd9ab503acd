"""The way to an extension that may not want to be disturbed, or has its calls go elsewhere.

A call is forwarded once: where it is forwarded to, that extension's own forwarding is not followed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from callcenter.switchboard.board import Board
from callcenter.switchboard.dialling import Miss, Missed
from callcenter.switchboard.features import Feature
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.routing import ToDesk, ToExtension, ToOutside, route_outside
from callcenter.switchboard.walk import to_desk
from callcenter.switchboard.ways import Back, Guide, Left, ToTrunk, Way, to_extension, unanswered

if TYPE_CHECKING:
    from callcenter.switchboard.story import Story

_BUSY_STATUS = 486
SETTING_PATIENCE = 20.0
"""Nobody is rung where it is only asked whether calls may go there."""
_FOLLOWED = {
    "busy": frozenset({Miss.BUSY}),
    "no_answer": frozenset({Miss.NO_ANSWER, Miss.UNREACHABLE}),
}


class NotForwarded(Exception):
    """The extension may not send its calls there. The message says what it may."""


@dataclass(frozen=True, slots=True)
class ToPerson(Way):
    """One extension, as its holder has set it. What holds is read when the caller gets there."""

    number: str
    patience: float

    @property
    def ring_timeout(self) -> float:
        return self.patience

    async def reach(self, story: Story, guide: Guide) -> Leg | Left:
        board = story.live.board
        feature = board.features.of(self.number)
        if feature.forward_when == "always":
            return await self._forward(story, guide, feature.forward_to)
        if feature.dnd:
            result: Leg | Left = unanswered(Missed(Miss.BUSY, _BUSY_STATUS), _BUSY_STATUS)
        else:
            result = await to_extension(self.number, self.patience).reach(story, guide)
        missed = result.missed if isinstance(result, Left) else None
        if missed is not None and missed.why in _FOLLOWED.get(feature.forward_when, ()):
            return await self._forward(story, guide, feature.forward_to)
        return result

    async def _forward(self, story: Story, guide: Guide, target: str) -> Leg | Left:
        live, board = story.live, story.live.board
        way = forwarded_way(board, self.number, target, live.book.caller, self.patience)
        live.book.passed("forward", self.number, target, board.now())
        if way is None:  # it was good when it was set: the configuration has changed
            return unanswered(Missed(Miss.UNREACHABLE))
        return await way.reach(story, guide)

    def back(self, missed: Missed) -> Back:
        return Back(to_extension(self.number, self.patience))


def forwarded_way(board: Board, number: str, target: str, caller: str, patience: float) -> Way | None:
    """Where `number` may send its calls: an extension, a desk, or outside where it may send callers there.
    None for anything else."""
    match board.directory.route(target, None):
        case ToDesk(desk):
            return to_desk(board, desk, caller, board.now().utc)
        case ToExtension(other):
            return to_extension(other.number, patience) if other.number != number else None
    account = board.accounts.account(number)
    extension = account.extension if account else None
    if extension is None or not extension.transfers_outside:
        return None
    outside = route_outside(board.settings, target, extension, registered=True)
    if not isinstance(outside, ToOutside) or outside.emergency:
        return None  # nobody's callers are an emergency
    return ToTrunk(outside, patience)


def set_feature(board: Board, number: str, feature: Feature) -> None:
    """Sets all of it, from the next call on. Raises NotForwarded."""
    if feature.forward_when:
        target = feature.forward_to
        if forwarded_way(board, number, target, "", SETTING_PATIENCE) is None:
            raise NotForwarded(
                f"calls of {number} cannot be forwarded to {target!r}: name an extension or a desk,"
                " or outside where [[extension]] transfers_outside allows it"
            )
    else:
        feature = replace(feature, forward_to="")
    board.features.set(number, feature, board.now().utc)
    board.distribution.sweep()  # who is not to be disturbed no more may be free
