"""Calls that were transcribed before it was kept what is read of them: filled in, a few at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from callcenter.store.engine import brief
from callcenter.store.utterances import fill_in

log = logging.getLogger(__name__)

AT_ONCE = 20
"""Recordings in one transaction: some tenths of a second."""
REST = 0.2
"""Seconds between two, for those who wait for the database."""
AGAIN = 30.0
"""Seconds until a database that is away is asked again."""

InSession = Callable[[Callable[[Session], list[str]]], Awaitable[list[str]]]


async def fill_in_all(
    in_session: InSession, names: Sequence[str], stop: asyncio.Event, *, rest: float = REST
) -> int:
    """Until none is left or `stop` is set; how many recordings were filled in."""
    done, last = 0, ""
    while not stop.is_set():
        wait = rest
        try:
            filled = await in_session(partial(fill_in, most=AT_ONCE, names=names, after=last))
        except DBAPIError as error:
            log.warning("utterances not filled in error=%s", brief(error))
            wait = AGAIN
        else:
            if not filled:
                break
            done, last = done + len(filled), filled[-1]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), wait)
    if done:
        log.info("utterances filled in recordings=%d", done)
    return done
