"""What two speakers both said, by sound: the best stretch that one has in common with the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transcripts.alignment import Heard
from transcripts.sound import cost

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
    best, where = 0.0, (0, 0)
    above: list[tuple[float, int]] = [(0.0, 0)] * (len(second) + 1)
    for one in first:
        row: list[tuple[float, int]] = [(0.0, 0)]
        for column, other in enumerate(second):
            before, began = above[column]
            row.append(
                max(
                    (0.0, column + 1),
                    (before + WORTH - cost(one.sound, other.sound), began if before else column),
                    (above[column + 1][0] - PASSED_OVER, above[column + 1][1]),
                    (row[column][0] - PASSED_OVER, row[column][1]),
                    key=_score,
                )
            )
            if row[-1][0] > best:
                best, where = row[-1][0], (row[-1][1], column)
        above = row
    if not best:
        return Common(0.0)
    return Common(best / WORTH, second[where[0]].start, second[where[1]].end)


def _score(cell: tuple[float, int]) -> float:
    return cell[0]
