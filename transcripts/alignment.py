"""Finding a phrase among the words heard, by sound: where it fits best, and how well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transcripts.recogniser import Word
from transcripts.sound import Syllable, syllables
from transcripts.sound_costs import Costs, Places, cost_table, numbers_of, padded
from transcripts.utterances import join_text

MISSING_COST = 1.0
"""A wanted syllable that was not heard."""
EXTRA_COST = 0.5
"""A syllable heard between two wanted ones."""
PAUSE_COST = 1.0
"""A pause of LONGEST_PAUSE seconds or more within the phrase."""
LONGEST_PAUSE = 1.5
SAME = 1e-6
"""Sums that differ by less are the same."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A phrase to look for. `core`: the positions of the syllables without which it is another phrase."""

    text: str
    sounds: tuple[Syllable, ...]
    core: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """`"请问【还有】什么"`: what stands in 【】 is the core; without brackets all of it is.

        Raises ValueError where no Chinese stands in `text` or a bracket is open.
        """
        if text.count("【") != text.count("】"):
            raise ValueError(f"{text!r} has an open bracket")
        plain = text.replace("【", "").replace("】", "")
        sounds = syllables(plain)
        if not sounds:
            raise ValueError(f"{text!r} holds no Chinese")
        marked: set[int] = set()
        position = 0
        for number, part in enumerate(text.replace("】", "【").split("【")):
            length = len(syllables(part))
            if number % 2:
                marked.update(range(position, position + length))
            position += length
        return cls(plain, sounds, frozenset(marked or range(len(sounds))))


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern fits best.

    `cost` is the mean cost of its syllables and `core_cost` that of its core, from 0 (all heard) to 1
    (nothing like it); `start` and `end` are seconds; `heard` are the words there, as they were recognised.
    """

    pattern: str
    cost: float
    core_cost: float
    start: float
    end: float
    heard: str

    @property
    def worst(self) -> float:
        """The figure that thresholds are set against: neither the whole nor the core may be far off."""
        return max(self.cost, self.core_cost)


@dataclass(frozen=True, slots=True)
class Heard:
    """One syllable that was heard: in which word (its number), from when to when, in seconds."""

    sound: Syllable
    word: int
    start: float
    end: float


def spread(words: Sequence[Word]) -> list[Heard]:
    """Each word's syllables, its time divided evenly among them."""
    heard = []
    for number, word in enumerate(words):
        sounds = syllables(word.text)
        step = (word.end - word.start) / max(1, len(sounds))
        heard += [
            Heard(sound, number, word.start + step * index, word.start + step * (index + 1))
            for index, sound in enumerate(sounds)
        ]
    return heard


class Track:
    """Words made ready to be searched: what one speaker said, in order of time. Made once, searched often."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = tuple(words)
        self.heard = spread(self.words)
        self._sounds = numbers_of(each.sound for each in self.heard)
        self._begun = np.array([self.words[each.word].start for each in self.heard])
        starts, ends = (np.array([getattr(each, name) for each in self.heard]) for name in ("start", "end"))
        self._pauses = np.zeros(len(self.heard))
        self._pauses[1:][starts[1:] - ends[:-1] >= LONGEST_PAUSE] = PAUSE_COST

    def find(self, patterns: Sequence[Pattern], start: float, end: float, limit: float) -> list[Match | None]:
        """The best fit of each pattern among the words that begin within `start` to `end` seconds; None where
        it costs more than `limit` (0 to 1)."""
        here = np.flatnonzero((self._begun >= start) & (self._begun <= end))
        if not here.size or not patterns:
            return [None] * len(patterns)
        pauses = self._pauses[here].copy()
        pauses[0] = 0.0
        wanted = padded([numbers_of(each.sounds) for each in patterns])
        costs = cost_table(wanted, self._sounds[here])
        rows = _fill(costs, pauses)
        return [
            self._match(each, costs[number], rows[number], pauses, here, limit)
            for number, each in enumerate(patterns)
        ]

    def _match(
        self, pattern: Pattern, costs: Costs, rows: Costs, pauses: Costs, here: Places, limit: float
    ) -> Match | None:
        length = len(pattern.sounds)
        last = int(rows[length].argmin())
        cost = min(1.0, float(rows[length, last]) / length)
        if cost > limit:
            return None
        each, touched = _trace(costs, rows, pauses, length, last)
        if not touched:
            return None
        first, final = self.heard[here[min(touched)]], self.heard[here[max(touched)]]
        core = sum(each[position] for position in pattern.core) / len(pattern.core)
        heard = join_text(self.words[first.word : final.word + 1])
        return Match(pattern.text, cost, min(1.0, core), first.start, final.end, heard)


def find(
    pattern: Pattern, words: Sequence[Word], start: float = 0.0, end: float = float("inf")
) -> Match | None:
    """The best fit among the words that begin within `start` to `end` seconds; None where there are none."""
    return Track(words).find([pattern], start, end, 1.0)[0]


def _fill(costs: Costs, pauses: Costs) -> Costs:
    """Edit distances of the beginnings of patterns against any stretch of what was heard (it may begin
    anywhere): (patterns, syllables wanted + 1, syllables heard + 1).

    What is passed over within a row adds up, so that the cheapest way along it is a running minimum.
    """
    patterns, length, width = costs.shape
    passed = np.concatenate(([0.0], np.cumsum(EXTRA_COST + pauses)))
    rows = np.zeros((patterns, length + 1, width + 1))
    row = np.empty((patterns, width + 1))
    for number in range(length):
        above = rows[:, number]
        within = costs[:, number] + (pauses if number else 0.0)
        row[:, 0] = above[:, 0] + MISSING_COST
        np.minimum(above[:, :-1] + within, above[:, 1:] + MISSING_COST, out=row[:, 1:])
        rows[:, number + 1] = np.minimum.accumulate(row - passed, axis=1) + passed
    return np.round(rows, 9, out=rows)


def _trace(
    costs: Costs, rows: Costs, pauses: Costs, number: int, column: int
) -> tuple[list[float], list[int]]:
    """What each of `number` wanted syllables cost, and which heard ones it was matched with."""
    each, touched = [MISSING_COST] * number, []
    while number > 0 and column >= 0:
        here = float(rows[number, column])
        if column > 0:
            cost = float(costs[number - 1, column - 1])
            within = float(pauses[column - 1]) if number > 1 else 0.0
            if abs(here - float(rows[number - 1, column - 1]) - cost - within) < SAME:
                each[number - 1] = cost
                touched.append(column - 1)
                number, column = number - 1, column - 1
                continue
        if abs(here - float(rows[number - 1, column]) - MISSING_COST) < SAME:
            number -= 1
        else:
            column -= 1
    return each, touched
