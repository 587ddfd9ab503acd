"""`sip.aio.lanes`: work is done elsewhere, in its order, and told in the event loop."""

from __future__ import annotations

import asyncio
import threading

from sip.aio.lanes import MOST, Lane
from tests.support import eventually


async def test_work_is_done_in_order_in_another_thread_and_told_here() -> None:
    lane, told, here = Lane.least_used(), list[tuple[int, int, int]](), threading.get_ident()
    for number in range(20):
        lane.do(
            lambda number=number: (number, threading.get_ident()),  # type: ignore[misc]
            lambda made: told.append((*made, threading.get_ident())),
            lambda error: told.append((-1, 0, 0)),
        )
    await eventually(lambda: len(told) == 20)
    assert [number for number, _, _ in told] == list(range(20))
    assert {where for _, where, _ in told} != {here}
    assert {where for _, _, where in told} == {here}
    lane.give_back()


async def test_what_is_raised_is_told_and_the_lane_goes_on() -> None:
    lane, told = Lane.least_used(), list[object]()
    lane.do(lambda: 1 // 0, told.append, told.append)
    lane.do(lambda: 2, told.append, told.append)
    await eventually(lambda: len(told) == 2)
    assert isinstance(told[0], ZeroDivisionError)
    assert told[1] == 2
    lane.give_back()


def test_a_loop_that_was_closed_is_not_told_and_the_lane_goes_on() -> None:
    async def hand_over() -> None:
        lane.do(lambda: gate.wait(10), lambda _: None, lambda _: None)

    gate, done = threading.Event(), threading.Event()
    lane = Lane.least_used()
    asyncio.run(hand_over())
    gate.set()
    lane.work(done.set)
    assert done.wait(10)
    lane.give_back()


def test_users_are_spread_and_lanes_are_few() -> None:
    lanes = [Lane.least_used() for _ in range(3 * MOST)]
    assert len(set(lanes)) <= MOST
    counts = [lane.users for lane in set(lanes)]
    assert max(counts) - min(counts) <= 1
    for lane in lanes:
        lane.give_back()
