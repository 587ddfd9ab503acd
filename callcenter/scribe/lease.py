"""Keeping a claim while the work on it lasts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from sqlalchemy.exc import DBAPIError

from callcenter.store.engine import brief

log = logging.getLogger(__name__)


class ClaimLost(Exception):
    """The lease ran out, and another scribe has the call."""


@contextlib.asynccontextmanager
async def kept(renew: Callable[[], Awaitable[bool]], every: float, call_id: str) -> AsyncIterator[None]:
    """Calls `renew` every so many seconds while the block runs.

    Once it says False the block is cancelled, and ClaimLost raised in its place. A database that is away is
    no reason to stop: whether the claim is still ours is asked again in the transaction that ends the work.
    """
    task = asyncio.current_task()
    assert task is not None
    lost = asyncio.Event()

    async def keep() -> None:
        while True:
            await asyncio.sleep(every)
            try:
                if not await renew():
                    break
            except DBAPIError as error:
                log.warning("lease not renewed call=%s error=%s", call_id, brief(error))
        lost.set()
        task.cancel()

    renewing = asyncio.create_task(keep(), name=f"lease {call_id}")
    try:
        yield
    except asyncio.CancelledError:
        if lost.is_set() and task.uncancel() == 0:
            raise ClaimLost from None
        raise
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
