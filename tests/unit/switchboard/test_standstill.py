from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from callcenter.switchboard.standstill import BEAT, Standstill
from tests.support import eventually, scaled


@asynccontextmanager
async def watched(watch: Standstill) -> AsyncIterator[None]:
    task = asyncio.create_task(watch.watch())
    await asyncio.sleep(2 * BEAT)
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def hold_up(seconds: float) -> None:
    time.sleep(seconds)


async def test_a_standstill_is_told_with_the_line_that_made_it(caplog: pytest.LogCaptureFixture) -> None:
    watch = Standstill(limit=0.2)
    async with watched(watch):
        hold_up(1.0)
        await eventually(lambda: "event loop stood still" in caplog.text)
    assert watch.longest >= 0.8
    (told,) = (each.getMessage() for each in caplog.records if "stood still" in each.getMessage())
    assert "test_standstill.py" in told and ":hold_up" in told


async def test_a_loop_that_runs_is_not_told_of(caplog: pytest.LogCaptureFixture) -> None:
    watch = Standstill(limit=scaled(30.0))
    async with watched(watch):
        await asyncio.sleep(5 * BEAT)
    assert "stood still" not in caplog.text
    assert watch.longest < scaled(30.0)


async def test_it_ends_with_its_task() -> None:
    watch = Standstill()
    async with watched(watch):
        pass
    assert watch._over.is_set()
