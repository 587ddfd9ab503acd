"""The slots for parked callers, and who waits in them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sip.moment import Moment

if TYPE_CHECKING:
    from callcenter.switchboard.leg import Leg
    from callcenter.switchboard.story import Story


class NoSlot(Exception):
    """Every slot is taken, or it is none."""


@dataclass(slots=True, eq=False)
class Parked:
    """A caller who waits in a slot. `by` is the number of who put them there."""

    story: Story
    by: str
    since: Moment
    picked: asyncio.Future[Leg]


@dataclass
class ParkingLot:
    """The slots of one switchboard: their numbers, and who waits in them."""

    numbers: tuple[str, ...] = ()
    parked: dict[str, Parked] = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[str, Parked]]:
        return iter(self.parked.items())

    def free(self, wanted: str | None = None) -> str:
        """A slot that is free; `wanted` itself where it is named. Raises NoSlot."""
        for number in self.numbers if wanted is None else (wanted,):
            if number in self.numbers and number not in self.parked:
                return number
        raise NoSlot(f"slot {wanted} is taken" if wanted else "every slot is taken")

    def waiting(self, number: str) -> Parked | None:
        """Who waits in a slot."""
        return self.parked.get(number)
