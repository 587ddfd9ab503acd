"""Offers, places and the line: single cases, any sequence of events, and a busy hour."""

from __future__ import annotations

import asyncio
import random
import statistics
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from callcenter.domain.agents import AT_REST, Miss, State
from callcenter.domain.turns import Member, Memory, RingGroup, Turns, able, choose
from callcenter.switchboard.agents import Agents
from callcenter.switchboard.distribution import (
    AGAIN_SECONDS,
    DESERTED_SECONDS,
    Distribution,
    Offer,
    Place,
    Wanted,
)
from tests.unit.switchboard.clockwork import Clockwork

T = TypeVar("T")
ENGLISH = frozenset({"english"})


class Floor:
    """Agents with telephones, and a distribution, on a clock that the test turns."""

    def __init__(self, people: int = 3) -> None:
        self.clock = Clockwork()
        self.numbers = [str(n + 1) for n in range(people)]
        self.phones = dict.fromkeys(self.numbers, 1e6)
        self.legs: Counter[str] = Counter()
        self.agents = Agents(
            self.numbers,
            self.clock.now,
            phone=lambda number: self.phones[number],
            legs=self.legs,
            later=self.clock.later,
        )
        self.distribution = Distribution(self.agents, self.clock.now, later=self.clock.later)
        for number in self.numbers:
            self.agents.phone_changed(number)
        self._entered = 0

    def group(self, **more: Any) -> RingGroup:
        return RingGroup(**{"order": "in_turn", "members": tuple(map(Member, self.numbers))} | more)

    def enter(
        self, id: str | None = None, *, desk: str = "front", group: RingGroup | None = None, **more: Any
    ) -> Place:
        self._entered += 1
        wanted = Wanted(desk, group or self.group(), more.pop("caller", f"138{self._entered:08}"), **more)
        return self.distribution.enter(wanted, id)

    def talks(self, number: str) -> None:
        """The agent takes what they are offered, and is at it until `hangs_up`."""
        self.legs[number] += 1
        self.agents.leg_began(number, calls=False)
        self.agents.leg_answered(number)

    def hangs_up(self, number: str) -> None:
        self.legs[number] -= 1
        self.agents.leg_ended(number)
        self.clock.turn()

    def answer(self, place: Place) -> str:
        assert place.offer is not None
        number, offer = place.offer.numbers[0], place.offer
        self.talks(number)
        offer.answered(number)
        self.clock.turn()
        return number

    @property
    def states(self) -> list[State]:
        return [self.agents.state(number) for number in self.numbers]


@pytest.fixture
async def floor() -> AsyncIterator[Floor]:
    floor = Floor()
    yield floor
    floor.distribution.close()


def numbers_of(place: Place) -> tuple[str, ...]:
    return place.offer.numbers if place.offer else ()


async def test_who_is_free_is_offered_at_once(floor: Floor) -> None:
    place = floor.enter()
    offer = await place.offered()
    assert offer is not None and offer.numbers == ("1",) and offer is place.offer
    assert floor.agents.state("1") is State.RINGING
    assert await place.offered() is offer  # as long as it is open


async def test_an_agent_is_offered_to_one_call_only(floor: Floor) -> None:
    places = [floor.enter() for _ in range(5)]
    assert [numbers_of(place) for place in places] == [("1",), ("2",), ("3",), (), ()]
    assert [place.position for place in places] == [
        0,
        1,
        2,
        3,
        4,
    ]  # the first three ring, nobody has answered
    assert places[3].waiting and not places[0].waiting


async def test_the_next_in_line_is_served_when_an_agent_is_free(floor: Floor) -> None:
    places = [floor.enter() for _ in range(5)]
    for place in places[:3]:
        floor.answer(place)
    assert [place.position for place in places[3:]] == [0, 1]
    floor.hangs_up("2")
    assert numbers_of(places[3]) == ("2",) and numbers_of(places[4]) == ()


