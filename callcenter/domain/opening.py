"""When a desk is open: spans of a day's clock by kind of day, asked at an instant.

A span belongs to the day on which it begins, also where it ends the next morning: «22:00-06:00» of a
working day goes on into a holiday.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.domain.workdays import Calendar, DayKind

LOOK_AHEAD: Final = 400
"""Days that are searched for the next change; what has not changed by then is told as never changing."""
DAY: Final = 24 * 60
_SPAN: Final = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes since midnight: from `start` to before `end`, which is past midnight where over 1440."""

    start: int
    end: int

    @classmethod
    def parse(cls, text: object) -> Span:
        """`"08:30-12:00"`, `"00:00-24:00"`, or `"22:00-06:00"` into the next morning. Raises ValueError."""
        if isinstance(text, Span):
            return text
        match = _SPAN.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(f"{text!r} is no time from-to, for example 08:30-12:00")
        start, end = (
            int(hours) * 60 + int(minutes) for hours, minutes in (match.group(1, 2), match.group(3, 4))
        )
        if start >= DAY or end > DAY:
            raise ValueError(f"{text!r} is past 24:00")
        if start == end:
            raise ValueError(f"{text!r} is no time at all; all day is 00:00-24:00")
        return cls(start, end if end > start else end + DAY)

    def __str__(self) -> str:
        end = self.end if self.end <= DAY else self.end - DAY
        return f"{self.start // 60:02}:{self.start % 60:02}-{end // 60:02}:{end % 60:02}"


ALL_DAY: Final = Span(0, DAY)


@dataclass(frozen=True, slots=True)
class OpenState:
    """Whether it is open. `provisional`: the calendar does not know the day yet, and the weekday decided.
    `until`: the instant (UTC) at which that changes; None where it never does."""

    open: bool
    provisional: bool = False
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours by kind of day; `dates` go before all else."""

    working_days: tuple[Span, ...] = ()
    weekends: tuple[Span, ...] = ()
    holidays: tuple[Span, ...] = ()
    dates: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    def open_at(self, instant: datetime, zone: ZoneInfo, calendar: Calendar) -> OpenState:
        """Whether it is open at an aware instant, by the wall clock of `zone`."""
        local = instant.astimezone(zone)
        today = local.date()
        minute = local.hour * 60 + local.minute
        yesterday = today - timedelta(days=1)
        current = [span for span in self.spans(today, calendar) if span.start <= minute < span.end]
        late = [span for span in self.spans(yesterday, calendar) if minute + DAY < span.end]
        decided_by = yesterday if late and not current else today
        is_open = bool(current or late)
        provisional = decided_by not in self.dates and calendar.day(decided_by).provisional
        return OpenState(is_open, provisional, self._until(is_open, instant, today, zone, calendar))

    def spans(self, day: date, calendar: Calendar) -> tuple[Span, ...]:
        """The spans that begin on a day."""
        if day in self.dates:
            return self.dates[day]
        by_kind = {
            DayKind.WORKING: self.working_days,
            DayKind.WEEKEND: self.weekends,
            DayKind.HOLIDAY: self.holidays,
        }
        return by_kind[calendar.day(day).kind]

    def _until(
        self, is_open: bool, instant: datetime, today: date, zone: ZoneInfo, calendar: Calendar
    ) -> datetime | None:
        for start, end in self._stretches(today, zone, calendar):
            if start > instant:
                return None if is_open else start
            if end > instant:
                return end
        return None

    def _stretches(
        self, today: date, zone: ZoneInfo, calendar: Calendar
    ) -> Iterator[tuple[datetime, datetime]]:
        """When it is open, from yesterday on, as instants; spans that touch or overlap are one stretch."""
        begun: tuple[datetime, datetime] | None = None
        for offset in range(-1, LOOK_AHEAD):
            day = today + timedelta(days=offset)
            for span in sorted(self.spans(day, calendar), key=lambda span: span.start):
                start, end = _instant(day, span.start, zone), _instant(day, span.end, zone)
                if begun and start <= begun[1]:
                    begun = (begun[0], max(begun[1], end))
                    continue
                if begun:
                    yield begun
                begun = (start, end)
        # What is still open at the end of the search is open for ever, as far as anybody is told.


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    days, minute = divmod(minute, DAY)
    local = datetime.combine(day + timedelta(days=days), time(minute // 60, minute % 60), zone)
    return local.astimezone(UTC)
