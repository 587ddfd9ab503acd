"""How alike two Chinese syllables sound, for comparing what was heard with what was wanted.

A recogniser that hears 「蓉城误解」 for 「融创物业」 has heard nearly the right sounds and chosen the wrong
characters. Costs lie between 0 (the same) and 1 (nothing in common). Tones, easily confused, cost little.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from pypinyin import Style, lazy_pinyin

TONE_COST = 0.05
PART_COST = 0.5
"""An initial or a final that has nothing in common with the other."""

_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")

_CLOSE_INITIALS = {
    0.05: ("zh z", "ch c", "sh s"),
    0.1: ("n l",),
    0.15: ("f h", "r l"),
    0.25: (
        "b p",
        "d t",
        "g k",
        "j q",
        "z c",
        "zh ch",
        "zh j",
        "ch q",
        "sh x",
        "z j",
        "c q",
        "s x",
        "r y",
        "m n",
    ),
    0.3: ("k h", "g h", "c s", "ch sh", "q x", "h w", "f w", "r n"),
}
_CLOSE_FINALS = {
    0.05: ("in ing", "en eng", "an ang", "ian iang", "uan uang", "ong eng", "ün ing"),
    0.1: ("i in", "o uo", "e o", "uo ou", "ie ian", "u ü", "ao ou", "ün in", "üe ie", "ün iong"),
    0.2: ("an en", "ang eng", "ai ei", "uang uan", "a ai", "a an", "e en", "ui ei", "un en", "un ong",
          "ia ian", "ian in", "iang ing", "uai ai", "iao iu", "u ou", "e ei", "ai an", "ou ong",
          "i ei"),
}  # fmt: skip


def _table(groups: dict[float, tuple[str, ...]]) -> dict[frozenset[str], float]:
    return {frozenset(pair.split()): cost for cost, pairs in groups.items() for pair in pairs}


_INITIAL_COSTS, _FINAL_COSTS = _table(_CLOSE_INITIALS), _table(_CLOSE_FINALS)


class Syllable(NamedTuple):
    """One syllable in pinyin; `tone` is 1 to 4, or 5 for the neutral one."""

    initial: str
    final: str
    tone: int

    @classmethod
    def parse(cls, pinyin: str) -> Syllable:
        """`"zhong1"` as zh + ong, tone 1. y and w are written letters, not sounds: `yi` is i, `wu` is u."""
        found = re.fullmatch(r"([a-zü]+)([1-5]?)", pinyin.lower().replace("v", "ü"))
        if found is None:
            raise ValueError(f"{pinyin!r} is no syllable in pinyin")
        letters, tone = found[1], int(found[2] or 5)
        initial = next((each for each in _INITIALS if letters.startswith(each)), "")
        final = letters.removeprefix(initial)
        if initial in ("j", "q", "x", "y") and final.startswith("u"):
            final = "ü" + final[1:]
        if initial == "y":
            initial, final = "", final if final[0] in "iü" else "i" + final
        elif initial == "w":
            initial, final = "", final if final[0] == "u" else "u" + final
        return cls(initial, {"iou": "iu", "uei": "ui", "uen": "un"}.get(final, final), tone)

    def __str__(self) -> str:
        return f"{self.initial}{self.final}{self.tone}"


@lru_cache(maxsize=20_000)
def syllables(text: str) -> tuple[Syllable, ...]:
    """The syllables of the Chinese in `text`; punctuation, digits and Latin letters have none."""
    chinese = "".join(character for character in text if "\u4e00" <= character <= "\u9fff")
    spelt = lazy_pinyin(chinese, style=Style.TONE3, neutral_tone_with_five=True, errors="ignore")
    return tuple(Syllable.parse(each) for each in spelt if re.fullmatch(r"[a-zü]+[1-5]?", each))


@lru_cache(maxsize=100_000)
def cost(a: Syllable, b: Syllable) -> float:
    """How far apart two syllables sound, from 0 to 1."""
    if a == b:
        return 0.0
    parts = _part(a.initial, b.initial, _INITIAL_COSTS) + _part(a.final, b.final, _FINAL_COSTS)
    return min(1.0, parts + (TONE_COST if a.tone != b.tone and 5 not in (a.tone, b.tone) else 0.0))


def _part(a: str, b: str, table: dict[frozenset[str], float]) -> float:
    return 0.0 if a == b else table.get(frozenset((a, b)), PART_COST)
