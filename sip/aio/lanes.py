"""Threads for what would keep the event loop too long: codecs, which let go of the interpreter.

Work given to one lane is done in its order; lanes are shared, and live as long as the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
from collections.abc import Callable
from typing import ClassVar, TypeVar

MOST = 4
"""Threads; no more than there are processors either."""

Result = TypeVar("Result")


class Lane:
    """One thread. `Lane.least_used()` gives a lane, which is to be given back."""

    _all: ClassVar[list[Lane]] = []

    def __init__(self, name: str) -> None:
        self.users = 0
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    @classmethod
    def least_used(cls) -> Lane:
        """A lane of its own where there may be one more, else the one with the fewest users."""
        if len(cls._all) < min(MOST, os.cpu_count() or 1) and all(lane.users for lane in cls._all):
            cls._all.append(cls(f"codec-{len(cls._all)}"))
        lane = min(cls._all, key=lambda each: each.users)
        lane.users += 1
        return lane

    def give_back(self) -> None:
        """Whoever took it does not need it any more."""
        self.users -= 1

    def work(self, work: Callable[[], None]) -> None:
        """Has something done that tells of its end itself, and does not raise."""
        self._work.put(work)

    def do(
        self,
        work: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Has `work` done in the thread; in the running event loop `done` gets what it returned, or `failed`
        what it raised."""
        loop = asyncio.get_running_loop()

        def carry_out() -> None:
            try:
                result = work()
            except Exception as error:
                _tell(loop, failed, error)
            else:
                _tell(loop, done, result)

        self._work.put(carry_out)

    def _run(self) -> None:
        while True:
            self._work.get()()


def _tell(loop: asyncio.AbstractEventLoop, whom: Callable[[Result], None], what: Result) -> None:
    # A loop that was closed meanwhile waits for nothing any more.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(whom, what)
