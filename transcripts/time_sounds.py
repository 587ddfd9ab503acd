"""Units of time that a recogniser wrote with other characters of their sound: 「良消失内」, 两小时内."""

from __future__ import annotations

import re
from functools import lru_cache

from transcripts.numerals import NUMERAL
from transcripts.sound import syllables

UNITS = ("小时", "分钟", "钟头", "工作日")
"""They name nothing else after a number, so anything there of their sound is they."""
_NUMERALS = "一二两三四五六七八九十半"
_TIMES = rf"(?:{'|'.join(UNITS)})"


def restored(text: str) -> str:
    """`text` with the time's own characters; as long as it was."""
    text = _units(text)
    text = re.sub(rf"(.)(?=个?{_TIMES})", _numeral, text)
    text = re.sub(r"(.)(?=天(?:之内|以内|内)|个(?:星期|礼拜|月)内)", _two, text)
    return re.sub(rf"(?<=午|晚)({NUMERAL})(.)(?=以前|之前|前|$)", _oclock, text)


def _units(text: str) -> str:
    """A unit is looked for after a numeral, 「个」 or a character that sounds like 「两」."""
    for unit in UNITS:
        for first in range(1, len(text) - len(unit) + 1):
            after = first + len(unit)
            before = text[first - 1]
            if (before in "个几" or _number(before)) and _alike(text[first:after], unit):
                text = text[:first] + unit + text[after:]
    return text


def _numeral(found: re.Match[str]) -> str:
    return found[1] if found[1] in "个几点零百千" else _number(found[1]) or found[1]


@lru_cache(maxsize=10_000)
def _number(heard: str) -> str | None:
    """The numeral of exactly that sound, 「两」 in any tone; None: there is none."""
    if heard in _NUMERALS:
        return heard
    sound = syllables(heard)
    exact = next((each for each in _NUMERALS if sound == syllables(each)), None)
    return exact or ("两" if _alike(heard, "两") else None)


def _two(found: re.Match[str]) -> str:
    return "两" if _alike(found[1], "两") else found[1]


def _oclock(found: re.Match[str]) -> str:
    return found[1] + ("点" if _alike(found[2], "点") else found[2])


@lru_cache(maxsize=10_000)
def _alike(heard: str, wanted: str) -> bool:
    """The same sounds, tones apart."""
    a, b = syllables(heard), syllables(wanted)
    return len(a) == len(b) and all(
        (x.initial, x.final) == (y.initial, y.final) for x, y in zip(a, b, strict=True)
    )
