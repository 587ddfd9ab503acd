"""One clock for all who play: it goes on whatever one of them does."""

from __future__ import annotations

import asyncio
import time

import pytest

from sip.aio.keys import KeyPress
from sip.aio.player import Ticker
from tests.support import eventually


class Counter:
    def __init__(self) -> None:
        self.frames = 0

    def frame(self, now: float) -> None:
        self.frames += 1


async def goes_on(ticker: Ticker) -> None:
    """A player that is added is woken."""
    counter = Counter()
    ticker.add(counter)
    await eventually(lambda: counter.frames >= 3)
    ticker.remove(counter)


async def test_a_key_that_ends_in_a_late_tick_ends_once() -> None:
    """The loop stood still: several frames are due at once, and the key has none left."""
    ticker = Ticker.of_running_loop()
    ended: list[str] = []
    press = KeyPress("1", 40, send=lambda *_: None, ended=lambda: ended.append("1"))
    counter = Counter()
    ticker.add(counter)
    press.start()
    await asyncio.sleep(0)
    time.sleep(0.25)  # noqa: ASYNC251 - that is what is shown
    await eventually(lambda: ended)
    await goes_on(ticker)
    assert ended == ["1"]
    ticker.remove(counter)


async def test_one_that_fails_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    class Faulty:
        def frame(self, now: float) -> None:
            raise RuntimeError("no frame")

    ticker, counter, faulty = Ticker.of_running_loop(), Counter(), Faulty()
    ticker.add(faulty)
    ticker.add(counter)
    await eventually(lambda: counter.frames >= 3)
    assert caplog.text.count("player failed player=Faulty") == 1
    ticker.remove(counter)
    assert ticker._handle is None


async def test_the_next_one_begun_at_the_end_of_the_last_has_one_clock_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A key after a key, and nobody else plays: the clock stops and starts within one tick."""
    ticks: list[float] = []
    tick = Ticker._tick

    def counted(self: Ticker) -> None:
        ticks.append(time.monotonic())
        tick(self)

    monkeypatch.setattr(Ticker, "_tick", counted)
    ticker, counter = Ticker(), Counter()

    class Short:
        def frame(self, now: float) -> None:
            ticker.remove(self)
            ticker.add(counter)

    ticker.add(Short())
    await eventually(lambda: counter.frames >= 10)
    ticker.remove(counter)
    assert len(ticks) <= counter.frames + 2, "two clocks at once"
