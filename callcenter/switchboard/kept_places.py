"""Virtual places: who asked in the queue to be called back hangs up and keeps their place in the line.

When it is their turn the agent whom the distribution offers is rung, then the caller's number. The callback
is claimed before that; where a page has claimed it meanwhile, where it is settled, or where its number is in
a call with us again, the place is dropped: nobody is called twice. An agent who does not pick up has missed
an offer, and the next one is rung. A number that does not answer has had its turn: the callback stays open,
with the attempt counted, in the list that people work through.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from callcenter.domain.agents import Miss
from callcenter.domain.calls import Outcome
from callcenter.domain.masking import masked
from callcenter.store.tables import Callback
from callcenter.switchboard.board import Board
from callcenter.switchboard.claiming import Claiming
from callcenter.switchboard.distribution import Offer, Place
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.originate import NotThere, Wanted
from callcenter.switchboard.routing import ToOutside, route_outside
from callcenter.switchboard.story import Story
from callcenter.switchboard.ways import Guide, Left, ToTrunk, Way
from sip.aio.ports import PortsExhausted

log = logging.getLogger(__name__)

RING_SECONDS: Final = 60.0
"""How long the number outside may ring."""
CLAIM_SECONDS: Final = 5.0
"""How long an agent is kept for a callback whose claim the database does not confirm."""
_MISSES: Final = {
    Outcome.BUSY: Miss.BUSY,
    Outcome.REJECTED: Miss.REJECTED,
    Outcome.FAILED: Miss.UNREACHABLE,
}
"""Why the agent did not take it, by the outcome of the call."""

Originate = Callable[[Wanted], Awaitable[Story]]


class KeptPlaces:
    """Calls those back who keep their places. `originate` begins a call at an extension's telephone."""

    def __init__(self, board: Board, originate: Originate, claiming: Claiming) -> None:
        self._board, self._originate, self._claiming = board, originate, claiming
        self._kept: dict[tuple[str, str], asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, story: Story, place: Place) -> None:
        """The caller's place is theirs until they are called. It is left where nobody of the group may call
        them, or where another place of theirs is kept in this desk's line."""
        number, desk = story.live.book.caller, place.wanted.desk
        agents = self._permitted(place, number) if story.live.caller.outside else frozenset()
        if agents and (desk, number) not in self._kept:
            place.keep(agents)
        if not place.virtual:
            place.leave()
            return
        log.info("place kept call=%s number=%s position=%d", place.id, masked(number), place.position)
        task = asyncio.create_task(self._until_called(story, place), name=f"kept place of {place.id}")
        self._kept[desk, number] = task
        task.add_done_callback(lambda _: self._kept.pop((desk, number)))

    async def close(self) -> None:
        """Nobody is called back any more by their place; their callbacks stay open."""
        tasks = list(self._kept.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _permitted(self, place: Place, number: str) -> frozenset[str]:
        """Those of the group who may call the number."""
        return frozenset(each for each in place.wanted.group.numbers if self._way(each, number) is not None)

    def _way(self, extension: str, number: str) -> ToTrunk | None:
        account = self._board.accounts.account(extension)
        where = route_outside(self._board.settings, number, account.extension if account else None, True)
        return ToTrunk(where, RING_SECONDS) if isinstance(where, ToOutside) else None

    # -- when it is their turn ----------------------------------------------------------------------------

    async def _until_called(self, story: Story, place: Place) -> None:
        try:
            await story.done.wait()
            await self._board.ledger.flush()  # from here on the callback is on record
            place.resume()
            while (offer := await place.offered()) is not None:
                if not await self._missed(place, offer):
                    return
            log.info("place lost call=%s reason=nobody of the group is signed on", place.id)
        finally:
            place.leave()

    async def _missed(self, place: Place, offer: Offer) -> bool:
        """Calls. Whether it was the agent who did not pick up: the place waits for the next one."""
        (agent,) = offer.numbers
        callback = await self._claim(place, agent)
        if callback is None or callback.id is None:
            log.info("place dropped call=%s reason=claimed or settled", place.id)
            return False
        try:
            if callback.number in self._board.outside_parties:
                log.info("place dropped call=%s reason=in a call with us", place.id)
                await self._claiming.release(callback.id, agent)
                return False
            missed = await self._call(place, offer, callback.number)
        except NotThere as error:
            log.info("place waits on call=%s reason=%s", place.id, error)
            missed = Miss.BUSY if self._board.occupied[agent] else Miss.UNREACHABLE
            await self._claiming.release(callback.id, agent)
        except PortsExhausted as error:
            log.error("place dropped call=%s reason=%s", place.id, error)
            await self._claiming.release(callback.id, agent)
            return False
        if missed is not None:
            offer.missed(agent, missed)
        return missed is not None

    async def _claim(self, place: Place, agent: str) -> Callback | None:
        try:
            async with asyncio.timeout(CLAIM_SECONDS):
                await self._board.ledger.flush()  # an agent's missed call gives its claim back
                return await self._claiming.claim_for(place.id, agent)
        except (TimeoutError, SQLAlchemyError) as error:
            log.error("callback not claimed call=%s error=%r", place.id, error)
            return None

    async def _call(self, place: Place, offer: Offer, number: str) -> Miss | None:
        """Returns when the call is over: why the agent did not pick up, None if they did.

        Raises NotThere, and PortsExhausted.
        """
        (agent,) = offer.numbers
        to = self._way(agent, number)
        if to is None:
            raise NotThere(f"extension {agent} may no longer call this number")
        way = _PickedUp(to, lambda story: offer.answered(agent, story.live.id))
        patience = place.wanted.group.ring_timeout
        wanted = Wanted(agent, number, way, outside=True, desk=place.wanted.desk, agent_seconds=patience)
        story = await self._originate(wanted)
        await story.done.wait()
        told = story.live.told
        if not offer.open or told is None or told.outcome is None:
            return None
        return _MISSES.get(told.outcome, Miss.NO_ANSWER)


@dataclass(frozen=True, slots=True)
class _PickedUp(Way):
    """The way to the number, which begins when the agent has picked up."""

    way: ToTrunk
    on_picked_up: Callable[[Story], None]

    @property
    def ring_timeout(self) -> float:
        return self.way.ring_timeout

    async def reach(self, story: Story, guide: Guide) -> Leg | Left:
        self.on_picked_up(story)
        return await self.way.reach(story, guide)
