"""Short phrases among syllables, compared one by one: no syllable may be missing, none may stand between.

`transcripts.alignment.find` looks for a long phrase and forgives it gaps; two or three syllables with a gap
are other words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from transcripts.alignment import Heard
from transcripts.sound import Syllable, cost, syllables
from transcripts.sound_costs import Places, cost_table, numbers_of, padded


@lru_cache(maxsize=2_000)
def sounds_of(phrase: str) -> tuple[Syllable, ...]:
    """The syllables of a phrase, whatever marks and brackets it has."""
    return syllables(phrase)


def occurrences(
    phrases: tuple[str, ...], heard: Sequence[Heard], limit: float
) -> list[list[tuple[int, float]]]:
    """Where each of the phrases begins (the number of its first syllable) and its mean cost, where that is at
    most `limit`."""
    found: list[list[tuple[int, float]]] = [[] for _ in phrases]
    wanted, lengths = _table(phrases)
    costs = cost_table(wanted, numbers_of(each.sound for each in heard))
    sums = np.zeros((len(phrases), len(heard)))
    for place in range(min(wanted.shape[1], len(heard))):
        sums[:, : len(heard) - place] += costs[:, place, place:]
    means = sums / lengths[:, None]
    fitting = (means <= limit) & (np.arange(len(heard)) + lengths[:, None] <= len(heard))
    for number, first in np.argwhere(fitting).tolist():
        found[number].append((first, float(means[number, first])))
    return found


@lru_cache(maxsize=200)
def _table(phrases: tuple[str, ...]) -> tuple[Places, Places]:
    """The phrases as numbers of sounds (phrases, longest), and their lengths."""
    numbers = [numbers_of(sounds_of(each)) for each in phrases]
    return padded(numbers), np.array([len(each) for each in numbers], dtype=np.intp)


def mean_cost(wanted: Sequence[Syllable], heard: Sequence[Heard]) -> float:
    """Of as many syllables as are wanted, from 0 (each heard) to 1."""
    return sum(cost(one, other.sound) for one, other in zip(wanted, heard, strict=True)) / len(wanted)


def made_of(heard: Sequence[Heard], phrases: Iterable[str], limit: float) -> bool:
    """Whether the syllables are some of `phrases`, one after the other, and nothing else."""
    fitting = [sounds_of(each) for each in phrases]
    reached = {0}
    for first in range(len(heard)):
        if first in reached:
            reached |= {first + len(each) for each in fitting if _fits(each, heard, first, limit)}
    return len(heard) in reached


def _fits(wanted: Sequence[Syllable], heard: Sequence[Heard], first: int, limit: float) -> bool:
    part = heard[first : first + len(wanted)]
    return len(part) == len(wanted) and mean_cost(wanted, part) <= limit
