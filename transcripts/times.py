"""Times promised aloud: 「两小时内」, 「明天下午五点以前」, as instants.

What has no time (「马上」, 「尽快」), what is past (「昨天」) and what recurs (「每天」) is left out.
Whoever promises a part of a day has until its end, who promises a day has until 23:59.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from transcripts.characters import Characters, breaths
from transcripts.durations import DURATION, after
from transcripts.points import POINT, instant
from transcripts.recogniser import Word
from transcripts.time_sounds import restored

PAUSE = 1.5
"""Seconds of silence that no time runs across."""


@dataclass(frozen=True, slots=True)
class SpokenTime:
    """A time that was said: `due` in the zone of the call, `start` and `end` in seconds, `text` as heard."""

    due: datetime
    start: float
    end: float
    text: str


def monday_to_friday(day: date) -> bool:
    """A calendar that knows no holidays."""
    return day.weekday() < 5


def find_times(
    words: Sequence[Word], begun: datetime, works: Callable[[date], bool] = monday_to_friday
) -> list[SpokenTime]:
    """The times in what one speaker said, in order.

    `begun` is second 0 of `words`, in the zone in which 「今天」 is meant; `works` says whether a day is a
    working day. Raises ValueError where `begun` has no zone.
    """
    if begun.tzinfo is None:
        raise ValueError("begun must carry the zone in which days are meant")
    found: list[SpokenTime] = []
    for breath in breaths(words, PAUSE):
        found += _in_breath(breath, begun, works)
    return found


def _in_breath(breath: Characters, begun: datetime, works: Callable[[date], bool]) -> list[SpokenTime]:
    text = restored(breath.text)
    found: dict[int, SpokenTime] = {}
    taken: set[int] = set()
    for pattern, resolve in ((DURATION, after), (POINT, instant)):
        for match in pattern.finditer(text):
            first, last = match.span()
            if first == last or taken & set(range(first, last)):
                continue
            start, end = breath.span(first, last)
            due = resolve(match, begun + timedelta(seconds=end), works)
            if due is not None:
                taken |= set(range(first, last))
                found[first] = SpokenTime(due, start, end, breath.text[first:last])
    return [found[first] for first in sorted(found)]
