"""Finding a phrase among the words heard, by sound: where it fits best, and how well."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

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
NOWHERE = 2.0
"""The cost of a pattern where nothing was heard."""


@dataclass(frozen=True, slots=True, eq=False)
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
        sounds = [syllables(word.text) for word in self.words]
        counts = np.array([len(each) for each in sounds], dtype=np.intp)
        starts, ends = (np.array([getattr(word, name) for word in self.words]) for name in ("start", "end"))
        self._word = np.repeat(np.arange(len(counts)), counts)
        self._sounds = numbers_of(chain.from_iterable(sounds))
        self._begun = starts[self._word]
        step = ((ends - starts) / np.maximum(counts, 1))[self._word]
        place = np.arange(len(self._word)) - np.repeat(np.cumsum(counts) - counts, counts)
        self._starts, self._ends = self._begun + step * place, self._begun + step * (place + 1)
        self._pauses = np.zeros(len(self._word))
        self._pauses[1:][self._starts[1:] - self._ends[:-1] >= LONGEST_PAUSE] = PAUSE_COST

    def find(self, patterns: Sequence[Pattern], start: float, end: float, limit: float) -> list[Match | None]:
        """The best fit of each pattern among the words that begin within `start` to `end` seconds; None where
        it costs more than `limit` (0 to 1)."""
        found = self.search(tuple(patterns), start, end)
        return [found.match(number) if cost <= limit else None for number, cost in enumerate(found.costs)]

    def search(self, patterns: tuple[Pattern, ...], start: float, end: float) -> Search:
        """How well each pattern fits there; where, is told of those that are asked for."""
        here = np.flatnonzero((self._begun >= start) & (self._begun <= end))
        if not here.size or not patterns:
            return Search(self, patterns, here, [NOWHERE] * len(patterns))
        pauses = self._pauses[here].copy()
        pauses[0] = 0.0
        table, lengths = _as_table(patterns)
        costs = cost_table(table, self._sounds[here])
        rows = _fill(costs, pauses)
        sums = rows[np.arange(len(patterns)), lengths].min(axis=1)
        return Search(self, patterns, here, np.minimum(1.0, sums / lengths).tolist(), costs, rows, pauses)

    def text(self, first: int, last: int) -> str:
        """The words from one syllable (its number) to another."""
        return join_text(self.words[self._word[first] : self._word[last] + 1])

    def span(self, first: int, last: int) -> tuple[float, float]:
        """From when to when they last, in seconds."""
        return float(self._starts[first]), float(self._ends[last])


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """How well `patterns` fit among the syllables `here` of a track: `costs`, from 0 to 1; more: nowhere."""

    track: Track
    patterns: tuple[Pattern, ...]
    here: Places
    costs: Sequence[float]
    _costs: Costs = field(default_factory=lambda: np.zeros(0))
    _rows: Costs = field(default_factory=lambda: np.zeros(0))
    _pauses: Costs = field(default_factory=lambda: np.zeros(0))

    def match(self, number: int) -> Match | None:
        """Where the pattern of that number fits best; None: nowhere."""
        pattern, cost = self.patterns[number], self.costs[number]
        if cost >= NOWHERE:
            return None
        length, rows = len(pattern.sounds), self._rows[number]
        each, touched = _trace(self._costs[number], rows, self._pauses, length, int(rows[length].argmin()))
        if not touched:
            return None
        first, last = int(self.here[touched[-1]]), int(self.here[touched[0]])
        core = sum(each[position] for position in pattern.core) / len(pattern.core)
        heard = self.track.text(first, last)
        return Match(pattern.text, cost, min(1.0, core), *self.track.span(first, last), heard)


def find(
    pattern: Pattern, words: Sequence[Word], start: float = 0.0, end: float = float("inf")
) -> Match | None:
    """The best fit among the words that begin within `start` to `end` seconds; None where there are none."""
    return Track(words).find([pattern], start, end, 1.0)[0]


@lru_cache(maxsize=2_000)
def _as_table(patterns: tuple[Pattern, ...]) -> tuple[Places, Places]:
    """The patterns as numbers of sounds (patterns, longest), and their lengths."""
    table = padded([numbers_of(each.sounds) for each in patterns])
    return table, np.array([len(each.sounds) for each in patterns], dtype=np.intp)


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
    """What each of `number` wanted syllables cost, and which heard ones it was matched with, the last first.

    Read as lists, from where the way can at most begin: what is passed over costs EXTRA_COST each time.
    """
    first = max(0, column - number - math.ceil(number * MISSING_COST / EXTRA_COST) - 1)
    sums, apart = rows[: number + 1, first : column + 1].tolist(), pauses[first:column].tolist()
    here = costs[:number, first:column].tolist()
    each, touched = [MISSING_COST] * number, []
    at = column - first
    while number > 0 and at >= 0:
        reached = sums[number][at]
        if at > 0:
            cost = here[number - 1][at - 1]
            within = apart[at - 1] if number > 1 else 0.0
            if abs(reached - sums[number - 1][at - 1] - cost - within) < SAME:
                each[number - 1] = cost
                touched.append(first + at - 1)
                number, at = number - 1, at - 1
                continue
        if abs(reached - sums[number - 1][at] - MISSING_COST) < SAME:
            number -= 1
        else:
            at -= 1
    return each, touched