async def test_who_answered_leaves_the_line(floor: Floor) -> None:
    place = floor.enter()
    floor.answer(place)
    assert floor.distribution.waiting() == [] and place.position == 0 and place.estimate == 0.0
    place.leave()
    assert floor.states == [State.TALKING, State.READY, State.READY]


async def test_a_missed_call_is_offered_to_the_next(floor: Floor) -> None:
    place = floor.enter()
    (await _offer(place)).missed("1", Miss.NO_ANSWER)
    assert (await _offer(place)).numbers == ("2",)
    assert floor.agents.state("1") is State.SET_ASIDE


async def test_without_waiting_everybody_is_tried_once(floor: Floor) -> None:
    place = floor.enter(group=floor.group(missed="keep"), waits=False)
    tried: list[str] = []
    while (offer := await place.offered()) is not None:
        tried += offer.numbers
        offer.missed(offer.numbers[0], Miss.REJECTED)
    assert tried == ["1", "2", "3"]
    assert floor.distribution.waiting() == [] and floor.states == [State.READY] * 3


async def test_without_waiting_and_without_anybody(floor: Floor) -> None:
    for number in floor.numbers:
        floor.agents.set(number, State.BREAK, by="ana")
    assert await floor.enter(waits=False).offered() is None


async def test_who_waits_is_offered_to_the_same_agent_after_a_while(floor: Floor) -> None:
    place = floor.enter(group=floor.group(members=(Member("1"),), missed="keep"))
    (await _offer(place)).missed("1", Miss.NO_ANSWER)
    assert place.waiting
    floor.clock.turn(AGAIN_SECONDS - 0.1)
    assert place.waiting
    floor.clock.turn(0.2)
    assert (await _offer(place)).numbers == ("1",)


async def test_a_caller_who_leaves_frees_the_agents(floor: Floor) -> None:
    place = floor.enter(group=floor.group(order="together"))
    offer = await _offer(place)
    assert floor.states == [State.RINGING] * 3
    place.leave()
    assert floor.states == [State.READY] * 3 and not offer.open
    assert await place.offered() is None
    offer.answered("1")  # too late
    offer.missed("2", Miss.NO_ANSWER)
    assert floor.states == [State.READY] * 3


async def test_of_those_rung_together_one_has_the_call(floor: Floor) -> None:
    first, second = floor.enter(group=floor.group(order="together")), floor.enter()
    offer = await _offer(first)
    offer.missed("1", Miss.REJECTED)
    assert numbers_of(second) == ()  # 1 is set aside for a moment
    floor.talks("3")
    offer.answered("3")
    assert floor.agents.state("3") is State.TALKING and numbers_of(second) == ("2",)


async def test_a_caller_who_left_costs_nobody_a_turn(floor: Floor) -> None:
    floor.enter().leave()
    assert numbers_of(floor.enter()) == ("1",)


async def test_a_sales_call_costs_nobody_a_turn(floor: Floor) -> None:
    for id in ("sales", "other"):
        floor.answer(floor.enter(id))
    floor.hangs_up("1")
    floor.hangs_up("2")
    assert floor.distribution.was_sales("sales")
    assert not floor.distribution.was_sales("sales")
    assert numbers_of(floor.enter()) == ("1",)


async def test_who_picks_up_a_colleagues_telephone_has_the_call(floor: Floor) -> None:
    place = floor.enter()
    offer = await _offer(place)
    floor.talks("3")
    offer.answered("3")
    floor.clock.turn()
    assert floor.states == [State.READY, State.READY, State.TALKING]
    assert numbers_of(floor.enter()) == ("1",)  # they have not had their turn


async def test_a_named_person_is_waited_for(floor: Floor) -> None:
    floor.answer(floor.enter(named="2"))
    place, other = floor.enter(named="2"), floor.enter()
    assert numbers_of(place) == () and numbers_of(other) == ("1",)
    floor.hangs_up("2")
    assert numbers_of(place) == ("2",)


