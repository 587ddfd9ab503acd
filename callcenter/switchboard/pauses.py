"""Keeps Python's garbage collector from stopping the sound.

A full collection walks every object there is, and the loop stands still meanwhile: up to 200 ms at 50 calls
set up a second, and the slowest set-ups (p99) fell from 228 to 11 ms when it was kept away. What lives as
long as the process is therefore taken out of all collections, and full ones are made by the clock: the
longer they take, the rarer they are.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time

log = logging.getLogger(__name__)

YOUNG = 4000
"""Objects made before the youngest are looked through: 1 ms. Three times that is 4 ms (0.3 µs an object)."""
NEVER = 1 << 30
SELDOM = 60.0
"""Seconds between two full collections at the least."""
RARER = 10_000
"""Times what a full collection took, until the next: with 500 calls (100 ms) that is a quarter of an hour."""


async def collect_seldom() -> None:
    """Call when everything that lasts is built; runs until it is cancelled."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 3, NEVER)
    took = 0.0
    while True:
        await asyncio.sleep(max(SELDOM, RARER * took))
        began = time.monotonic()
        found = gc.collect()
        took = time.monotonic() - began
        log.debug("garbage collected objects=%d seconds=%.4f", found, took)
