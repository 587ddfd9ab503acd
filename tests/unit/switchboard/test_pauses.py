"""The garbage collector: full collections by the clock, and calls that leave little for them."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from callcenter.switchboard import pauses
from callcenter.switchboard.live_call import LiveCall
from tests.board import Phone, Switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone


class Knot:
    """Garbage that only a full collection finds."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def collector() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


async def test_garbage_goes_by_the_clock(monkeypatch: pytest.MonkeyPatch, collector: None) -> None:
    monkeypatch.setattr(pauses, "SELDOM", 0.01)
    monkeypatch.setattr(pauses, "RARER", 0)
    knot = Knot()
    task = asyncio.create_task(pauses.collect_seldom())
    await eventually(lambda: gc.get_threshold()[2] == pauses.NEVER)
    frozen = gc.get_freeze_count()
    assert frozen > 10_000
    late = Knot()
    gone = weakref.ref(late)
    del late
    await eventually(lambda: gone() is None)
    assert knot.me is knot and gc.get_freeze_count() <= frozen
    task.cancel()


async def test_garbage_goes_when_memory_has_grown(monkeypatch: pytest.MonkeyPatch, collector: None) -> None:
    """Long before its time: what calls leave must not fill the machine's memory."""
    size = pauses.GROWN
    monkeypatch.setattr(pauses, "LOOK", 0.01)
    monkeypatch.setattr(pauses, "resident", lambda: size)
    task = asyncio.create_task(pauses.collect_seldom())
    await eventually(lambda: gc.get_threshold()[2] == pauses.NEVER)
    await asyncio.sleep(0.05)
    late = Knot()
    gone = weakref.ref(late)
    del late
    await asyncio.sleep(0.1)
    assert gone() is not None
    size *= 2
    await eventually(lambda: gone() is None)
    task.cancel()


async def test_a_call_that_is_over_keeps_nothing_of_the_switchboard(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    """SIP remembers it for 32 s, for late messages: that must not keep legs, streams and recordings."""
    agent = await make_phone("1")
    await caller.dial("8000")
    await caller.connected()
    live = weakref.ref(await desk.live())
    assert isinstance(live(), LiveCall)
    caller.call.hangup()
    await agent.call.over()
    await eventually(lambda: not desk.board.calls)
    await desk.board.ledger.flush()

    def forgotten() -> bool:
        gc.collect()
        return live() is None

    await eventually(forgotten)