async def test_a_returning_caller_goes_to_who_first_served_them(floor: Floor) -> None:
    week = floor.group(returning_days=7)
    floor.answer(floor.enter(group=week, caller="138"))
    floor.hangs_up("1")
    assert numbers_of(floor.enter(group=week, caller="139")) == ("2",)
    assert numbers_of(floor.enter(group=week, caller="138")) == ("1",)


async def test_a_caller_may_refuse_the_agent_who_first_served_them(floor: Floor) -> None:
    week = floor.group(returning_days=7, order="in_order")
    floor.answer(floor.enter(group=week, caller="138"))
    floor.hangs_up("1")
    assert numbers_of(floor.enter(group=week, caller="138", refused=frozenset({"1"}))) == ("2",)


async def test_a_higher_priority_goes_first(floor: Floor) -> None:
    for _ in range(3):
        floor.answer(floor.enter())
    normal, urgent = floor.enter(), floor.enter(priority=1)
    assert (normal.position, urgent.position) == (1, 0)
    floor.hangs_up("1")
    assert numbers_of(urgent) == ("1",) and normal.waiting


async def test_nobody_waits_for_a_skill_in_front_of_others(floor: Floor) -> None:
    members = (Member("1"), Member("2"), Member("3", skills=ENGLISH))
    group = floor.group(members=members)
    floor.answer(floor.enter(group=group, skills=ENGLISH))
    english, chinese = floor.enter(group=group, skills=ENGLISH), floor.enter(group=group)
    assert english.waiting and numbers_of(chinese) == ("1",)
    floor.hangs_up("3")
    assert numbers_of(english) == ("3",)


async def test_desks_that_share_agents_stand_in_one_line(floor: Floor) -> None:
    for _ in range(3):
        floor.answer(floor.enter())
    places = [floor.enter(desk=desk) for desk in ("front", "repairs", "front", "repairs")]
    assert [place.position for place in places] == [0, 0, 1, 1]
    for number in "123":
        floor.hangs_up(number)
    assert [len(numbers_of(place)) for place in places] == [1, 1, 1, 0]
    assert [place.wanted.desk for place in floor.distribution.waiting("repairs")] == ["repairs"] * 2


async def test_a_caller_who_is_to_be_called_back_keeps_the_place(floor: Floor) -> None:
    for _ in range(3):
        floor.answer(floor.enter())
    first, second = floor.enter(), floor.enter()
    first.keep()
    assert first.virtual and (first.position, second.position) == (0, 1)
    floor.hangs_up("1")
    assert numbers_of(second) == ("1",)  # the first is on the line yet
    first.resume()
    floor.hangs_up("2")
    assert numbers_of(first) == ("2",)


async def test_a_kept_place_is_for_one_of_those_who_may_call(floor: Floor) -> None:
    for _ in range(3):
        floor.answer(floor.enter(group=floor.group(order="together")))
    place = floor.enter(group=floor.group(order="together"))
    place.keep(frozenset("23"))
    place.resume()
    for number in "123":
        floor.hangs_up(number)
    assert numbers_of(place) == ("2",)


async def test_an_offer_of_that_moment_comes_to_nothing_when_the_caller_keeps_the_place(floor: Floor) -> None:
    for _ in range(3):
        floor.answer(floor.enter())
    place = floor.enter()
    floor.hangs_up("2")
    offer = place.offer
    assert offer is not None
    place.keep()
    assert (offer.open, place.waiting, floor.agents.available("2")) == (frozenset(), True, True)
    place.resume()
    assert numbers_of(place) == ("2",)  # the turn was given back


async def test_who_has_left_the_line_keeps_no_place(floor: Floor) -> None:
    place = floor.enter()
    place.leave()
    place.keep()
    assert not place.virtual and len(floor.distribution) == 0


async def test_a_turn_is_remembered_by_the_call_in_which_they_talk(floor: Floor) -> None:
    place = floor.enter()
    assert place.offer is not None
    place.offer.answered("1", "called-back")
    assert not floor.distribution.was_sales(place.id)
    assert floor.distribution.was_sales("called-back")


