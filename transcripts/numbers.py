"""Numbers as people write them: 「五栋八楼二号」 as 5栋802, 「一三八…」 as 138…, 「百分之五十」 as 50%.

A number is written in digits where what stands beside it says that it is one: a unit, more digits, a house.
「万一」, 「一下」, 「三响」, 「十分抱歉」 and 「一点」 stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from transcripts.clock import PARTS, clock, time_of_day
from transcripts.numerals import DIGITS, digits, value
from transcripts.pieces import Change, Piece, rewritten, text_of
from transcripts.rooms import ROOM, room

_NUMERAL = f"[{DIGITS}十百千万]+"
_ROW = "[零〇一幺二三四五六七八九]"
_TENS = "(?:[二三四五六七八九]?十[一二三四五六七八九]?)"
_LARGE = f"(?:[一二两三四五六七八九][百千万](?:[{DIGITS}十百千万]*))"
_AFTER_NUMBER = "(?![几多来余分足全字])"

_UNITS: Final = (
    "个?小时|个?钟头|分钟|刻钟|秒|块(?=钱)|元|角|平方米|平方|平米|平|吨|公里|公斤|米|岁|瓦|兆|楼|栋|幢|号楼|单元|号|"
    "年|月|日|度|层|个工作日"
)
_IDIOMS: Final = ("一度", "一层", "一角", "一平")
"""A single digit and a unit that mean something else, or read better in characters."""


def normalised(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces with numbers in digits; each replaced stretch is one piece that keeps what was heard."""
    text = text_of(pieces)
    taken: set[int] = set()
    changes: list[Change] = []
    for pattern, write in _KINDS:
        for found in pattern.finditer(text):
            first, after = found.span()
            if first == after or taken & set(range(first, after)):
                continue
            written = write(found)
            if written is not None:
                taken |= set(range(first, after))
                changes.append(Change(first, after, written))
    return rewritten(pieces, changes)


def _percent(found: re.Match[str]) -> str | None:
    return _and("{}%", _decimal(found[1]))


def _money(found: re.Match[str]) -> str | None:
    return _and("{}" + found[2], _decimal(found[1]))


def _decimal(numeral: str) -> str | None:
    """「三点五」 as 3.5; digits behind the point one by one."""
    whole, _, part = numeral.partition("点")
    number = value(whole)
    if number is None or (part and digits(part) is None):
        return None
    return f"{number}.{digits(part)}" if part else str(number)


def _date(found: re.Match[str]) -> str | None:
    year, month, day = (found[name] for name in ("year", "month", "day"))
    written = [f"{digits(year)}年"] if year else []
    for numeral, unit, most in ((month, "月", 12), (day, found["unit"], 31)):
        if numeral:
            number = value(numeral)
            if number is None or not 1 <= number <= most:
                return None
            written.append(f"{number}{unit}")
    return "".join(written)


def _time(found: re.Match[str]) -> str | None:
    """「下午五点半」 as 下午5:30; the full hour stays 下午5点."""
    at = time_of_day(found, "")
    certain = ("part", "half", "quarter", "minute", "sharp")
    if at is None or not any(found[group] for group in certain):
        return None
    hours, seconds = divmod(at.seconds + 86_400 * at.days, 3600)
    minutes = f":{seconds // 60:02d}" if seconds else "点" + (found["sharp"] or "")
    return f"{found['part'] or ''}{hours}{minutes}"


def _row(found: re.Match[str]) -> str | None:
    return digits(found[0])


def _counted(found: re.Match[str]) -> str | None:
    if found[0] in _IDIOMS:
        return None
    return _and("{}" + found["unit"], value(found["number"]))


def _plain(found: re.Match[str]) -> str | None:
    return _and("{}", value(found[0]))


def _and(text: str, number: int | str | None) -> str | None:
    return None if number is None else text.format(number)


_DECIMAL = f"{_NUMERAL}(?:点{_ROW}+)?"
_KINDS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...]] = (
    (re.compile(rf"百分之({_DECIMAL})"), _percent),
    (ROOM, room),
    (
        re.compile(
            rf"(?:(?P<year>{_ROW}{{2}}|{_ROW}{{4}})年)?(?P<month>{_NUMERAL})月份?(?:(?P<day>{_NUMERAL})(?P<unit>[号日]))?"
        ),
        _date,
    ),
    (re.compile(rf"(?<![有这那几第差说])(?P<part>{PARTS})?{clock('')}"), _time),
    (re.compile(rf"({_DECIMAL})(元|块钱|公里|平方米|平方|平米|吨|米|个百分点|万元|度)(?<!一度)"), _money),
    (re.compile(rf"(?<!{_ROW})(?:{_ROW}{{3,}}|{_ROW}{{2,}}(?=年|号|室))(?![{DIGITS}十百千万])"), _row),
    (re.compile(rf"(?<![第每几{DIGITS}十百千])(?P<number>{_NUMERAL})(?P<unit>{_UNITS})(?!儿|下)"), _counted),
    (
        re.compile(
            rf"(?<![几第{DIGITS}十百千万])(?:{_TENS}(?<!^十)|{_LARGE}){_AFTER_NUMBER}(?<=[{DIGITS}十百千][{DIGITS}十百千])"
        ),
        _plain,
    ),
)
"""In this order: what is found first is not looked at again."""
