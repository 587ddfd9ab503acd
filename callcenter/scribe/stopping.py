"""Letting go of work that takes long, once the scribe is to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """The work was given up: the scribe is to stop."""


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives. Once `stop` is set `work` is cancelled, and Stopped raised when it has ended."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Stopped
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
