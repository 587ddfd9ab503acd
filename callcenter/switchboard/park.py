"""The way of a parked caller: music in a slot, until somebody dials the slot's number."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callcenter.domain.calls import EventName, WaitKind
from callcenter.switchboard.dialling import Missed
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.lot import Parked, ParkingLot
from callcenter.switchboard.telling import play_music
from callcenter.switchboard.ways import Back, Guide, Left, Way, to_extension

if TYPE_CHECKING:
    from callcenter.switchboard.story import Story


RING_SECONDS: Final = 20.0
"""How long who parked a caller is rung when nobody took them."""


@dataclass(frozen=True, slots=True)
class ToSlot(Way):
    """The way into a slot, and out of it by whoever dials its number; after `patience` s back to `by`."""

    lot: ParkingLot
    slot: str
    by: str
    patience: float

    @property
    def ring_timeout(self) -> float:
        return RING_SECONDS

    async def reach(self, story: Story, guide: Guide) -> Leg | Left:
        live = story.live
        slot, now = self.lot.free(self.slot), live.board.now()
        picked: asyncio.Future[Leg] = asyncio.get_running_loop().create_future()
        self.lot.parked[slot] = Parked(story, self.by, now, picked)
        guide.on_taken()
        live.book.waits(WaitKind.PARK, now)
        live.book.passed("park", self.by, slot, now)
        live.tell(EventName.PARKED, now, {"slot": slot, "by": self.by})
        play_music(live)
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
