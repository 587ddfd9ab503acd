"""Was a phrase said? Two passes of the recogniser are asked, and must not contradict each other.

The free pass hears anything and often writes other characters of nearly the same sound. The narrow pass knows
only the phrases that matter, and names that do not: it hears names well and would rather hear nothing than
guess, but it knows no other words, so alone it proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from callcenter.domain.standards import Thresholds
from transcripts.alignment import Match, Pattern, Track
from transcripts.recogniser import Word

HINT = 2.0
"""A narrow fit up to so many times the limit neither passes nor fails a call: noise hides syllables."""


DOUBTED, GARBLED = 0.75, 0.6
"""The mean confidence of the free pass below which it cannot deny what the narrow one half heard; and below
which what it wrote there itself, unlike the phrase as it is, may have been the phrase."""
UNLIKE = 0.75
"""The cost up to which garbled words may have been the phrase."""
BEYOND = 2.0
"""Seconds by which a rival may reach out of where the phrase is looked for."""


class Said(Enum):
    """Ordered: a phrase that may have been said is better evidence than one that was not."""

    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether a phrase was said, and where the free pass fits it best (None: nothing was heard there)."""

    said: Said
    phrase: str
    match: Match | None = None

    @property
    def rank(self) -> tuple[int, float]:
        return self.said.value, -(self.match.worst if self.match else 1.0)


NOTHING = Evidence(Said.NO, "")


@lru_cache(maxsize=2_000)
def pattern(phrase: str) -> Pattern:
    return Pattern.parse(phrase)


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one speaker was heard to say: `words` freely, `spotted` narrowly (None: no such pass)."""

    words: Sequence[Word]
    thresholds: Thresholds
    spotted: Sequence[Word] | None = field(default=None)
    _free: Track = field(init=False, repr=False, compare=False)
    _narrow: Track | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_free", Track(self.words))
        object.__setattr__(self, "_narrow", None if self.spotted is None else Track(self.spotted))

    def best(self, phrases: Iterable[str], start: float, end: float, rivals: Iterable[str] = ()) -> Evidence:
        """The phrase that was heard best, among words that begin between `start` and `end` seconds.

        One in whose place a rival was heard, in both passes, was not said: 「还有什么可以帮到您」 is not
        「有什么可以帮到您」, though it holds it. 「等一下」 is no rival of 「请等一下」, which holds it.
        """
        patterns = [pattern(phrase) for phrase in phrases]
        fits = list(zip(*self._find(patterns, start, end), strict=True))
        said = [
            Evidence(self._decide(*fit), each.text, fit[0]) for each, fit in zip(patterns, fits, strict=True)
        ]
        if any(each.said is not Said.NO and each.match and each.match.worst for each in said):
            there = self._heard_in_both(rivals, start - BEYOND, end + BEYOND)
            said = [
                _unless_a_rival(each, narrow, there) for each, (_, narrow) in zip(said, fits, strict=True)
            ]
        return max(said, key=_rank, default=NOTHING)

    def _find(
        self, patterns: Sequence[Pattern], start: float, end: float
    ) -> tuple[list[Match | None], list[Match | None]]:
        """Where both passes fit each pattern; of the narrow one nothing that could not count."""
        limit = max(self.thresholds.absent, self.thresholds.spot * HINT)
        nothing: list[Match | None] = [None] * len(patterns)
        narrow = self._narrow.find(patterns, start, end, limit) if self._narrow else nothing
        return self._free.find(patterns, start, end, 1.0), narrow

    def _decide(self, free: Match | None, narrow: Match | None) -> Said:
        limits = self.thresholds
        spotted = narrow is not None and narrow.worst <= limits.spot
        hinted = narrow is not None and narrow.worst <= limits.spot * HINT
        if free is None or free.worst > limits.absent:
            if spotted and free is not None and free.cost <= limits.absent:
                return Said.YES  # the whole fits, and the narrow pass heard the core
            return Said.MAYBE if hinted or self._cannot_tell(free, narrow) else Said.NO
        if free.worst <= limits.sure or spotted:
            return Said.YES
        return Said.MAYBE

    def _cannot_tell(self, free: Match | None, narrow: Match | None) -> bool:
        """In noise the free pass writes something, and says itself that it is not certain of it."""
        if narrow is not None and narrow.cost <= self.thresholds.absent:
            return self._confidence(narrow) < DOUBTED
        return free is not None and free.worst <= UNLIKE and self._confidence(free) < GARBLED

    def _confidence(self, match: Match) -> float:
        """The mean confidence of the free pass over that stretch, by syllables; 0 where it heard nothing."""
        there = [word for word in self.words if word.end > match.start and word.start < match.end]
        heard = sum(len(word.text) for word in there)
        return sum(word.confidence * len(word.text) for word in there) / heard if heard else 0.0

    def _heard_in_both(self, rivals: Iterable[str], start: float, end: float) -> list[tuple[Match, Match]]:
        """Where both passes fit the rivals that the narrow one heard."""
        pairs = zip(*self._find([pattern(rival) for rival in rivals], start, end), strict=True)
        return [
            (free, narrow)
            for free, narrow in pairs
            if free and narrow and narrow.worst <= self.thresholds.spot
        ]


def _unless_a_rival(
    wanted: Evidence, narrow: Match | None, rivals: Sequence[tuple[Match, Match]]
) -> Evidence:
    """Not where both passes fit a rival better in that place: all of it, where the wanted one was heard."""
    best = wanted.match
    if wanted.said is Said.NO or best is None:
        return wanted
    there = _covers if wanted.said is Said.YES else _overlap
    beaten = any(
        free.worst < best.worst and there(free, best) and _better(spotted, narrow) for free, spotted in rivals
    )
    return Evidence(Said.NO, wanted.phrase, best) if beaten else wanted


def _better(rival: Match, wanted: Match | None) -> bool:
    return wanted is None or rival.worst < wanted.worst


def _rank(evidence: Evidence) -> tuple[int, float]:
    return evidence.rank


def _overlap(a: Match, b: Match) -> bool:
    return a.start < b.end and b.start < a.end


def _covers(a: Match, b: Match) -> bool:
    return a.start <= b.start and b.end <= a.end
