"""Who is rung next: A12's turns, tiers, skills, claims."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.agents import Agent, State
from callcenter.domain.turns import Choice, Member, Memory, Order, RingGroup, Turns, Wanted, able, choose
from sip.moment import Moment

T0 = Moment(datetime(2026, 11, 22, tzinfo=UTC), 0.0)
NUMBERS = ("1", "2", "3", "4")


def agent(number: str, state: State = State.READY, idle: float = 0.0) -> Agent:
    return Agent(number, state, T0, phone=True, idle_since=idle)


def agents(*busy: str) -> dict[str, Agent]:
    return {each: agent(each, State.TALKING if each in busy else State.READY) for each in NUMBERS}


def group(order: Order = "in_turn", *members: Member) -> RingGroup:
    return RingGroup(order, members or tuple(Member(number) for number in NUMBERS))


def wanted(of: RingGroup | None = None, **more: Any) -> Wanted:
    return Wanted("front", of or group(), "13800000000", **more)


def rounds(calls: list[Wanted], busy: list[tuple[str, ...]]) -> list[str]:
    """Whom a number of calls ring, each call alone, with those busy who were then."""
    turns, rung = Turns(), list[str]()
    for call, absent in zip(calls, busy, strict=True):
        choice = choose(call, agents(*absent), Memory(turns))
        turns = choice.turns
        rung.append("".join(choice.numbers))
    return rung


def test_the_turn_goes_round() -> None:
    assert rounds([wanted()] * 6, [()] * 6) == ["1", "2", "3", "4", "1", "2"]


def test_who_misses_a_turn_gets_no_make_up_turn() -> None:
    # 2 is busy when their turn comes: 3 is asked, and 2 is next when the turn has gone round.
    assert rounds([wanted()] * 6, [(), ("2",), (), (), (), ()]) == ["1", "3", "4", "1", "2", "3"]


def test_who_did_not_answer_has_had_their_turn() -> None:
    first = choose(wanted(), agents())
    assert first.numbers == ("1",) and first.turn
    again = choose(wanted(), agents(), Memory(first.turns, frozenset({"1"})))
    assert again.numbers == ("2",)
    assert choose(wanted(), agents(), Memory(again.turns)).numbers == ("3",)


@pytest.mark.parametrize("more", [{"named": "3"}, {"sales": True}, {"claim": "4"}])
def test_such_a_call_uses_no_turn(more: dict[str, Any]) -> None:
    turns = Turns(("2", "3", "4", "1"))
    choice = choose(wanted(**more), agents(), Memory(turns))
    assert choice.turns == turns and not choice.turn
    assert choice.numbers == {"named": ("3",), "sales": ("2",), "claim": ("4",)}[next(iter(more))]


def test_a_turn_that_came_to_nothing_is_given_back() -> None:
    choice = choose(wanted(), agents())
    assert choice.turns.given_back("1", group().members).order == NUMBERS
    assert choice.turns.given_back("9", group().members) == choice.turns


def test_a_person_who_is_no_member_can_be_named() -> None:
    assert choose(wanted(named="9"), {"9": agent("9")}).numbers == ("9",)
    assert choose(wanted(named="9"), agents()).numbers == ()


def test_who_lacks_the_skill_keeps_their_turn() -> None:
    members = (Member("1"), Member("2"), Member("3", skills=frozenset({"english"})), Member("4"))
    of = group("in_turn", *members)
    english = choose(wanted(of, skills=frozenset({"english"})), agents())
    assert english.numbers == ("3",)
    assert choose(wanted(of), agents(), Memory(english.turns)).numbers == ("1",)


def test_all_skills_are_wanted() -> None:
    of = group("in_turn", Member("1", skills=frozenset({"english"})), Member("2", skills=frozenset("ab")))
    assert choose(wanted(of, skills=frozenset({"english", "a"})), agents()).numbers == ()
    assert choose(wanted(of, skills=frozenset("ab")), agents()).numbers == ("2",)


def test_a_lower_tier_is_rung_first_whatever_the_turns() -> None:
    of = group("in_turn", Member("1", 2), Member("2", 2), Member("3", 1), Member("4", 1))
    turns, rung = Turns(), list[str]()
    for busy in ((), (), ("3", "4"), (), ("3", "4"), ("3", "4")):
        choice = choose(wanted(of), agents(*busy), Memory(turns))
        turns = choice.turns
        rung += choice.numbers
    assert rung == ["3", "4", "1", "3", "2", "1"]


def test_together_rings_a_whole_tier() -> None:
    of = group("together", Member("1"), Member("2"), Member("3", 2))
    assert choose(wanted(of), agents()).numbers == ("1", "2")
    assert choose(wanted(of), agents("1")).numbers == ("2",)
    assert choose(wanted(of), agents("1", "2")).numbers == ("3",)


def test_in_order_begins_with_the_first_each_time() -> None:
    of = group("in_order")
    assert [choose(wanted(of), agents(*busy)).numbers for busy in ((), ("1",), ())] == [
        ("1",),
        ("2",),
        ("1",),
    ]


def test_longest_idle() -> None:
    idle = {"1": agent("1", idle=5.0), "2": agent("2", idle=2.0), "3": agent("3", idle=9.0)}
    assert choose(wanted(group("longest_idle")), idle).numbers == ("2",)


def test_a_returning_caller_goes_to_their_agent_if_present() -> None:
    assert choose(wanted(claim="3"), agents()).numbers == ("3",)
    assert choose(wanted(claim="3"), agents("3")).numbers == ("1",)
    assert choose(wanted(claim="9"), agents()).numbers == ("1",)  # no member of this group


def test_who_is_refused_is_rung_only_where_there_is_nobody_else() -> None:
    assert choose(wanted(refused=frozenset({"1"})), agents()).numbers == ("2",)
    assert choose(wanted(refused=frozenset(NUMBERS)), agents()).numbers == ("1",)


def test_a_group_that_has_changed_keeps_the_turns_of_those_who_stay() -> None:
    turns = Turns(("3", "1", "2"))
    members = tuple(Member(number) for number in ("1", "3", "5"))
    assert [member.number for member in turns.of(members)] == ["3", "1", "5"]


numbers = st.sampled_from([f"{n}" for n in range(8)])
members = st.lists(
    st.builds(Member, numbers, st.integers(1, 3), st.frozensets(st.sampled_from("ab"))),
    max_size=8,
    unique_by=lambda member: member.number,
)
states = st.dictionaries(numbers, st.builds(agent, numbers, st.sampled_from(State), st.floats(0, 9)))


@given(
    order=st.sampled_from(["in_turn", "longest_idle", "together", "in_order"]),
    of=members,
    people=states,
    skills=st.frozensets(st.sampled_from("ab")),
    tried=st.frozensets(numbers),
    turns=st.lists(numbers, unique=True).map(lambda order: Turns(tuple(order))),
    refused=st.frozensets(numbers),
    claim=st.none() | numbers,
)
def test_only_those_are_rung_who_may_be_and_somebody_if_anybody_may(
    order: Order,
    of: list[Member],
    people: dict[str, Agent],
    skills: frozenset[str],
    tried: frozenset[str],
    turns: Turns,
    refused: frozenset[str],
    claim: str | None,
) -> None:
    people = {number: Agent(number, each.state, T0, phone=True) for number, each in people.items()}
    call = wanted(
        group(order, *of) if of else RingGroup(order, ()), skills=skills, refused=refused, claim=claim
    )
    may = {m.number: m for m in able(call) if m.number in people and people[m.number].free}
    may = {number: m for number, m in may.items() if number not in tried}
    choice = choose(call, people, Memory(turns, tried))
    assert bool(choice.numbers) == bool(may)
    assert set(choice.numbers) <= set(may)
    assert len(set(choice.numbers)) == len(choice.numbers)
    assert all(skills <= may[number].skills for number in choice.numbers)
    if may and choice.numbers != (claim,):
        assert {may[number].tier for number in choice.numbers} == {min(m.tier for m in may.values())}
    if choice.turn:
        assert sorted(choice.turns.order) == sorted(m.number for m in of)


class Pointer:
    """A12 as one would do it by hand: a list of names and a finger that goes round it."""

    def __init__(self, names: list[str]) -> None:
        self.names, self.at = names, 0

    def next(self, busy: set[str]) -> str:
        for _ in self.names:
            name = self.names[self.at % len(self.names)]
            self.at += 1
            if name not in busy:
                return name
        return ""


@given(st.integers(1, 6), st.lists(st.frozensets(st.integers(0, 5)), max_size=30))
def test_the_turns_are_those_of_a_finger_that_goes_round_a_list(
    people: int, calls: list[frozenset[int]]
) -> None:
    names = [str(n) for n in range(people)]
    finger, turns = Pointer(names), Turns()
    of = group("in_turn", *(Member(name) for name in names))
    for absent in calls:
        busy = {str(n) for n in absent if n < people}
        free = {name: agent(name, State.TALKING if name in busy else State.READY) for name in names}
        choice: Choice = choose(wanted(of), free, Memory(turns))
        turns = choice.turns
        assert "".join(choice.numbers) == finger.next(busy)
