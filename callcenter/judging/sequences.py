"""Short phrases among syllables, compared one by one: no syllable may be missing, none may stand between.

`transcripts.alignment.find` looks for a long phrase and forgives it gaps; two or three syllables with a gap
are other words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from transcripts.alignment import Heard
from transcripts.sound import Syllable, cost, syllables


@lru_cache(maxsize=2_000)
def sounds_of(phrase: str) -> tuple[Syllable, ...]:
    """The syllables of a phrase, whatever marks and brackets it has."""
    return syllables(phrase)


def occurrences(phrase: str, heard: Sequence[Heard], limit: float) -> Iterator[tuple[int, float]]:
    """Where the phrase begins (the number of its first syllable) and its mean cost, where that is at most
    `limit`."""
    wanted = sounds_of(phrase)
    for first in range(len(heard) - len(wanted) + 1):
        mean = mean_cost(wanted, heard[first : first + len(wanted)])
        if mean <= limit:
            yield first, mean


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
