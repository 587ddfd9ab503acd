"""What was measured of one speaker's sound, apart from the words."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

Span = tuple[float, float]
"""From second to second."""


@dataclass(frozen=True, slots=True)
class Voice:
    """`spans` are where somebody speaks; `level` is how loud they are while they do (dBov by ITU-T P.56,
    None where nobody speaks)."""

    spans: tuple[Span, ...] = ()
    level: float | None = None

    def shifted(self, seconds: float) -> Voice:
        """The same on a clock whose zero lies `seconds` earlier."""
        return Voice(tuple((start + seconds, end + seconds) for start, end in self.spans), self.level)


def joined(voices: Iterable[Voice]) -> Voice | None:
    """One speaker's parts as one, in order of time; the level is the mean power over the time spoken. None
    where there is no part."""
    parts = list(voices)
    if not parts:
        return None
    spoken = [
        (sum(end - start for start, end in part.spans), 10.0 ** (part.level / 10.0))
        for part in parts
        if part.level is not None and part.spans
    ]
    seconds = sum(each for each, _ in spoken)
    energy = sum(each * power for each, power in spoken)
    spans = tuple(sorted(span for part in parts for span in part.spans))
    return Voice(spans, 10.0 * math.log10(energy / seconds) if seconds else None)
