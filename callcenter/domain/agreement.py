"""How well two people agree beyond chance: Cohen's kappa.

Source: J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20
(1960), 37-46.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of `pairs` double judgements: the share on which both agreed, and the share that chance would give.

    `kappa` is 1 for full agreement, 0 for what chance gives, below 0 for less; None where nothing was judged
    twice, or where both gave everything the one same judgement (chance then explains it all).
    """

    pairs: int
    observed: float
    expected: float

    @property
    def kappa(self) -> float | None:
        if not self.pairs or self.expected >= 1.0:
            return None
        return (self.observed - self.expected) / (1.0 - self.expected)


def cohen(pairs: Iterable[tuple[str, str]]) -> Agreement:
    """The agreement of two judges; each pair is what the one and the other said of the same thing."""
    table = Counter(pairs)
    total = sum(table.values())
    if not total:
        return Agreement(0, 0.0, 0.0)
    first: Counter[str] = Counter()
    second: Counter[str] = Counter()
    for (one, other), number in table.items():
        first[one] += number
        second[other] += number
    same = sum(number for (one, other), number in table.items() if one == other)
    chance = sum(number * second[judgement] for judgement, number in first.items())
    return Agreement(total, same / total, chance / total**2)
