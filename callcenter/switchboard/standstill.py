"""Notices when the event loop stands still, for how long, and in which of our lines.

A switchboard whose loop stands still hears no telephone, and nobody can tell afterwards what it did. A
thread therefore looks at the loop from outside, without touching it. What the process computed meanwhile
tells a loop that works too much from one that waits for something, or for a machine that does other work.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import Final

log = logging.getLogger(__name__)

BEAT: Final = 0.1
"""Seconds between two signs of life."""
LIMIT: Final = 1.0
"""Seconds without one that are a standstill: a phone sends its request again after half of it."""
FRAMES: Final = 3
"""Of the innermost, named in the log."""


@dataclass(slots=True)
class Standstill:
    """`longest` is in seconds, since the start."""

    limit: float = LIMIT
    longest: float = 0.0
    _beat: float = field(default_factory=time.monotonic, init=False)
    _where: str = field(default="", init=False)
    _over: threading.Event = field(default_factory=threading.Event, init=False)

    async def watch(self) -> None:
        """Watches the running loop until it is cancelled."""
        loop_thread = threading.get_ident()
        self._beat = time.monotonic()
        watcher = threading.Thread(target=self._look, args=(loop_thread,), name="standstill", daemon=True)
        watcher.start()
        try:
            while True:
                computed = time.process_time()
                await asyncio.sleep(BEAT)
                self._note(time.monotonic() - self._beat, time.process_time() - computed)
                self._beat = time.monotonic()
        finally:
            self._over.set()

    def _note(self, seconds: float, computed: float) -> None:
        self.longest = max(self.longest, seconds - BEAT)
        where, self._where = self._where, ""
        if seconds > self.limit:
            log.warning(
                "event loop stood still seconds=%.2f computed=%.2f at=%s", seconds, computed, where or "-"
            )

    def _look(self, loop_thread: int) -> None:
        """In a thread of its own."""
        while not self._over.wait(BEAT):
            if time.monotonic() - self._beat <= self.limit or self._where:
                continue
            frame = sys._current_frames().get(loop_thread)
            stack = traceback.extract_stack(frame)[-FRAMES:] if frame else []
            self._where = " < ".join(f"{each.filename}:{each.lineno}:{each.name}" for each in reversed(stack))
