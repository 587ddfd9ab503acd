"""Named tasks: a failure is logged, an end forgets the task."""

from __future__ import annotations

import asyncio

import pytest

from sip.aio.tasks import Tasks
from tests.support import eventually


async def test_a_failure_is_logged_with_its_name(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ValueError("a fault of ours")

    tasks = Tasks()
    tasks.start("call 1", fail())
    await eventually(lambda: not tasks.tasks)
    assert "task failed name=call 1 error=ValueError('a fault of ours')" in caplog.text


async def test_stopping_ends_what_runs() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            ended.append("work")

    tasks = Tasks()
    tasks.start("call 1", work())
    await asyncio.sleep(0)
    await tasks.stop()
    assert ended == ["work"] and not tasks.tasks


async def test_what_is_cancelled_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks()
    tasks.start("call 1", asyncio.sleep(60))
    (task,) = tasks.tasks
    task.cancel()
    await eventually(lambda: not tasks.tasks)
    assert not caplog.records
