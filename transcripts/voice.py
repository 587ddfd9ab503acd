"""What was measured of one speaker's sound, apart from the words."""

from __future__ import annotations

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
