"""Ring counting (REQUIREMENTS.md A1).

A telephone in China rings 1 s and is silent 4 s. «Within n rings» means before ring n+1 would begin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from callcenter.domain.findings import Verdict


@dataclass(frozen=True, slots=True)
class Cadence:
    """One ring and the pause after it, in seconds."""

    tone: float = 1.0
    pause: float = 4.0

    @property
    def period(self) -> float:
        """Seconds from the beginning of one ring to the beginning of the next."""
        return self.tone + self.pause


CHINA = Cadence()


def count_rings(ring_seconds: float | None, cadence: Cadence = CHINA) -> int:
    """The number of rings heard in `ring_seconds`; 0 where the phone never rang (automatic answer)."""
    if ring_seconds is None:
        return 0
    return math.floor(ring_seconds / cadence.period) + 1


def limit_seconds(max_rings: int, cadence: Cadence = CHINA) -> float:
    """Ring time below which a call is «within max_rings»: 3 rings are less than 15.000 s."""
    return max_rings * cadence.period


def judge_rings(
    ring_seconds: float | None, *, answered: bool, max_rings: int, cadence: Cadence = CHINA
) -> Verdict:
    """The three-ring verdict for a leg or a call.

    Answered: pass within the limit, else fail; an automatic answer (never rang) passes. Not answered: fail
    once the limit was reached; before it, the caller left while there was still time, so the rule does not
    apply, and neither does it to a phone that never rang.
    """
    limit = limit_seconds(max_rings, cadence)
    if answered:
        return Verdict.PASS if ring_seconds is None or ring_seconds < limit else Verdict.FAIL
    if ring_seconds is None or ring_seconds < limit:
        return Verdict.NOT_APPLICABLE
    return Verdict.FAIL
