"""Rings a group of extensions, one after another or all at once, and says what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from callcenter.domain.calls import HungUpBy, Role
from callcenter.switchboard.dialling import Miss, Missed, dial
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.live_call import LiveCall
from callcenter.switchboard.picking import Picking

ELSEWHERE: Final = 'SIP;cause=200;text="Call completed elsewhere"'
"""Told to the phones that lost: a telephone then shows no missed call (RFC 3326 section 3.1)."""


@dataclass(frozen=True, slots=True)
class Group:
    """Who is rung, each for `ring_timeout` seconds from its first 18x."""

    numbers: tuple[str, ...]
    ring_timeout: float
    together: bool = False
    """All at once; else in this order."""


async def hunt(
    live: LiveCall,
    group: Group,
    role: Role,
    *,
    headers: tuple[tuple[str, str], ...] = (),
    on_ringing: Callable[[], None] = lambda: None,
) -> Leg | Missed:
    """The leg that answered, not bridged yet, or why nobody did. It may be that of a colleague who has picked
    the call up.

    Where the wait is cancelled, legs that ring stay with the call, which ends them.
    """
    before = set(live.legs)
    picking = live.picking = Picking(role, asyncio.get_running_loop().create_future())
    ringing = asyncio.create_task(_ring(live, group, role, headers, on_ringing), name=f"ring for {live.id}")
    try:
        ends: set[asyncio.Future[Any]] = {ringing, picking.leg}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        picked = picking.leg.result() if picking.leg.done() else None
        answered = ringing.result() if ringing.done() else None
        if picked is None or isinstance(answered, Leg):  # who was rung and picked up in that moment has it
            if picked is not None:
                _release(live, [picked])
            assert answered is not None
            return answered
        _release(live, [leg for leg in live.legs if leg not in before and leg is not picked])
        return picked
    finally:
        live.picking = None
        ringing.cancel()
        await asyncio.gather(ringing, return_exceptions=True)


async def _ring(
    live: LiveCall,
    group: Group,
    role: Role,
    headers: tuple[tuple[str, str], ...],
    on_ringing: Callable[[], None],
) -> Leg | Missed:
    async def one(number: str) -> Leg | Missed:
        return await dial(live, number, role, group.ring_timeout, headers=headers, on_ringing=on_ringing)

    if group.together:
        return await _together(live, group.numbers, one)
    misses: list[Missed] = []
    for number in group.numbers:
        result = await one(number)
        if isinstance(result, Leg):
            return result
        misses.append(result)
    return worst(misses)


async def _together(
    live: LiveCall, numbers: Sequence[str], dialled: Callable[[str], Coroutine[Any, Any, Leg | Missed]]
) -> Leg | Missed:
    before = set(live.legs)
    calls = {asyncio.create_task(dialled(number), name=f"ring for {live.id}") for number in numbers}
    misses: list[Missed] = []
    try:
        waiting = calls
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            results = [task.result() for task in done]
            misses += [result for result in results if isinstance(result, Missed)]
            # Two may have picked up in one moment: the first of them has the call.
            if answered := [result for result in results if isinstance(result, Leg)]:
                winner = min(answered, key=_answered_at)
                _release(live, [leg for leg in live.legs if leg not in before and leg is not winner])
                return winner
        return worst(misses)
    finally:
        for task in calls:
            task.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


def _answered_at(leg: Leg) -> float:
    assert leg.call.answered_at is not None
    return leg.call.answered_at.mono


def _release(live: LiveCall, losers: Sequence[Leg]) -> None:
    """CANCEL to those that ring, BYE to who picked up a moment too late."""
    for leg in losers:
        live.book.leg_lost(leg.id)
        live.drop_leg(leg, HungUpBy.SYSTEM, ELSEWHERE)


def worst(misses: Sequence[Missed]) -> Missed:
    """What the caller is told: that it rang and nobody came outweighs a busy line, and so on."""
    order = (Miss.NO_ANSWER, Miss.BUSY, Miss.REJECTED, Miss.UNREACHABLE)
    return min(misses, key=lambda missed: order.index(missed.why), default=Missed(Miss.UNREACHABLE))
