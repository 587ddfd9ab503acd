"""What two speakers both said, by sound: the best stretch that one has in common with the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transcripts.alignment import SAME, Heard
from transcripts.sound_costs import Costs, cost_table, numbers_of

WORTH = 0.45
"""What a syllable that both said counts; one of that cost counts nothing, a dearer one against it."""
PASSED_OVER = 0.35
"""What a syllable counts against a stretch that only one of them has within it."""


@dataclass(frozen=True, slots=True)
class Common:
    """`score`: how many syllables are common; `start` and `end` are seconds of the second speaker."""

    score: float
    start: float = 0.0
    end: float = 0.0


def common(first: Sequence[Heard], second: Sequence[Heard]) -> Common:
    """The best stretch (Smith and Waterman, 1981)."""
    if not first or not second:
        return Common(0.0)
    one, other = (numbers_of(each.sound for each in side) for side in (first, second))
    gains = WORTH - cost_table(other, one)
    scores = _fill(gains)
    best = float(scores.max())
    if best <= 0.0:
        return Common(0.0)
    row, column = divmod(int(scores.T.argmax()), len(scores))
    start = _began(scores.tolist(), gains.tolist(), column, row)
    return Common(best / WORTH, second[start].start, second[column - 1].end)


def _fill(gains: Costs) -> Costs:
    """The best score of a stretch that ends with a syllable of each, (second + 1, first + 1).

    What is passed over of the first within a row adds up, so that the best of it is a running maximum.
    """
    scores = np.zeros((gains.shape[0] + 1, gains.shape[1] + 1))
    passed = PASSED_OVER * np.arange(gains.shape[1])
    for number, gain in enumerate(gains):
        above, row = scores[number], scores[number + 1, 1:]
        np.maximum(above[:-1] + gain, above[1:] - PASSED_OVER, out=row)
        np.maximum(row, 0.0, out=row)
        np.subtract(np.maximum.accumulate(row + passed), passed, out=row)
        np.round(row, 9, out=row)
    return scores


def _began(scores: list[list[float]], gains: list[list[float]], second: int, first: int) -> int:
    """The number of the second speaker's syllable with which the stretch that ends there began."""
    while True:
        here = scores[second][first]
        if abs(scores[second - 1][first - 1] + gains[second - 1][first - 1] - here) < SAME:
            second, first = second - 1, first - 1
            if not scores[second][first]:
                return second
        elif abs(scores[second][first - 1] - PASSED_OVER - here) < SAME:
            first -= 1
        else:
            second -= 1
