"""The Chinese working calendar: which days are worked, with public holidays and 调休.

The State Council publishes a year's days off late in the year before. `chinesecalendar` has them once it
is released after that; a site adds what it knows sooner, or differently. A day that nobody knows is
provisional: Monday to Friday count as worked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

import chinese_calendar


class DayKind(StrEnum):
    """What a day is. A weekend that is worked in exchange for a holiday (调休) is a working day."""

    WORKING = "working"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class Day:
    """`provisional`: nobody has published that year yet, and the weekday decided."""

    kind: DayKind
    provisional: bool = False

    @property
    def worked(self) -> bool:
        return self.kind is DayKind.WORKING


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days that differ from their weekday, and the years in which every such day is known."""

    exceptions: Mapping[date, DayKind] = field(default_factory=dict)
    years: frozenset[int] = frozenset()

    def day(self, day: date) -> Day:
        """What a day is."""
        if (kind := self.exceptions.get(day)) is not None:
            return Day(kind)
        kind = DayKind.WEEKEND if day.weekday() >= 5 else DayKind.WORKING
        return Day(kind, day.year not in self.years)

    def workday_after(self, day: date, count: int) -> date:
        """The working day that is so many after `day`; with none of them `day` itself."""
        while count:
            day += timedelta(days=1)
            count -= self.day(day).worked
        return day

    def extended(self, exceptions: Mapping[date, DayKind], years: frozenset[int]) -> Calendar:
        """This calendar with what somebody else knows, who is right where the two differ."""
        return Calendar({**self.exceptions, **exceptions}, self.years | years)

    def provisional_days(self, first: date, count: int) -> Iterator[date]:
        """Of `count` days from `first` on, those that nobody has published yet."""
        for offset in range(count):
            day = first + timedelta(days=offset)
            if self.day(day).provisional:
                yield day


@cache
def published() -> Calendar:
    """What the installed release of chinesecalendar knows: the days since 2004 as they were published."""
    off = dict.fromkeys(chinese_calendar.holidays, DayKind.HOLIDAY)
    worked = dict.fromkeys(chinese_calendar.workdays, DayKind.WORKING)
    return Calendar({**off, **worked}, frozenset(day.year for day in off))
