"""「后天」, 「下周三」, 「十一月二十五号」: a day of the calendar, seen from another."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from transcripts.clock import PARTS, clock
from transcripts.numerals import NUMERAL, value

_NAMED: Final[Mapping[str, int]] = {
    "今": 0,
    "今天": 0,
    "今日": 0,
    "当天": 0,
    "明": 1,
    "明天": 1,
    "明日": 1,
    "后天": 2,
    "大后天": 3,
}
_WEEKS: Final[Mapping[str, int]] = {"": 0, "这": 0, "本": 0, "下": 1, "下下": 2}
_WEEKDAYS: Final = "一二三四五六日"
_SUNDAY = 6
HALF_A_YEAR = timedelta(days=180)
"""A date that is less far back was meant as past."""

_WEEK = "(?:星期|礼拜|周)"
_ONE = "一二两三四五六七八九十"

DAY: Final = (
    r"(?:(?P<never>昨天|前天|每天|天天|昨(?=早|晚)|每个?月|每周|"
    rf"(?:每|上)个?{_WEEK}(?:[{_WEEKDAYS}天末])?)"
    r"|(?P<named>大后天|后天|明天|明日|今天|今日|当天|今(?=早|晚)|明(?=早|晚))"
    rf"|(?:(?P<week>下下|下|这|本)个?|(?<![{_ONE}]))(?P<_w>{_WEEK})(?P<weekday>[{_WEEKDAYS}天末])(?!次|趟|遍)"
    rf"|(?P<whole>下下|下|这|本)个?{_WEEK}"
    rf"|(?P<month>{NUMERAL})月份?(?P<date>{NUMERAL})[号日]"
    rf"|(?<![栋楼层座室元门第])(?P<alone>{NUMERAL})[号日]"
    rf"(?=之?前|以前|{PARTS}|{clock('_ahead')})"
    r"|(?P<monthend>(?:这|本|下)?个?月[底末]))(?:之内|以内|内)?"
)
"""A regular expression; `never`: a day that is past, or recurs."""


def day_of(found: re.Match[str], today: date) -> date | None:
    """The day that `found` (a match with the groups of DAY) names; None where it cannot lie ahead."""
    if found["named"]:
        return today + timedelta(days=_NAMED[found["named"]])
    if found["weekday"]:
        return _weekday(found["week"] or "", found["weekday"], today)
    if found["whole"]:
        return _monday(today, found["whole"]) + timedelta(days=_SUNDAY)
    if found["month"]:
        return _dated(value(found["month"]), value(found["date"]), today)
    if found["alone"]:
        return _numbered(value(found["alone"]), today)
    if found["monthend"]:
        month = _next_month(today) if found["monthend"].startswith("下") else today
        return month.replace(day=monthrange(month.year, month.month)[1])
    return None


def _monday(today: date, week: str) -> date:
    return today - timedelta(days=today.weekday()) + timedelta(weeks=_WEEKS[week])


def _weekday(week: str, name: str, today: date) -> date | None:
    """A bare 「周三」 is the next one that comes; 「这周三」 may be past."""
    day = _monday(today, week) + timedelta(days=min(_SUNDAY, ("一二三四五六".find(name)) % 7))
    if day >= today:
        return day
    return None if week else day + timedelta(weeks=1)


def _dated(month: int | None, number: int | None, today: date) -> date | None:
    for year in (today.year, today.year + 1):
        try:
            day = date(year, month or 0, number or 0)
        except ValueError:
            continue
        if day >= today:
            return day
        if today - day < HALF_A_YEAR:
            return None
    return None


def _numbered(number: int | None, today: date) -> date | None:
    """「二十五号」 of this month or, where that is past, of the next."""
    for month in (today, _next_month(today)):
        if number and number <= monthrange(month.year, month.month)[1]:
            day = month.replace(day=number)
            if day >= today:
                return day
    return None


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
