"""Steps that lead to somebody at once: a group without a queue, an extension, a number outside, a desk."""

from __future__ import annotations

from callcenter.flows.schema import Ring, ToDesk, ToExtension, ToOutside
from callcenter.switchboard import routing
from callcenter.switchboard.forwarding import ToPerson
from callcenter.switchboard.offers import enter, ring_offers
from callcenter.switchboard.walk import Result, Walker, exit_of, handles, to_desk
from callcenter.switchboard.ways import Left, ToTrunk, Way


@handles(Ring)
async def ring(walker: Walker, step: Ring) -> Result:
    """The agents of a group that are free, as its order says."""
    place = enter(walker, step.group, step.skills, waits=False)
    try:
        result = await ring_offers(walker, place, step.group)
    finally:
        place.leave()
    if isinstance(result, Left):
        assert result.missed is not None
        walker.missed(result.missed)
        return exit_of(step, result.missed)
    return result


@handles(ToExtension)
async def extension(walker: Walker, step: ToExtension) -> Result:
    """One phone."""
    return await _try(walker, step, step.number, ToPerson(step.number, step.ring_timeout))


@handles(ToOutside)
async def outside(walker: Walker, step: ToOutside) -> Result:
    """A number outside: whoever writes the flow may let its callers go there."""
    number = walker.board.settings.numbering.canonical(step.number)
    way = ToTrunk(routing.ToOutside(number), step.ring_timeout)
    return await _try(walker, step, number, way)


@handles(ToDesk)
async def desk(walker: Walker, step: ToDesk) -> Result:
    """Another desk's flow, from its start at this hour."""
    other = walker.board.settings.desk(step.desk)
    assert other is not None  # checked with the flow
    walker.passed("step", other.id, "overflow")
    caller = walker.live.caller.party
    return await to_desk(walker.board, other, caller, walker.board.now().utc).reach(
        walker.story, walker.guide
    )


async def _try(walker: Walker, step: ToExtension | ToOutside, number: str, way: Way) -> Result:
    result = await way.reach(walker.story, walker.guide)
    if isinstance(result, Left) and result.missed is not None:
        walker.passed("ring", number, result.missed.why.value)
        walker.missed(result.missed)
        return exit_of(step, result.missed)
    walker.passed("ring", number, "answered")
    return result
