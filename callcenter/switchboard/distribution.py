"""Who is offered which call: the line of those who wait, the agents who are free, and the offers between.

    place = distribution.enter(Wanted(…), call.id)
    try:
        while (offer := await place.offered()) is not None:
            … ring offer.numbers …; then offer.answered(number), or offer.missed(number, why) for each
    finally:
        place.leave()

An agent is in one offer at most. Offers are made in the order of the line: whenever somebody may be free, all
places are gone through from the first, and each that can be served is. Desks that share agents stand in one
line; a caller's position and estimate are those among the callers of their own desk, whose pace is measured.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final
from uuid import uuid4

from callcenter.domain.agents import Agent, Miss
from callcenter.domain.claims import Claims
from callcenter.domain.line import Line
from callcenter.domain.turns import Memory, Turns, Wanted, able, choose
from callcenter.switchboard.agents import Agents, Later, Timer, on_the_loop
from sip.moment import Moment

__all__ = ["Distribution", "Offer", "Place", "Wanted"]

log = logging.getLogger(__name__)

AGAIN_SECONDS: Final = 10.0
"""After which an agent who missed a call may be offered the same call again, where its caller waits."""
DESERTED_SECONDS: Final = 30.0
"""For which nobody at all must be signed on until a caller who waits is told that nobody will come."""
_REMEMBERED: Final = 500


class Offer:
    """Agents reserved for one call. Say of each what came of it."""

    def __init__(
        self, distribution: Distribution, place: Place, numbers: tuple[str, ...], turn: bool
    ) -> None:
        self.numbers = numbers
        self.place = place
        self.turn = turn
        """A turn was used for it (A12)."""
        self._distribution = distribution
        self._open = set(numbers)

    @property
    def open(self) -> frozenset[str]:
        """Those who have not answered and not missed it."""
        return frozenset(self._open)

    def answered(self, number: str, call_id: str | None = None) -> None:
        """`number` has the call, also if they picked it up at another's telephone; all others are let go, and
        the caller leaves the line. `call_id`: of the call that they talk in, where it is not the place's."""
        if self._open:
            self._distribution._answered(self, number, call_id or self.place.id)

    def missed(self, number: str, why: Miss) -> None:
        """The agent did not take it, and is let go. After the last one the call may be offered again."""
        if number in self._open:
            self._open.discard(number)
            self._distribution._missed(self, number, why)

    def withdrawn(self) -> None:
        """The call is offered to nobody any more: its caller has left."""
        if self._open:
            self._distribution._withdrawn(self)

    def _shut(self) -> list[str]:
        left = [number for number in self.numbers if number in self._open]
        self._open.clear()
        return left


def numbers_of(wanted: Wanted) -> frozenset[str]:
    """Who could serve a call if they were free."""
    return frozenset(member.number for member in able(wanted))


class Place:
    """A call in the distribution; `id` is the call's."""

    def __init__(self, distribution: Distribution, id: str, wanted: Wanted, entered: Moment) -> None:
        self.id = id
        self.wanted = wanted
        self.entered = entered
        self.on_moved: Callable[[], None] = lambda: None
        """Told when the position has changed."""
        self.virtual = False
        """The caller hangs up and is to be called when it is their turn."""
        self.paused = False
        """Offered to nobody for now, whoever is free."""
        self.offer: Offer | None = None
        self.could = numbers_of(wanted)
        """Who could serve it if they were free."""
        self._distribution = distribution
        self._next: asyncio.Future[Offer | None] = asyncio.get_running_loop().create_future()
        self._tried: dict[str, float] = {}
        self._deserted: float | None = None
        self._position = -1

    async def offered(self) -> Offer | None:
        """Agents for this call, once there are; None where nobody is left (`waits` is False), or nobody was
        signed on for a while, or the call has left the line. An offer that is open is given again."""
        return await asyncio.shield(self._next)

    @property
    def position(self) -> int:
        """How many callers of the same desk are before this one; 0 also after it has left the line."""
        return self._distribution._position(self)

    @property
    def estimate(self) -> float:
        """Seconds that it will probably wait yet, see `callcenter.domain.line`."""
        return self._distribution._estimate(self)

    @property
    def anybody(self) -> bool:
        """Whether somebody is signed on who could serve this call."""
        return self._distribution._anybody(self)

    @property
    def waiting(self) -> bool:
        """It is in the line and offered to nobody."""
        return not self._next.done()

    def keep(self, agents: frozenset[str] | None = None) -> None:
        """The caller hangs up, and is to be called when it is their turn, by one of `agents` (None: by
        anybody of the group): the place stays, and is offered to nobody until `resume`. An open offer comes
        to nothing. Who is not in the line any more has no place to keep: it does not become `virtual`."""
        self._distribution._keep(self, agents)

    def resume(self) -> None:
        """The caller has hung up: they may be called."""
        self.paused = False
        self._distribution.sweep()

    def leave(self) -> None:
        """The call is over, or goes elsewhere; an open offer is withdrawn."""
        self._distribution._leave(self)

    def _tried_lately(self, now: float) -> frozenset[str]:
        if not self.wanted.waits:
            return frozenset(self._tried)
        return frozenset(number for number, at in self._tried.items() if now - at < AGAIN_SECONDS)

    def _give(self, offer: Offer | None) -> None:
        if self._next.done():
            self._want_again()
        self.offer = offer
        self._next.set_result(offer)

    def _want_again(self) -> None:
        self.offer, self._next = None, asyncio.get_running_loop().create_future()


