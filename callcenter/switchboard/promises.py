"""Callers who left the queue to be called back, and kept their place in its line.

When it is their turn an agent is offered as to any caller who waits: their phone rings, then the caller's.
After a restart the places are gone; the callbacks stay, and people make them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from callcenter.domain.agents import Miss
from callcenter.switchboard.distribution import Offer, Place

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Promise:
    """Whom to call back, for which desk; `call_id` is the call in which they asked for it."""

    call_id: str
    number: str
    desk: str


class Rung(Enum):
    """What came of ringing the agent. OVER: the callback is done, another's, or cannot be made."""

    ANSWERED = "answered"
    MISSED = "missed"
    OVER = "over"


RingBack = Callable[[str, Promise], Awaitable[Rung]]
"""Rings an agent, and, once they have picked up, the caller; told the agent's number."""


async def _nobody(agent: str, promise: Promise) -> Rung:
    return Rung.OVER


class Promises:
    """`ring_back` is set by whoever can make calls; until then promises are left to people."""

    def __init__(self) -> None:
        self.ring_back: RingBack = _nobody
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, place: Place, promise: Promise) -> None:
        """Takes a place in the line over from its caller, who hangs up."""
        place.keep()
        task = asyncio.create_task(self._serve(place, promise), name=f"promise {promise.call_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Makes no more calls."""
        for task in self._tasks:
            task.cancel()

    async def _serve(self, place: Place, promise: Promise) -> None:
        try:
            while (offer := await place.offered()) is not None:
                if await self._settled(offer, promise):
                    return
        finally:
            place.leave()

    async def _settled(self, offer: Offer, promise: Promise) -> bool:
        """Rings one of those who are offered; True where nothing is left to do."""
        agent = next(number for number in offer.numbers if number in offer.open)
        rung = await self.ring_back(agent, promise)
        log.info("promised callback call=%s agent=%s result=%s", promise.call_id, agent, rung.value)
        match rung:
            case Rung.ANSWERED:
                offer.answered(agent)
            case Rung.MISSED:
                offer.missed(agent, Miss.NO_ANSWER)
        return rung is not Rung.MISSED
