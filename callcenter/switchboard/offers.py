"""Rings the agents that the distribution offers for a call, until one answers or there is none left."""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.domain.turns import Member, RingGroup, Wanted
from callcenter.flows.schema import Group as GroupPart
from callcenter.switchboard.dialling import Miss, Missed
from callcenter.switchboard.distribution import Offer, Place
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.ringing import Group, hunt, worst
from callcenter.switchboard.walk import Walker
from callcenter.switchboard.ways import Left, unanswered


def enter(walker: Walker, group: str, skills: Sequence[str], *, waits: bool, priority: int = 0) -> Place:
    """A place for the caller in the line of a group of the walker's flow."""
    return walker.board.distribution.enter(
        Wanted(
            desk=walker.desk.id,
            group=ring_group(group, walker.flow.groups[group]),
            caller=walker.live.caller.party,
            skills=frozenset(skills),
            priority=priority,
            waits=waits,
            wrap_up=walker.flow.after.wrap_up,
        ),
        walker.live.id,
    )


def ring_group(name: str, group: GroupPart) -> RingGroup:
    """A flow's group as the turns know it."""
    members = tuple(Member(each.number, each.tier, frozenset(each.skills)) for each in group.agents)
    return RingGroup(group.order, members, group.ring_timeout, group.missed, group.returning, name)


async def ring_offers(walker: Walker, place: Place, group: str) -> Leg | Left:
    """Whoever of the group answers, or why nobody did."""
    misses: list[Missed] = []
    while (offer := await place.offered()) is not None:
        result = await ring_offer(walker, offer, walker.flow.groups[group].ring_timeout)
        if isinstance(result, Leg):
            return result
        misses.append(result)
    return unanswered(worst([*misses, *_not_rung(walker, group)]))


async def ring_offer(walker: Walker, offer: Offer, ring_timeout: float) -> Leg | Missed:
    """Rings those of one offer; tells the distribution what became of it, also where the caller leaves."""
    guide = walker.guide
    walker.tell_notice_early()
    rung = Group(offer.numbers, ring_timeout, together=len(offer.numbers) > 1)
    try:
        result = await hunt(walker.live, rung, guide.role, headers=guide.headers, on_ringing=guide.on_ringing)
    except BaseException:
        offer.withdrawn()
        raise
    numbers = ",".join(offer.numbers)
    if isinstance(result, Leg):
        offer.answered(result.party)
        walker.passed("ring", result.party, "answered")
        return result
    for number in offer.numbers:
        offer.missed(number, result.why)
    walker.passed("ring", numbers, result.why.value)
    return result


def _not_rung(walker: Walker, group: str) -> list[Missed]:
    """Why those were not offered who were not: they are talking, or not there."""
    agents = walker.flow.groups[group].agents
    busy = any(walker.board.occupied[agent.number] for agent in agents)
    return [Missed(Miss.BUSY if busy else Miss.UNREACHABLE)]
