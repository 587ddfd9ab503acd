"""「两小时内」, 「半个小时之内」, 「三个工作日内」: a time counted from now."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from transcripts.numerals import NUMERAL, amount
from transcripts.points import DAY_END

_TIMED: Final[Mapping[str, timedelta]] = {
    "分钟": timedelta(minutes=1),
    "刻钟": timedelta(minutes=15),
    "小时": timedelta(hours=1),
    "钟头": timedelta(hours=1),
}
_DAYS: Final[Mapping[str, int]] = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "个月": 30}
WORKING_DAY = "工作日"

_WITHIN = "(?:以内|之内|内|里面|之后|以后|后)"

DURATION = re.compile(
    rf"(?<![第每几这那前近点{'零一二三四五六七八九十百两'}])"
    rf"(?:(?P<low>{NUMERAL})(?:到|至|或者|或))?(?P<amount>半|{NUMERAL})个?(?P<half>半)?个?"
    rf"(?P<unit>分钟|刻钟|小时|钟头|工作日|星期|礼拜|周(?![一二三四五六日天末])|(?<=个)月|天|日(?={_WITHIN}))"
    rf"(?:左右)?(?P<within>{_WITHIN})?(?!以?前|之前|了|多|假)"
)
"""A count and a unit. 「第三天」, 「等了三天」 and 「三天前」 are none: they look back."""

ROUND_THE_CLOCK = timedelta(hours=24)
"""「二十四小时有人值班」: no promise, unless 「内」 makes it one."""


def after(found: re.Match[str], now: datetime, works: Callable[[date], bool]) -> datetime | None:
    """When the time is over that `found` (of DURATION) names, reckoned from `now`."""
    count = _count(found)
    since = found.string[: found.start()].endswith("了")  # 「等了半小时」, but 「记下了，半小时之内」
    if count is None or (since and not found["within"]):
        return None
    unit = "个月" if found["unit"] == "月" else found["unit"]
    if unit in _TIMED:
        long = _TIMED[unit] * count
        return None if long == ROUND_THE_CLOCK and not found["within"] else now + long
    if count < 1:
        return None
    if unit == WORKING_DAY:
        return _at_end(_working_day(now.date(), int(count), works), now)
    return _at_end(now.date() + timedelta(days=_DAYS[unit] * int(count)), now)


def _count(found: re.Match[str]) -> float | None:
    half = 0.5 if found["half"] else 0.0
    if found["amount"] == "半":
        return 0.5
    number = amount(found["amount"])
    return None if number is None or number > 10_000 else number + half


def _working_day(day: date, count: int, works: Callable[[date], bool]) -> date:
    """The `count`th working day after `day`."""
    for _ in range(20 * count + 60):  # no holiday is as long
        day += timedelta(days=1)
        count -= works(day)
        if not count:
            return day
    raise ValueError("the calendar of working days has none")


def _at_end(day: date, now: datetime) -> datetime:
    return datetime.combine(day, DAY_END, now.tzinfo)
