"""「明天下午五点以前」, 「下周三」, 「今天下班前」: a day, a part of it, a time by the clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from transcripts.clock import PARTS, clock, in_part, time_of_day
from transcripts.days import DAY, day_of

DAY_END: Final = time(23, 59)
WORK_END: Final = time(18)
"""「下班前」."""

PART_ENDS: Final[Mapping[str, time]] = {
    "凌晨": time(6),
    "早": time(10),
    "早上": time(10),
    "早晨": time(10),
    "上午": time(12),
    "中午": time(14),
    "下午": time(18),
    "傍晚": time(19),
    "晚": time(22),
    "晚上": time(22),
    "夜里": DAY_END,
}
PART_BEGINS: Final[Mapping[str, time]] = {
    "中午": time(12),
    "傍晚": time(18),
    "晚": time(18),
    "晚上": time(18),
}
"""「中午前」 is over when 「中午」 begins."""

_PART = rf"(?P<part>{PARTS})"
_CLOCK = rf"(?<![有这那几第差说]){clock('1')}(?:(?:到|至)(?P<part2>{PARTS})?{clock('2')})?"

POINT = re.compile(
    rf"(?=\S)(?:{DAY}的?)?(?:{_PART}(?!好|的?时候)的?)?(?:{_CLOCK}|(?P<off>下班)(?=之?前|以前))?"
    r"(?:左右)?(?P<before>以前|之前|前(?!台|面|期))?"
)
"""Every part may be missing: what is left without day, part and clock, `instant` refuses."""


def instant(found: re.Match[str], now: datetime, _works: Callable[[date], bool]) -> datetime | None:
    """The instant that `found` (of POINT) names, seen from `now`; None where it is past or no time at all."""
    if found["never"] or not _is_time(found):
        return None
    dated = _has_day(found)
    day = day_of(found, now.date()) if dated else now.date()
    if day is None:
        return None
    due = _due(found, day, now)
    if due is None or due > now:
        return due
    if not dated and found["hour1"]:
        return _due(found, day + timedelta(days=1), now)
    return None


def _has_day(found: re.Match[str]) -> bool:
    groups = ("named", "weekday", "whole", "month", "alone", "monthend")
    return any(found[group] for group in groups)


def _is_time(found: re.Match[str]) -> bool:
    """「一点」 and 「两点」 alone are a little and two points; 「早」 alone is early."""
    if _has_day(found) or found["off"]:
        return True
    if not found["hour1"]:
        return len(found["part"] or "") == 2
    certain = ("part", "half1", "quarter1", "minute1", "sharp1", "colon1", "before", "hour2")
    return any(found[group] for group in certain) or found["hour1"] not in ("一", "两")


def _due(found: re.Match[str], day: date, now: datetime) -> datetime | None:
    """The end of what was named, on `day`."""
    if found["hour1"]:
        name = "2" if found["hour2"] else "1"
        at = time_of_day(found, name)
        return None if at is None else _by_clock(at, found["part2"] or found["part"], day, now)
    if found["off"]:
        return datetime.combine(day, WORK_END, now.tzinfo)
    part = found["part"]
    ends = {**PART_ENDS, **PART_BEGINS} if found["before"] else PART_ENDS
    return datetime.combine(day, ends[part] if part else DAY_END, now.tzinfo)


def _by_clock(at: timedelta, part: str | None, day: date, now: datetime) -> datetime:
    """Without a part of the day, today's hour that is past is its double (「八点」 at noon: 20:00)."""
    midnight = datetime.combine(day, time(), now.tzinfo)
    due = midnight + in_part(at, part)
    later = due + timedelta(hours=12)
    if part is None and due <= now < later and later.date() == day:
        return later
    return due
