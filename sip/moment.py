"""An instant, read once where a datagram was read, in both clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Moment:
    """`utc` is for the record, `mono` (monotonic seconds) for durations."""

    utc: datetime
    mono: float

    def since(self, earlier: Moment) -> float:
        """Seconds from `earlier` to here, by the monotonic clock."""
        return self.mono - earlier.mono

    def plus(self, seconds: float) -> Moment:
        return Moment(self.utc + timedelta(seconds=seconds), self.mono + seconds)
