from __future__ import annotations

import asyncio

import pytest

from callcenter.scribe.stopping import Stopped, unless


async def test_work_that_ends_gives_its_result() -> None:
    async def work() -> int:
        return 7

    assert await unless(asyncio.Event(), work()) == 7


async def test_an_error_of_the_work_comes_through() -> None:
    async def work() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        await unless(asyncio.Event(), work())


@pytest.mark.parametrize("by", ["stop", "cancelled"])
async def test_work_has_ended_before_it_is_let_go_of(by: str) -> None:
    stop, began, cleaned = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)  # as killing a process takes a turn or two
            cleaned.set()

    waiting = asyncio.create_task(unless(stop, work()))
    await began.wait()
    if by == "stop":
        stop.set()
    else:
        waiting.cancel()
    with pytest.raises(Stopped if by == "stop" else asyncio.CancelledError):
        await waiting
    assert cleaned.is_set()
