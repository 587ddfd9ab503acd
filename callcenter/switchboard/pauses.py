"""Keeps Python's garbage collector from stopping the sound.

A full collection walks every object there is, and the loop stands still meanwhile: up to 200 ms at 50 calls
set up a second, and the slowest set-ups (p99) fell from 228 to 11 ms when it was kept away. What lives as
long as the process is therefore taken out of all collections, and full ones are made by the clock: the
longer they take, the rarer they are. But a call that is over leaves some 40 KiB that refer to one another
(session, streams), which only a full collection frees: at 50 calls a second that would be 2 GB in a quarter
of an hour. So memory that has grown calls for one as well.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time

from callcenter.switchboard.census import resident

log = logging.getLogger(__name__)

YOUNG = 4000
"""Objects made before the youngest are looked through: 1 ms. Three times that is 4 ms (0.3 µs an object)."""
NEVER = 1 << 30
SELDOM = 60.0
"""Seconds between two full collections at the least."""
RARER = 10_000
"""Times what a full collection took, until the next: with 500 calls (100 ms) that is a quarter of an hour."""
GROWN = 64 << 20
"""Bytes by which the process may grow until the next full collection: some 1600 calls."""
LOOK = 5.0
"""Seconds between two looks at it."""


async def collect_seldom() -> None:
    """Call when everything that lasts is built; runs until it is cancelled."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 3, NEVER)
    took = 0.0
    while True:
        await _time_for_it(max(SELDOM, RARER * took))
        began = time.monotonic()
        found = gc.collect()
        took = time.monotonic() - began
        log.debug("garbage collected objects=%d seconds=%.4f", found, took)


async def _time_for_it(seconds: float) -> None:
    until, before = time.monotonic() + seconds, resident()
    while (left := until - time.monotonic()) > 0 and resident() - before < GROWN:  # noqa: ASYNC110
        await asyncio.sleep(min(LOOK, left))  # nobody tells of memory that grows
