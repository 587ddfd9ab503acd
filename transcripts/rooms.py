"""Rooms as people say them: 「五栋八楼二号」 is 5栋802, 「十二号楼三单元五零二」 is 12号楼3单元502."""

from __future__ import annotations

import re
from typing import Final

from transcripts.numerals import DIGITS, digits, value

_ONE_TO_99 = "(?:[一二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
_NUMBER = f"(?:[{DIGITS}十百千]+)"

ROOM: Final = re.compile(
    rf"(?:(?P<block>{_NUMBER})(?P<kind>栋|幢|座|号楼|号院|区))?"
    rf"(?:(?P<unit>{_ONE_TO_99})单元)?"
    rf"(?:(?P<floor>{_ONE_TO_99})[楼层](?P<door>{_NUMBER})(?:号|室|房(?!号))?|(?P<number>{_NUMBER})(?P<word>号(?!楼)|室|房(?!号))?)?"
)
"""A block, a unit, a floor, a door; what is left without a block or a unit is no room (`room` gives None)."""


def room(found: re.Match[str]) -> str | None:
    """The room as it is written on a household's file; None where `found` (of ROOM) names no house."""
    if not found["block"] and not found["unit"]:
        return None
    written = ""
    if found["block"]:
        written += _plain(found["block"]) + found["kind"]
    if found["unit"]:
        written += _plain(found["unit"]) + "单元"
    if found["floor"]:
        return written + _door(found["floor"], found["door"])
    return written + (_number(found["number"]) if found["number"] else "") + (found["word"] or "")


def _plain(numeral: str) -> str:
    """「三」, 「十二」, 「一零二」 for a block: a number, or digits one by one."""
    spelt = digits(numeral) if len(numeral) > 1 else None
    number = value(numeral)
    return spelt or (str(number) if number is not None else numeral)


def _door(floor: str, door: str) -> str:
    """「八楼二号」 is 802; a door that was said with its floor (「八楼八零二」) is not put together again."""
    storey, number = _plain(floor), _plain(door)
    return number if len(number) > 2 else f"{storey}{number:0>2}"


def _number(numeral: str) -> str:
    """「五零二」, 「一千二百零一」, 「十二零一」 (1201), 「二十三零二」 (2302)."""
    spelt = digits(numeral)
    if spelt is not None:
        return spelt
    joined = re.fullmatch(rf"({_ONE_TO_99})(零[一二三四五六七八九]|[一二三四五六七八九]{{2}})", numeral)
    if joined:
        return _plain(joined[1]) + (digits(joined[2]) or "")
    number = value(numeral)
    return numeral if number is None else str(number)
