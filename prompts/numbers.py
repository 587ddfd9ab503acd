"""Numbers, telephone numbers and times of day as the names of the recordings that say them.

`number.30` is said in the middle of a sentence and `number.30.end` at its end, so that its tune fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time
from typing import Final

MOST: Final = 9999
"""The greatest number that is recorded."""

PAUSE: Final = ""
"""Among the names: a short silence."""

SIGNS: Final = {"*": "star", "#": "pound"}
_DIGITS: Final = re.compile(r"\+?[0-9*#][0-9*#\- ]*")

_GROUPS: Final = {
    6: (3, 3),
    7: (3, 4),
    8: (4, 4),
    9: (3, 3, 3),
    10: (3, 3, 4),
    11: (3, 4, 4),
    12: (4, 4, 4),
}
"""How people group a number of so many digits, as 138-0013-8000."""

_DAY_PARTS: Final = ((6, "night"), (12, "morning"), (13, "noon"), (18, "afternoon"), (24, "evening"))
"""Until that hour: 凌晨, 上午, 中午, 下午, 晚上."""


def say_number(number: int, language: str, *, end: bool = True) -> list[str]:
    """0…9999. Not at the `end` it counts what is named next: 两位 instead of 二. Raises ValueError."""
    if not 0 <= number <= MOST:
        raise ValueError(f"{number} cannot be said: it is not between 0 and {MOST}")
    if number == 2 and not end and language == "zh-CN":
        return ["number.2.counted"]
    names = _NUMBERS[language](number)
    return [*names[:-1], *_at_the_end(names[-1])] if end else names


def say_counted(number: int, language: str, most: int) -> tuple[list[str], int | None]:
    """What comes before a number that is recorded with its unit, and which one that is: 一百, then 三十五位.

    None: the unit itself follows. Up to `most` numbers are recorded so. Raises ValueError.
    """
    names = say_number(number, language, end=False)
    tail = number % 100
    return (names[:-1], tail) if 0 < tail <= most else (names, None)


def say_digits(text: str, language: str, *, end: bool = True) -> list[str]:
    """A telephone number digit by digit, in groups; 1 is 幺. Raises ValueError."""
    if not _DIGITS.fullmatch(text):
        raise ValueError(f"{text!r} cannot be said: it may have digits, * and #")
    names: list[str] = []
    for at, group in enumerate(_grouped(text.removeprefix("+"))):
        stems = [f"digit.{SIGNS.get(sign, sign)}" for sign in group]
        names += [PAUSE, *stems] if at else stems
    return _ended(names, end)


def say_time(at: time, language: str, *, end: bool = True) -> list[str]:
    """A time of day to the minute: 上午九点零五分, nine oh five a.m."""
    return _ended(_TIMES[language](at), end and language == "en")


def _at_the_end(name: str) -> list[str]:
    """The last part, where the voice comes to rest: 三十五 is 三十 and 五, as few have such a recording."""
    _, digits, *counted = name.split(".")
    tens, ones = divmod(int(digits), 10)
    if tens >= 10:
        return [name]
    if ones and (counted or tens > 1):
        return [".".join(["number", f"{tens}0", *counted]), f"number.{ones}.end"]
    return [f"{name}.end"]


def _ended(names: list[str], end: bool) -> list[str]:
    return [*names[:-1], names[-1] + ".end"] if end else names


def _grouped(digits: str) -> list[str]:
    """As it is written, or as people group a number of that length, or by fours."""
    written = [group for group in re.split(r"[\- ]+", digits) if group]
    if len(written) > 1:
        return written
    (rest,) = written
    sizes = _GROUPS.get(len(rest), (len(rest),) if len(rest) < 6 else (4,) * (len(rest) // 4 + 1))
    groups = []
    for size in sizes:
        groups.append(rest[:size])
        rest = rest[size:]
    return [group for group in groups if group]


def _chinese(number: int) -> list[str]:
    thousands, rest = divmod(number, 1000)
    hundreds, small = divmod(rest, 100)
    names = [f"number.{thousands * 1000}"] if thousands else []
    if hundreds:
        names.append(f"number.{hundreds * 100}")
    if not names:
        return [f"number.{small}"]
    if small and not (hundreds and small >= 10):
        names.append("number.0")
    if 10 <= small < 20:
        return [*names, f"number.{small}.counted"]
    return [*names, f"number.{small}"] if small else names


def _english(number: int) -> list[str]:
    thousands, rest = number // 1000 * 1000, number % 1000
    hundreds, tens = rest // 100 * 100, rest % 100
    parts = [thousands, hundreds] + ([tens] if tens < 20 else [tens // 10 * 10, tens % 10])
    return [f"number.{part}" for part in parts if part] or ["number.0"]


def _chinese_time(at: time) -> list[str]:
    part = next(name for until, name in _DAY_PARTS if at.hour < until)
    hour = f"clock.{at.hour - 12 if at.hour > 12 else at.hour}"
    if at.minute == 30:
        return [f"clock.{part}", f"{hour}.half"]
    return [f"clock.{part}", hour, *([f"clock.minute.{at.minute}"] if at.minute else [])]


def _english_time(at: time) -> list[str]:
    names = [f"number.{at.hour % 12 or 12}"]
    if at.minute:
        names += (["clock.oh"] if at.minute < 10 else []) + _english(at.minute)
    return [*names, "clock.am" if at.hour < 12 else "clock.pm"]


_NUMBERS: Final[Mapping[str, Callable[[int], list[str]]]] = {"zh-CN": _chinese, "en": _english}
_TIMES: Final[Mapping[str, Callable[[time], list[str]]]] = {"zh-CN": _chinese_time, "en": _english_time}
LANGUAGES: Final = tuple(_NUMBERS)
"""Those whose numbers are known here."""
