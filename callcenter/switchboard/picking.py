"""Picking up a colleague's telephone that rings: whose, and which call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callcenter.domain.calls import Role

if TYPE_CHECKING:
    from callcenter.switchboard.board import Board
    from callcenter.switchboard.leg import Leg
    from callcenter.switchboard.story import Story


@dataclass(frozen=True, slots=True)
class Picking:
    """A call that rings telephones: whoever else picks it up puts their leg here. `role` is a leg's in it."""

    role: Role
    leg: asyncio.Future[Leg]


def colleagues(board: Board, number: str) -> set[str]:
    """Who shares a group of a desk with an extension; everybody, for a supervisor."""
    roles = {each.number: each.role for each in board.settings.extensions}
    if roles.get(number) in ("supervisor", "admin"):
        return set(roles) - {number}
    groups = [group for desk in board.settings.desks for group in board.flows.of(desk.id).groups.values()]
    together = ({agent.number for agent in group.agents} for group in groups)
    return {each for numbers in together if number in numbers for each in numbers} - {number}


def ringing(board: Board, stories: Mapping[str, Story], number: str, whose: str = "") -> Story | None:
    """The call that an extension may pick up: the one that has rung longest at a colleague's telephone, or at
    that of `whose`."""
    may = colleagues(board, number)
    wanted = may & {whose} if whose else may
    found = [
        (leg.call.ringing_at.mono, story)
        for story in stories.values()
        if story.live.picking is not None and not story.live.picking.leg.done()
        for leg in _ringing_legs(story.live.legs)
        if leg.party in wanted and leg.call.ringing_at is not None
    ]
    return min(found, key=lambda each: each[0], default=(0.0, None))[1]


def _ringing_legs(legs: Iterable[Leg]) -> list[Leg]:
    return [
        leg
        for leg in legs
        if leg.role is not Role.CALLER
        and not leg.outside
        and leg.call.answered_at is None
        and not leg.call.is_over
    ]
