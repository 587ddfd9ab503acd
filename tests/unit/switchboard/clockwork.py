"""Time that a test turns: a clock, and what was to be called later."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sip.moment import Moment

T0 = Moment(datetime(2026, 11, 22, 1, tzinfo=UTC), 1000.0)


@dataclass(eq=False)
class Alarm:
    callback: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


class Clockwork:
    """`now` and `later` as the switchboard's parts take them."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._alarms: list[tuple[float, int, Alarm]] = []
        self._count = 0

    def now(self) -> Moment:
        return T0.plus(self._seconds)

    def later(self, seconds: float, callback: Callable[[], None]) -> Alarm:
        self._count += 1
        alarm = Alarm(callback)
        heapq.heappush(self._alarms, (self._seconds + seconds, self._count, alarm))
        return alarm

    def turn(self, seconds: float = 0.0) -> None:
        """Time passes, and whatever is due happens at its instant."""
        until = self._seconds + seconds
        while self._alarms and self._alarms[0][0] <= until:
            at, _, alarm = heapq.heappop(self._alarms)
            if not alarm.cancelled:
                self._seconds = max(self._seconds, at)
                alarm.callback()
        self._seconds = until

    @property
    def due(self) -> int:
        """Alarms that are set."""
        return sum(not alarm.cancelled for _, _, alarm in self._alarms)

    @property
    def next_in(self) -> float | None:
        """Seconds to the next alarm."""
        live = [at for at, _, alarm in self._alarms if not alarm.cancelled]
        return min(live) - self._seconds if live else None