async def test_who_waits_hears_of_their_position(floor: Floor) -> None:
    for _ in range(3):
        floor.answer(floor.enter())
    first, second = floor.enter(), floor.enter()
    heard: list[int] = []
    second.on_moved = lambda: heard.append(second.position)
    first.leave()
    assert heard == [0]


async def test_when_nobody_is_signed_on_those_who_wait_hear_so(floor: Floor) -> None:
    for _ in range(3):
        floor.answer(floor.enter())
    place = floor.enter()
    assert place.anybody
    for number in floor.numbers:
        floor.agents.set(number, State.SIGNED_OFF, by="ana")
        floor.hangs_up(number)
    assert not place.anybody and place.waiting  # somebody may come back
    floor.clock.turn(DESERTED_SECONDS + 1)
    assert await place.offered() is None


async def test_a_telephone_that_is_away_for_a_moment_sends_nobody_away(floor: Floor) -> None:
    floor.answer(floor.enter(group=floor.group(members=(Member("1"),))))
    place = floor.enter(group=floor.group(members=(Member("1"),)))
    for seconds in (0.0, 1e6):
        floor.phones["1"] = seconds
        floor.agents.phone_changed("1")
        floor.clock.turn(DESERTED_SECONDS - 1)
    floor.clock.turn(DESERTED_SECONDS)
    assert place.waiting


async def test_who_awaits_an_offer_may_be_cancelled(floor: Floor) -> None:
    for _ in range(3):
        floor.answer(floor.enter())
    place = floor.enter()
    task = asyncio.create_task(place.offered())
    await asyncio.sleep(0)
    floor.hangs_up("1")  # the offer is made, and cancelled before anybody took it
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    place.leave()
    assert floor.agents.available("1")


async def test_a_call_stands_in_the_line_once(floor: Floor) -> None:
    floor.enter("a")
    with pytest.raises(ValueError, match="a is in the line already"):
        floor.enter("a")


async def test_figures(floor: Floor) -> None:
    for _ in range(4):
        floor.enter()
    floor.clock.turn(7.0)
    assert floor.distribution.metrics() == {"queue_waiting": 4, "queue_longest_wait_seconds": 7.0}


async def test_closing_ends_the_timers(floor: Floor) -> None:
    (await _offer(floor.enter(group=floor.group(missed="keep")))).missed("1", Miss.BUSY)
    floor.distribution.close()
    floor.agents.close()
    assert floor.clock.due <= 1  # that an offer is over is looked at once


async def _offer(place: Place) -> Offer:
    offer = await place.offered()
    assert offer is not None
    return offer


# -- any sequence of events ---------------------------------------------------------------------------

GROUPS = (
    {"order": "in_turn"},
    {"order": "longest_idle", "missed": "keep"},
    {"order": "together", "members": (Member("1"), Member("2"), Member("3", 2))},
    {"order": "in_order", "members": (Member("3"), Member("4", skills=ENGLISH)), "name": "small"},
    {"order": "in_turn", "members": (Member("4"), Member("1"), Member("2")), "returning_days": 7},
)


