"""Two hearings of the same sound laid beside one another, character by character, by sound and by time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from transcripts.pieces import Piece
from transcripts.recogniser import Word
from transcripts.sound import Syllable, cost, syllables

GAP = 0.6
"""The cost of a syllable that only one of the two heard."""
APART = 0.6
"""Seconds between the middles of two syllables beyond which they are not the same."""
OTHER_CHARACTER = 0.01
NEVER = 5.0


@dataclass(frozen=True, slots=True)
class Sound:
    """A character heard; `middle` is seconds, `word` the number of its word; not all have a `sound`."""

    text: str
    sound: Syllable | None
    middle: float
    confidence: float
    word: int


@dataclass(frozen=True, slots=True)
class Pair:
    """One step of the alignment: a character heard freely, one of the second hearing, or both."""

    free: int | None
    second: int | None
    cost: float


def spread(words: Iterable[Word | Piece]) -> list[Sound]:
    """Each word's characters, its time divided evenly among them."""
    spread = []
    for number, word in enumerate(words):
        sounds = syllables(word.text)
        step = (word.end - word.start) / max(1, len(word.text))
        for index, text in enumerate(word.text):
            sound = sounds[index] if len(sounds) == len(word.text) else None
            middle = word.start + step * (index + 0.5)
            spread.append(Sound(text, sound, middle, word.confidence, number))
    return spread


def _apart(a: Sound, b: Sound) -> float:
    if abs(a.middle - b.middle) > APART:
        return NEVER
    if a.text == b.text:
        return 0.0
    return OTHER_CHARACTER + (cost(a.sound, b.sound) if a.sound and b.sound else 1.0)


def align(free: Sequence[Sound], trade: Sequence[Sound]) -> list[Pair]:
    """The cheapest way from one hearing to the other."""
    rows = [list(accumulate([GAP] * len(trade), initial=0.0))]
    for heard in free:
        row = [rows[-1][0] + GAP]
        for column, other in enumerate(trade):
            together = rows[-1][column] + _apart(heard, other)
            row.append(min(together, rows[-1][column + 1] + GAP, row[column] + GAP))
        rows.append(row)
    return _trace(free, trade, rows)


def _trace(free: Sequence[Sound], trade: Sequence[Sound], rows: list[list[float]]) -> list[Pair]:
    pairs, row, column = [], len(free), len(trade)
    while row or column:
        apart = _apart(free[row - 1], trade[column - 1]) if row and column else NEVER
        if row and column and rows[row][column] == rows[row - 1][column - 1] + apart:
            row, column = row - 1, column - 1
            pairs.append(Pair(row, column, apart))
        elif row and (not column or rows[row][column] == rows[row - 1][column] + GAP):
            row -= 1
            pairs.append(Pair(row, None, GAP))
        else:
            column -= 1
            pairs.append(Pair(None, column, GAP))
    return pairs[::-1]
