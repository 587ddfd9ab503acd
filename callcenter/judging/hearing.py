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

    def best(self, phrases: Iterable[str], start: float, end: float, rivals: Iterable[str] = ()) -> Evidence:
        """The phrase that was heard best, among words that begin between `start` and `end` seconds.

        Where a rival was heard instead, in both passes, none of them was said.
        """
        free = Track(self.words, start, end)
        narrow = Track(self.spotted, start, end) if self.spotted is not None else None
        found = self._best(phrases, free, narrow)
        if found.said is Said.MAYBE and self._rival_heard(found, rivals, free, narrow):
            return Evidence(Said.NO, found.phrase, found.match)
        return found

    def _best(self, phrases: Iterable[str], free: Track, narrow: Track | None) -> Evidence:
        """The first of those that were heard best. Once one was said, what fits no better is passed over."""
        best = NOTHING
        for number, phrase in enumerate(phrases):
            if best.said is Said.YES and best.match and free.bound(pattern(phrase)) >= best.match.worst:
                continue
            found = self._hear(phrase, free, narrow)
            if not number or found.rank > best.rank:
                best = found
        return best

    def _hear(self, phrase: str, free: Track, narrow: Track | None) -> Evidence:
        wanted = pattern(phrase)
        heard = free.find(wanted)
        if heard is not None and heard.worst <= self.thresholds.sure:
            return Evidence(Said.YES, wanted.text, heard)  # whatever the narrow pass says
        return Evidence(self._decide(heard, narrow.find(wanted) if narrow else None), wanted.text, heard)

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

    def _rival_heard(
        self, wanted: Evidence, rivals: Iterable[str], free: Track, narrow: Track | None
    ) -> bool:
        """A rival that the narrow pass heard, and that the free pass fits better than the wanted phrase."""
        if narrow is None or wanted.match is None:
            return False
        for rival in rivals:
            spotted = narrow.find(pattern(rival))
            if spotted is None or spotted.worst > self.thresholds.spot:
                continue
            heard = free.find(pattern(rival))
            if heard is not None and heard.worst < wanted.match.worst and _overlap(heard, wanted.match):
                return True
        return False


def _overlap(a: Match, b: Match) -> bool:
    return a.start < b.end and b.start < a.end