class AnyHour(RuleBasedStateMachine):
    """Callers and agents do what they like."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.floor = self.do(lambda: Floor(4))
        self.places: list[Place] = []
        self.offered: set[Place] = set()

    def teardown(self) -> None:
        try:
            self.do(self.all_go_home)
            assert all(state in AT_REST for state in self.floor.states)
            assert not self.floor.distribution.waiting()
        finally:
            self.loop.close()

    def all_go_home(self) -> None:
        for place in self.places:
            place.leave()
        for number in self.floor.numbers:
            while self.floor.legs[number]:
                self.floor.hangs_up(number)
        self.floor.clock.turn(100.0)

    def do(self, work: Callable[[], T]) -> T:
        async def inside() -> T:
            return work()

        return self.loop.run_until_complete(inside())

    def pick(self, index: int, places: list[Place]) -> Place:
        return places[index % len(places)]

    @property
    def open(self) -> list[Place]:
        return [place for place in self.places if place.offer is not None and place.offer.open]

    @rule(
        group=st.sampled_from(GROUPS),
        desk=st.sampled_from(["front", "repairs"]),
        caller=st.sampled_from(["138", "139", ""]),
        skills=st.sampled_from([frozenset[str](), ENGLISH]),
        priority=st.integers(0, 2),
        waits=st.booleans(),
        wrap_up=st.sampled_from([0.0, 5.0]),
    )
    def enter(self, group: dict[str, Any], **more: Any) -> None:
        self.places.append(self.do(lambda: self.floor.enter(group=self.floor.group(**group), **more)))

    @precondition(lambda self: self.open)
    @rule(index=st.integers(0, 9), who=st.integers(0, 9))
    def answer(self, index: int, who: int) -> None:
        place = self.pick(index, self.open)
        assert place.offer is not None
        numbers, offer = sorted(place.offer.open), place.offer
        number = numbers[who % len(numbers)]

        def work() -> None:
            self.floor.talks(number)
            offer.answered(number)
            self.floor.clock.turn()

        self.do(work)

    @precondition(lambda self: self.open)
    @rule(index=st.integers(0, 9), who=st.integers(0, 9), why=st.sampled_from(Miss))
    def miss(self, index: int, who: int, why: Miss) -> None:
        place = self.pick(index, self.open)
        assert place.offer is not None
        numbers, offer = sorted(place.offer.open), place.offer

        def work() -> None:
            offer.missed(numbers[who % len(numbers)], why)
            self.floor.clock.turn()

        self.do(work)

    @precondition(lambda self: self.places)
    @rule(index=st.integers(0, 9))
    def leave(self, index: int) -> None:
        place = self.pick(index, self.places)

        def work() -> None:
            place.leave()
            self.floor.clock.turn()

        self.do(work)
        self.places.remove(place)

    @precondition(lambda self: self.places)
    @rule(index=st.integers(0, 9), agents=st.sampled_from([None, frozenset("12"), frozenset("4")]))
    def keep(self, index: int, agents: frozenset[str] | None) -> None:
        place = self.pick(index, self.places)

        def work() -> None:
            if place.wanted.waits and not place.virtual:
                place.keep(agents)
                self.floor.clock.turn()

        self.do(work)

    @precondition(lambda self: any(place.paused for place in self.places))
    @rule(index=st.integers(0, 9))
    def resume(self, index: int) -> None:
        place = self.pick(index, [place for place in self.places if place.paused])
        self.do(place.resume)

    @rule(who=st.integers(0, 3))
    def hang_up(self, who: int) -> None:
        number = self.floor.numbers[who]
        if self.floor.legs[number]:
            self.do(lambda: self.floor.hangs_up(number))

    @rule(who=st.integers(0, 3))
    def dial_out(self, who: int) -> None:
        number = self.floor.numbers[who]

        def work() -> None:
            self.floor.legs[number] += 1
            self.floor.agents.leg_began(number, calls=True)

        if not self.floor.legs[number]:
            self.do(work)

    @rule(who=st.integers(0, 3), wanted=st.sampled_from([State.READY, State.BREAK, State.SIGNED_OFF]))
    def wish(self, who: int, wanted: State) -> None:
        number = self.floor.numbers[who]
        if wanted is not State.READY or self.floor.phones[number]:
            self.do(lambda: self.floor.agents.set(number, wanted, by="ana"))

    @rule(who=st.integers(0, 3))
    def phone(self, who: int) -> None:
        number = self.floor.numbers[who]
        self.floor.phones[number] = 0.0 if self.floor.phones[number] else 1e6
        self.do(lambda: self.floor.agents.phone_changed(number))

    @rule(seconds=st.sampled_from([0.0, 0.5, 5.0, 11.0, 31.0]))
    def time(self, seconds: float) -> None:
        self.do(lambda: self.floor.clock.turn(seconds))

    @invariant()
    def nobody_is_offered_to_two_calls(self) -> None:
        offered = [number for place in self.open for number in place.offer.open]  # type: ignore[union-attr]
        assert len(offered) == len(set(offered))
        assert self.floor.agents._offered == set(offered)

    @invariant()
    def who_rings_is_offered_and_nobody_rings_for_nothing(self) -> None:
        offered = {number for place in self.open for number in place.offer.open}  # type: ignore[union-attr]
        ringing = {
            number for number in self.floor.numbers if self.floor.agents.state(number) is State.RINGING
        }
        assert ringing <= offered
        talking = {
            number for number in self.floor.numbers if self.floor.agents.state(number) is State.TALKING
        }
        assert offered <= ringing | talking
        at_it = {number for number in self.floor.numbers if self.floor.legs[number]}
        assert talking - offered == at_it - offered

    @invariant()
    def nobody_waits_who_could_be_served(self) -> None:
        now = self.floor.clock.now().mono
        for place in self.places:
            if place.waiting and not place.paused and self.due == 0.0:
                assert place.wanted.waits
                free = {
                    member.number: self.floor.agents.agent(member.number)
                    for member in able(place.wanted)
                    if self.floor.agents.available(member.number)
                }
                assert not choose(place.wanted, free, Memory(Turns(), place._tried_lately(now))).numbers

    @property
    def due(self) -> float:
        """0.0 unless something is to be looked at in this very instant."""
        soon = self.floor.clock.next_in
        return 0.0 if soon is None or soon > 0 else 1.0

    @invariant()
    def nobody_is_served_before_those_ahead_who_could_have_been(self) -> None:
        now = self.floor.clock.now().mono
        order = [self.floor.distribution._places[each.id] for each in self.floor.distribution._all]
        for index, place in enumerate(order):
            if place.offer is None or place in self.offered:
                continue
            for ahead in order[:index]:
                if ahead.waiting and not ahead.paused:
                    could = {member.number for member in able(ahead.wanted)} - ahead._tried_lately(now)
                    assert not could & place.offer.open
        self.offered = {place for place in order if place.offer is not None}

    @invariant()
    def what_is_told_of_the_wait_makes_sense(self) -> None:
        for desk in ("front", "repairs"):
            places = [self.floor.distribution._places[each.id] for each in self.floor.distribution._all]
            told = [(place.position, place.estimate) for place in places if place.wanted.desk == desk]
            assert [position for position, _ in told] == list(range(len(told)))
            assert all(seconds >= 0 for _, seconds in told)


TestAnyHour = AnyHour.TestCase
TestAnyHour.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


# -- a busy hour --------------------------------------------------------------------------------------


class Hour:
    """Callers and agents as tasks, on a clock of their own: an hour takes a second."""

    def __init__(self, people: int, seed: int) -> None:
        self.floor = Floor(people)
        self.random = random.Random(seed)
        self.first_offers: list[str] = []
        self.entered: list[str] = []
        self.ahead: dict[str, tuple[int, int]] = {}
        self.told: list[tuple[float, float]] = []
        self.told_in_line: list[tuple[str, float, float]] = []
        self.talked: dict[str, float] = {}
        self.answered: list[str] = []
        self.gone: list[str] = []
        self.on_the_phone: Counter[str] = Counter()
        self.rung: Counter[str] = Counter()
        self.tasks: list[asyncio.Task[Any]] = []

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        self.tasks.append(asyncio.create_task(work))

    async def sleep(self, seconds: float) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def over() -> None:
            if not done.done():
                done.set_result(None)

        self.floor.clock.later(seconds, over)
        await done

    async def caller(self, id: str, arrives: float, patience: float) -> None:
        await self.sleep(arrives)
        before = len(self.floor.distribution.waiting())
        place = self.floor.enter(id, group=self.floor.group(ring_timeout=15.0), wrap_up=5.0)
        self.entered.append(id)
        self.ahead[id] = (place.position, before)
        estimate, began = place.estimate, self.floor.clock.now().mono
        waiting = asyncio.create_task(self.served(id, place))
        tired = asyncio.create_task(self.sleep(patience))
        await asyncio.wait((waiting, tired), return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done() and place.offer is None:
            waiting.cancel()
            place.leave()
            self.gone.append(id)
        else:
            talked = await waiting
            self.talked[id] = talked
            if place.entered.mono < talked - 30.0 and before > 20:
                self.told.append((estimate, talked - began))
        tired.cancel()

    async def served(self, id: str, place: Place) -> float:
        """Rings whom is offered until one answers; returns when that was."""
        while (offer := await place.offered()) is not None:
            (number,) = offer.numbers
            if id not in self.first_offers:
                self.first_offers.append(id)
            self.on_the_phone[number] += 1
            assert self.on_the_phone[number] == 1, "an agent was rung twice at once"
            if self.random.random() < 0.03:
                await self.sleep(15.0)
                self.on_the_phone[number] -= 1
                offer.missed(number, Miss.NO_ANSWER)
                self.start(self.comes_back(number))
                continue
            await self.sleep(self.random.uniform(2.0, 8.0))
            self.floor.talks(number)
            offer.answered(number)
            self.answered.append(id)
            self.start(self.talk(number))
            return self.floor.clock.now().mono
        raise AssertionError(f"{id} was told that nobody will come")

    async def comes_back(self, number: str) -> None:
        await self.sleep(60.0)
        if self.floor.agents.state(number) is State.SET_ASIDE:
            self.floor.agents.set(number, State.READY, by=number)

    async def talk(self, number: str) -> None:
        await self.sleep(self.random.uniform(60.0, 180.0))
        self.on_the_phone[number] -= 1
        self.floor.legs[number] -= 1
        self.floor.agents.leg_ended(number)

    async def look(self, at: float) -> None:
        """What everybody in the line is told then."""
        await self.sleep(at)
        now = self.floor.clock.now().mono
        for place in self.floor.distribution.waiting():
            if place.waiting:
                self.told_in_line.append((place.id, now, place.estimate))

    async def run(self, callers: int) -> None:
        for n in range(callers):
            arrives, patience = self.random.uniform(0, 120), self.random.uniform(600, 3000)
            self.start(self.caller(f"call-{n:03}", arrives, patience))
        for at in (240.0, 400.0, 600.0):
            self.start(self.look(at))
        while any(not task.done() for task in self.tasks):
            for _ in range(8):  # whatever follows from what has happened
                await asyncio.sleep(0)
            self.floor.clock.turn(self.floor.clock.next_in or 0.0)
        await asyncio.gather(*self.tasks)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_200_callers_and_20_agents(seed: int) -> None:
    hour = Hour(20, seed)
    await hour.run(200)
    assert len(hour.answered) + len(hour.gone) == 200 and len(set(hour.answered + hour.gone)) == 200
    assert len(hour.answered) > 180
    waited = [id for id in hour.entered if id in hour.first_offers]
    assert hour.first_offers == waited  # in order, and none left out
    assert all(position == before for position, before in hour.ahead.values())
    ratios = [estimate / seconds for estimate, seconds in hour.told]
    assert len(ratios) > 50
    assert 0.6 < statistics.median(ratios) < 1.7
    measured = [
        estimate / (hour.talked[id] - at)
        for id, at, estimate in hour.told_in_line
        if id in hour.talked and hour.talked[id] - at > 30.0
    ]
    assert len(measured) > 100
    assert 0.75 < statistics.median(measured) < 1.3
    hour.floor.clock.turn(600.0)
    assert set(hour.floor.states) <= AT_REST and not hour.floor.distribution.waiting()