class Distribution:
    """The line of all desks and the offers made."""

    def __init__(
        self,
        agents: Agents,
        now: Callable[[], Moment],
        *,
        claims: Claims | None = None,
        later: Later = on_the_loop,
    ) -> None:
        self.claims = claims or Claims()
        self._agents, self._now, self._later = agents, now, later
        self._places: dict[str, Place] = {}
        self._all = Line()
        self._desks: dict[str, Line] = {}
        self._turns: dict[tuple[str, str], Turns] = {}
        self._used: OrderedDict[str, tuple[Wanted, str]] = OrderedDict()
        self._timers: set[Timer] = set()
        self._sweeping = self._again = False
        agents.on_free.append(self.sweep)

    def __len__(self) -> int:
        """Calls that wait or are offered to somebody, and places that are kept."""
        return len(self._places)

    def enter(self, wanted: Wanted, id: str | None = None) -> Place:
        """A call joins the line; agents may be reserved for it at once. Raises ValueError for an id that is
        in the line."""
        id, now = id or uuid4().hex, self._now()
        wanted = self._known(wanted, now)
        place = Place(self, id, wanted, now)
        self._all.enter(id, now.mono, wanted.priority)
        line = self._line(wanted)
        line.enter(id, now.mono, wanted.priority)
        self._places[id] = place
        line.agents = sum(1 for _ in self._present(place))
        self.sweep()
        return place

    def _known(self, wanted: Wanted, now: Moment) -> Wanted:
        """With what is remembered of the caller."""
        desk, caller = wanted.desk, wanted.caller
        refused = wanted.refused | self.claims.refused(desk, caller)
        claim = wanted.claim
        if claim is None and wanted.group.returning_days:
            claim = self.claims.holder(desk, caller, now.utc, refused)
        sales = wanted.sales or self.claims.is_sales(desk, caller)
        return replace(wanted, claim=claim, refused=refused, sales=sales)

    def waiting(self, desk: str | None = None) -> list[Place]:
        """The places of callers who wait in the line, first to last; of one desk or of all."""
        places = (self._places[each.id] for each in self._all)
        return [each for each in places if each.wanted.waits and desk in (None, each.wanted.desk)]

    def was_sales(self, id: str) -> bool:
        """The call that was answered was a sales call: the agent's turn is given back. False where it had
        used none."""
        used = self._used.pop(id, None)
        if used is not None:
            self._give_back(*used)
        return used is not None

    def metrics(self) -> dict[str, float]:
        """Figures for the status message and Prometheus. Of kept places nobody waits on the line."""
        waiting = [place for place in self.waiting() if not place.virtual]
        oldest = min((place.entered.mono for place in waiting), default=self._now().mono)
        return {"queue_waiting": len(waiting), "queue_longest_wait_seconds": self._now().mono - oldest}

    def close(self) -> None:
        """Ends the timers."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    # -- making offers ------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Offers every call that can be served now, in the order of the line."""
        self._again = True
        if self._sweeping:
            return
        self._sweeping = True
        try:
            while self._again:
                self._again = False
                self._sweep()
        finally:
            self._sweeping = False
        self._tell_moved()

    def _sweep(self) -> None:
        now = self._now()
        free: dict[str, Agent] = {}
        asked: set[frozenset[str]] = set()
        present: dict[frozenset[str], bool] = {}
        for each in self._all:
            place = self._places.get(each.id)
            if place is None or not place.waiting or place.paused:
                continue
            if place.could not in asked:  # of a large house only those whom a call waits for
                asked.add(place.could)
                free |= self._agents.free(place.could)
            if not place.could.isdisjoint(free) and self._offer(place, now, free):
                continue
            if not place.wanted.waits:
                self._remove(place)
                continue
            if place.could not in present:
                present[place.could] = place.anybody
            self._keep_waiting(place, now, present[place.could])

    def _offer(self, place: Place, now: Moment, free: dict[str, Agent]) -> bool:
        """Whether somebody was free for it; they are taken out of `free`."""
        key = (place.wanted.desk, place.wanted.group.name)
        memory = Memory(self._turns.get(key, Turns()), place._tried_lately(now.mono))
        choice = choose(place.wanted, free, memory)
        if not choice.numbers:
            return False
        self._turns[key], place._deserted = choice.turns, None
        for number in choice.numbers:
            del free[number]
            self._agents.ringing(number)
        place._give(Offer(self, place, choice.numbers, choice.turn))
        return True

    def _keep_waiting(self, place: Place, now: Moment, anybody: bool) -> None:
        self._line(place.wanted).waits(place.id, now.mono)
        if anybody:
            place._deserted = None
        elif place._deserted is None:
            place._deserted = now.mono
            self._sweep_in(DESERTED_SECONDS)
        elif now.mono - place._deserted >= DESERTED_SECONDS:
            self._remove(place)

    def _sweep_in(self, seconds: float) -> None:
        def go() -> None:
            self._timers.discard(timer)
            self.sweep()

        timer = self._later(seconds, go)
        self._timers.add(timer)

    def _tell_moved(self) -> None:
        for line in filter(None, self._desks.values()):
            for ahead, each in enumerate(line):
                place = self._places.get(each.id)
                if place is not None and place._position != ahead:
                    place._position = ahead
                    place.on_moved()

    # -- what came of an offer ----------------------------------------------------------------------------

    def _answered(self, offer: Offer, number: str, call_id: str) -> None:
        place, now = offer.place, self._now()
        wanted = place.wanted
        offered = offer._shut()
        line = self._line(wanted)
        line.agents = sum(1 for _ in self._present(place))
        line.taken(place.id, now.mono)
        self._all.leave(place.id)
        del self._places[place.id]
        place.offer = None
        if offer.turn and number in offered:
            self._remember(call_id, wanted, number)
        elif offer.turn:
            self._give_back(wanted, offered[0])
        if wanted.group.returning_days:
            days = wanted.group.returning_days
            self.claims.served(wanted.desk, wanted.caller, number, now.utc, days, wanted.refused)
        if number in self._agents:
            self._agents.answered(number, wanted.wrap_up)
        for other in offered:
            if other != number:
                self._agents.given_up(other)
        self.sweep()

    def _missed(self, offer: Offer, number: str, why: Miss) -> None:
        place, now = offer.place, self._now()
        place._tried[number] = now.mono
        if place.wanted.waits:
            self._sweep_in(AGAIN_SECONDS)
        if not offer._open:
            place._want_again()
        self._agents.missed(number, why, set_aside=place.wanted.group.missed == "set_aside")
        self.sweep()

    def _withdrawn(self, offer: Offer) -> None:
        left = self._shut(offer)
        self._remove(offer.place)
        self._let_go(left)

    def _keep(self, place: Place, agents: frozenset[str] | None) -> None:
        if place.id not in self._places:
            return
        place.virtual = place.paused = True
        left = [] if place.offer is None else self._shut(place.offer)
        if left:
            place._want_again()
        wanted = place.wanted
        if wanted.group.order == "together":  # one agent is to call
            wanted = replace(wanted, group=replace(wanted.group, order="longest_idle"))
        place.wanted = replace(wanted, only=agents)
        place.could = numbers_of(place.wanted)
        for line in (self._all, self._line(wanted)):
            line.keep(place.id)
        self._let_go(left)

    def _shut(self, offer: Offer) -> list[str]:
        """Ends an offer that comes to nothing without the agents' doing; returns who is to be let go."""
        left = offer._shut()
        if offer.turn and left:
            self._give_back(offer.place.wanted, left[0])
        return left

    def _let_go(self, numbers: list[str]) -> None:
        for number in numbers:
            self._agents.given_up(number)
        self.sweep()

    def _leave(self, place: Place) -> None:
        if place.offer is not None:
            place.offer.withdrawn()
        self._remove(place)
        self.sweep()

    def _remove(self, place: Place) -> None:
        if self._places.pop(place.id, None) is not None:
            self._all.leave(place.id)
            self._line(place.wanted).leave(place.id)
        place._give(None)

    # -- turns --------------------------------------------------------------------------------------------

    def _remember(self, id: str, wanted: Wanted, number: str) -> None:
        self._used[id] = (wanted, number)
        while len(self._used) > _REMEMBERED:
            self._used.popitem(last=False)

    def _give_back(self, wanted: Wanted, number: str) -> None:
        key = (wanted.desk, wanted.group.name)
        self._turns[key] = self._turns.get(key, Turns()).given_back(number, wanted.group.members)

    # -- figures ------------------------------------------------------------------------------------------

    def _line(self, wanted: Wanted) -> Line:
        if wanted.desk not in self._desks:
            self._desks[wanted.desk] = Line()
        return self._desks[wanted.desk]

    def _position(self, place: Place) -> int:
        return self._line(place.wanted).position(place.id) if place.id in self._places else 0

    def _estimate(self, place: Place) -> float:
        if place.id not in self._places:
            return 0.0
        return self._line(place.wanted).estimate(place.id, self._now().mono)

    def _anybody(self, place: Place) -> bool:
        return next(self._present(place), None) is not None

    def _present(self, place: Place) -> Iterator[str]:
        for number in place.could:
            if number in self._agents and self._agents.agent(number).present:
                yield number
