"""Who is rung next. Pure: a group, its agents and what is remembered go in, numbers come out.

A12 in turn: the turn goes round. Whoever is asked has had their turn, whether they answer or not; who was
busy or on a break when it came by has missed it, and nobody gets a turn back for that. A turn is given back
where it came to nothing without the agent's doing: the caller left while it rang, or was a sales call. A
call for a named person, a sales call that is known as one, and a caller who comes back to the agent who
first served them use no turn. Who lacks a skill that is wanted was not asked, and keeps their place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from callcenter.domain.agents import Agent

Order = Literal["in_turn", "longest_idle", "together", "in_order"]


@dataclass(frozen=True, slots=True)
class Member:
    """An agent of a group. Those of a lower `tier` are rung before those of a higher one."""

    number: str
    tier: int = 1
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RingGroup:
    """Agents and the order in which they are rung, each for `ring_timeout` seconds.

    `missed` says whether one who lets it ring out is set aside or kept. `returning_days`: how long a caller
    goes to the agent who first served them; 0: never. The groups of a desk have turns each of their own,
    which is what `name` is for.
    """

    order: Order
    members: tuple[Member, ...]
    ring_timeout: float = 20.0
    missed: Literal["set_aside", "keep"] = "set_aside"
    returning_days: int = 0
    name: str = ""

    @property
    def numbers(self) -> tuple[str, ...]:
        return tuple(member.number for member in self.members)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a call wants of a group. The higher its `priority`, the sooner its turn in the line.

    `named` is the one person it is for. `sales`: marked as a sales call. `waits`: in the line, until
    somebody is free. `claim` is the agent who first served this caller. `refused` are agents whom the caller
    does not want: they are rung only where the group has nobody else. `only` are those who may serve it at
    all, None: everybody. `wrap_up` is how many seconds the agent has after the call.
    """

    desk: str
    group: RingGroup
    caller: str
    skills: frozenset[str] = frozenset()
    priority: int = 0
    named: str | None = None
    sales: bool = False
    waits: bool = True
    claim: str | None = None
    refused: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    wrap_up: float = 0.0


@dataclass(frozen=True, slots=True)
class Turns:
    """The order in which agents get their turns now, next first; those of each tier in an order of theirs."""

    order: tuple[str, ...] = ()

    def of(self, members: Iterable[Member]) -> tuple[Member, ...]:
        """The members, next first. Who is new in the group comes last."""
        place = {number: index for index, number in enumerate(self.order)}
        return tuple(sorted(members, key=lambda member: place.get(member.number, len(place))))

    def taken(self, asked: str, able: Collection[str], members: Sequence[Member]) -> Turns:
        """After `asked` had their turn: they go to the end, behind those of their tier who were passed over
        though they were `able`. The others keep their places."""
        numbers = [member.number for member in self.of(members)]
        tier = {member.number: member.tier for member in members}
        before = numbers[: numbers.index(asked)]
        passed = [each for each in before if each in able and tier[each] == tier[asked]]
        kept = [each for each in numbers if each not in passed and each != asked]
        return Turns((*kept, *passed, asked))

    def given_back(self, number: str, members: Sequence[Member]) -> Turns:
        """After a turn of `number` came to nothing: they are next."""
        numbers = [member.number for member in self.of(members)]
        if number not in numbers:
            return self
        return Turns((number, *(each for each in numbers if each != number)))


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom to ring now, and the turns after that. `turn`: one of them was used."""

    numbers: tuple[str, ...]
    turns: Turns
    turn: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered besides the agents: the group's turns, and who was tried for this call already."""

    turns: Turns = Turns()
    tried: frozenset[str] = frozenset()


NOTHING: Final = Memory()


def able(wanted: Wanted) -> tuple[Member, ...]:
    """Members who could serve this call if they were free: the person named, or who has every skill."""
    if wanted.named is not None:
        return tuple(member for member in wanted.group.members if member.number == wanted.named) or (
            Member(wanted.named),
        )
    skilled = tuple(
        member
        for member in wanted.group.members
        if wanted.skills <= member.skills and (wanted.only is None or member.number in wanted.only)
    )
    return tuple(member for member in skilled if member.number not in wanted.refused) or skilled


def choose(wanted: Wanted, agents: Mapping[str, Agent], memory: Memory = NOTHING) -> Choice:
    """Who is to be rung for this call now, of those in `agents` who are free; nobody: an empty choice."""
    could = able(wanted)
    free = [
        member
        for member in could
        if member.number not in memory.tried and member.number in agents and agents[member.number].free
    ]
    if not free:
        return Choice((), memory.turns)
    if wanted.claim is not None and any(member.number == wanted.claim for member in free):
        return Choice((wanted.claim,), memory.turns)
    first = _first_tier(free)
    if wanted.group.order == "together":
        return Choice(tuple(member.number for member in first), memory.turns)
    if wanted.group.order != "in_turn":
        return Choice((_ordered(wanted.group.order, first, agents)[0].number,), memory.turns)
    asked = memory.turns.of(first)[0].number
    if wanted.named is not None or wanted.sales:
        return Choice((asked,), memory.turns)
    counted = {member.number for member in could} - memory.tried
    return Choice((asked,), memory.turns.taken(asked, counted, wanted.group.members), turn=True)


def _first_tier(free: Sequence[Member]) -> list[Member]:
    ordered = sorted(free, key=lambda member: member.tier)
    return list(next(members for _, members in groupby(ordered, key=lambda member: member.tier)))


def _ordered(order: Order, free: Sequence[Member], agents: Mapping[str, Agent]) -> Sequence[Member]:
    if order == "longest_idle":
        return sorted(free, key=lambda member: (agents[member.number].idle_since, member.number))
    return free
