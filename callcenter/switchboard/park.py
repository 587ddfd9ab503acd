"""Parked calls: a caller waits with music in a slot until somebody dials the slot's number."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from callcenter.domain.calls import EventName, WaitKind
from callcenter.switchboard.dialling import Missed
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.ways import Back, Guide, Left, to_extension
from sip.moment import Moment

if TYPE_CHECKING:
    from callcenter.switchboard.story import Story

log = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True)
class ToSlot:
    """The way into a slot, and out of it by whoever dials its number; after `patience` seconds back to `by`."""

    lot: ParkingLot
    slot: str
    by: str
    patience: float
    ring_timeout: float = 20.0

    @property
    def anybody(self) -> bool:
        return True

    async def reach(self, story: Story, guide: Guide) -> Leg | Left:
        live = story.live
        slot, now = self.lot.free(self.slot), live.board.now()
        picked: asyncio.Future[Leg] = asyncio.get_running_loop().create_future()
        self.lot.parked[slot] = Parked(story, self.by, now, picked)
        guide.on_taken()
        live.book.waits(WaitKind.PARK, now)
        live.book.passed("park", self.by, slot, now)
        live.tell(EventName.PARKED, now, {"slot": slot, "by": self.by})
        story.play_music()
        try:
            return await asyncio.wait_for(picked, self.patience)
        except TimeoutError:
            live.book.passed("back", slot, self.by, live.board.now())
        finally:
            del self.lot.parked[slot]
            live.book.waited(live.board.now())
        return await to_extension(self.by, self.ring_timeout).reach(story, guide)

    def back(self, missed: Missed) -> Back:
        return Back(to_extension(self.by, self.ring_timeout))
