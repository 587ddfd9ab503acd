"""Characters that sound the same, for names with a character that a recogniser has never heard of.

A model whose vocabulary lacks 逸 cannot listen for 「海逸长洲」; it can for 「海易长洲」, the same sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from pypinyin import Style, pinyin

CHINESE = range(0x4E00, 0xA000)
"""CJK Unified Ideographs."""


@cache
def _by_sound() -> dict[str, str]:
    """The characters with only one reading, by it (pinyin with its tone)."""
    found: dict[str, list[str]] = {}
    for code in CHINESE:
        readings = _readings(chr(code))
        if len(readings) == 1:
            found.setdefault(readings[0], []).append(chr(code))
    return {sound: "".join(characters) for sound, characters in found.items()}


def _readings(character: str) -> list[str]:
    """In pinyin with the tone, the usual one first; none of what is no Chinese character."""
    found = pinyin(character, style=Style.TONE3, heteronym=True, errors="ignore")
    return [*dict.fromkeys(each for readings in found for each in readings)]


def stand_in(character: str, knows: Callable[[str], bool]) -> str | None:
    """A character of the very same sound that the recogniser knows; None where there is none."""
    return next((each for each in _same(character) if each != character and knows(each)), None)


def _same(character: str) -> Iterator[str]:
    """Those that sound like its usual reading."""
    for sound in _readings(character)[:1]:
        yield from _by_sound().get(sound, "")
