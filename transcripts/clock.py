"""「下午五点半」 as a time of the day."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from transcripts.numerals import NUMERAL, value

_ONE = "[一二三四五六七八九]"
_MINUTE = rf"(?:零{_ONE}(?=分|$|[^十点])|[二三四五]?十{_ONE}?|\d\d)"
_COUNTED = "意见|问题|建议|要求|儿|名|心|击|评|什么|点|事"
"""「三点意见」 is no time."""

PARTS: Final = "凌晨|早上|早晨|早|上午|中午|下午|傍晚|晚上|晚|夜里"

_MORNING = ("凌晨", "早", "早上", "早晨", "上午")
_DAY_BREAKS, _NOON = 6, 12


def clock(name: str) -> str:
    """A regular expression of a time by the clock, whose groups end with `name`.

    A decimal (「三点五」) is none.
    """
    return (
        rf"(?P<hour{name}>{NUMERAL})"
        rf"(?:点(?!{_COUNTED})(?!{_ONE}(?!十|刻))"
        rf"(?:(?P<half{name}>半)|(?P<quarter{name}>[一三])刻|(?P<minute{name}>{_MINUTE})分?)?"
        rf"(?P<sharp{name}>钟|整)?|[:：](?P<colon{name}>[0-5]\d))"
    )


def time_of_day(found: re.Match[str], name: str) -> timedelta | None:
    """What the groups of `clock(name)` say, from 0:00 on; None: no such hour."""
    hour = value(found[f"hour{name}"])
    if hour is None or hour > 24:
        return None
    return timedelta(hours=hour, minutes=_minutes(found, name))


def _minutes(found: re.Match[str], name: str) -> int:
    if found[f"half{name}"]:
        return 30
    if found[f"quarter{name}"]:
        return 15 * (value(found[f"quarter{name}"]) or 0)
    return value(found[f"minute{name}"] or found[f"colon{name}"] or "零") or 0


def in_part(at: timedelta, part: str | None) -> timedelta:
    """The time in the part of the day that was named; it may be the next day's (「晚上十二点」).

    Without a part the hours from one to six are the afternoon's, as an office speaks.
    """
    hour = at // timedelta(hours=1)
    noon = timedelta(hours=_NOON)
    if part is None:
        return at + noon if 1 <= hour <= _DAY_BREAKS else at
    if part in _MORNING:
        return at - noon if part == "凌晨" and hour == _NOON else at
    return at + _LATER.get(part, _by_evening)(hour) * noon


def _by_evening(hour: int) -> int:
    """「下午五点」, 「晚上十二点」: how many half days are left out."""
    return 1 if hour < _NOON else 0


def _at_night(hour: int) -> int:
    """「晚上十二点」 is midnight, 「夜里两点」 the hour after it."""
    if hour == _NOON:
        return 1
    return 2 if hour < _DAY_BREAKS else _by_evening(hour)


def _at_noon(hour: int) -> int:
    return 1 if hour <= 3 else 0


_LATER: Final[Mapping[str, Callable[[int], int]]] = {
    "中午": _at_noon,
    "晚": _at_night,
    "晚上": _at_night,
    "夜里": _at_night,
}
