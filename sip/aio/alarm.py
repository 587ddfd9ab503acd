"""An alarm of an event loop that, when the loop is late, lets it read first what waits at its sockets.

A loop that was held up finds its timers due and the answers unread. uvloop runs timers first, and a socket
gives a number of datagrams at a time: a request would be sent again to a peer that has long answered it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

LATE: Final = 0.02
"""Seconds after its time from which on an alarm gives way to what waits."""
NEXT_TURN: Final = 0.001
"""Seconds; a timer without a delay would ring before the loop has looked at its sockets."""
GIVES_WAY: Final = 8
"""Turns of the loop, each of 64 datagrams at a socket: a flood does not silence it."""


class Alarm:
    """Calls `ring` once when it is time. Made and used within a running loop."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._gave_way = 0

    @property
    def is_set(self) -> bool:
        return self._timer is not None

    def set(self, delay: float) -> None:
        """Rings in so many seconds, or when it was to ring anyway if that is earlier."""
        loop = asyncio.get_running_loop()
        due = loop.time() + max(0.0, delay)
        if self._timer is not None:
            if self._due <= due + 0.001:
                return
            self._timer.cancel()
        self._due = due  # uvloop's handle of a timer that is due at once cannot tell
        self._timer = loop.call_at(due, self._on_time)

    def cancel(self) -> None:
        """It does not ring; a second call does nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_time(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() > self._due + LATE and self._gave_way < GIVES_WAY:
            self._gave_way += 1
            self._timer = loop.call_later(NEXT_TURN, self._on_time)
            return
        self._timer, self._gave_way = None, 0
        self._ring()
