"""Costs of many syllables against many, as tables: each pair is reckoned once in a process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from transcripts.sound import Syllable, cost

Costs = NDArray[np.float64]
Places = NDArray[np.intp]

PADDING = 0
"""The number of no syllable: it fills up shorter phrases, and costs nothing."""


class _Table:
    """Syllables by number, and their costs as far as anybody asked for them (else NaN)."""

    def __init__(self) -> None:
        self._numbers: dict[Syllable, int] = {}
        self._sounds: list[Syllable | None] = [None]
        self._costs = np.zeros((1, 1))
        self._lock = Lock()

    def number(self, sound: Syllable) -> int:
        found = self._numbers.get(sound)
        return self._add(sound) if found is None else found

    def _add(self, sound: Syllable) -> int:
        with self._lock:
            number = self._numbers.setdefault(sound, len(self._sounds))
            if number == len(self._sounds):
                self._sounds.append(sound)
            return number

    def costs(self, wanted: Places, heard: Places) -> Costs:
        """Of each of `wanted` (any shape) against each of `heard`."""
        with self._lock:
            self._grow()
            found: Costs = self._costs[wanted[..., None], heard]
            if np.isnan(found).any():
                for one, other in product(np.unique(wanted).tolist(), np.unique(heard).tolist()):
                    self._reckon(one, other)
                found = self._costs[wanted[..., None], heard]
            return found

    def _grow(self) -> None:
        size = len(self._sounds)
        if size > len(self._costs):
            grown = np.full((2 * size, 2 * size), np.nan)
            grown[PADDING] = 0.0
            grown[: len(self._costs), : len(self._costs)] = self._costs
            self._costs = grown

    def _reckon(self, one: int, other: int) -> None:
        a, b = self._sounds[one], self._sounds[other]
        if a is not None and b is not None and np.isnan(self._costs[one, other]):
            self._costs[one, other] = self._costs[other, one] = cost(a, b)


_TABLE = _Table()


def numbers_of(sounds: Iterable[Syllable]) -> Places:
    """The syllables as numbers, for `cost_table`."""
    return np.array([_TABLE.number(sound) for sound in sounds], dtype=np.intp)


def padded(phrases: Sequence[Places]) -> Places:
    """Phrases of different lengths as one table, (phrases, longest)."""
    table = np.full((len(phrases), max(map(len, phrases))), PADDING, dtype=np.intp)
    for number, phrase in enumerate(phrases):
        table[number, : len(phrase)] = phrase
    return table


def cost_table(wanted: Places, heard: Places) -> Costs:
    """The cost (0 to 1) of each wanted syllable of each phrase against each heard one:
    (phrases, longest, heard). Threads may ask at once."""
    return _TABLE.costs(wanted, heard)
