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
from transcripts.alignment import NOWHERE, Match, Pattern, Search, Track
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

_Asked = tuple[tuple[str, ...], float, float, tuple[str, ...]]


@lru_cache(maxsize=2_000)
def pattern(phrase: str) -> Pattern:
    return Pattern.parse(phrase)


@lru_cache(maxsize=2_000)
def _patterns(phrases: tuple[str, ...]) -> tuple[Pattern, ...]:
    return tuple(pattern(phrase) for phrase in phrases)


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one speaker was heard to say: `words` freely, `spotted` narrowly (None: no such pass)."""

    words: Sequence[Word]
    thresholds: Thresholds
    spotted: Sequence[Word] | None = field(default=None)
    _counts_up_to: float = field(init=False, repr=False, compare=False)
    _tracks: dict[bool, Track] = field(init=False, repr=False, compare=False, default_factory=dict)
    _answers: dict[_Asked, Evidence] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """The cost above which what the free pass alone fits is not even perhaps a phrase."""
        certain = all(word.confidence >= GARBLED and word.end > word.start for word in self.words)
        object.__setattr__(self, "_counts_up_to", max(self.thresholds.absent, 0.0 if certain else UNLIKE))

    @property
    def _free(self) -> Track:
        return self._track(False, self.words)

    @property
    def _narrow(self) -> Track | None:
        return None if self.spotted is None else self._track(True, self.spotted)

    def _track(self, narrow: bool, words: Sequence[Word]) -> Track:
        """Made when it is first searched."""
        if narrow not in self._tracks:
            self._tracks[narrow] = Track(words)
        return self._tracks[narrow]

    def best(self, phrases: Iterable[str], start: float, end: float, rivals: Iterable[str] = ()) -> Evidence:
        """The phrase that was heard best, among words that begin between `start` and `end` seconds.

        One in whose place a rival was heard, in both passes, was not said: 「还有什么可以帮到您」 is not
        「有什么可以帮到您」, though it holds it. 「等一下」 is no rival of 「请等一下」, which holds it.
        """
        asked = tuple(phrases), start, end, tuple(rivals)
        if asked not in self._answers:  # rules ask for the same: every one of waiting for every wait
            self._answers[asked] = self._best(*asked)
        return self._answers[asked]

    def _best(self, phrases: tuple[str, ...], start: float, end: float, rivals: tuple[str, ...]) -> Evidence:
        patterns = _patterns(phrases)
        free, narrow = self._free.search(patterns, start, end), self._spotted(patterns, start, end)
        said: dict[int, Evidence] = {}
        for number, each in enumerate(patterns):
            if narrow[number] is not None or free.costs[number] <= self._counts_up_to:
                match = free.match(number)
                said[number] = Evidence(self._decide(match, narrow[number]), each.text, match)
        if any(each.said is not Said.NO and each.match and each.match.worst for each in said.values()):
            there = self._heard_in_both(rivals, start - BEYOND, end + BEYOND)
            said = {number: _unless_a_rival(each, narrow[number], there) for number, each in said.items()}
        if all(each.said is Said.NO for each in said.values()):
            self._add_nearest(said, free)
        return max((said[number] for number in sorted(said)), key=_rank, default=NOTHING)

    def _add_nearest(self, said: dict[int, Evidence], free: Search) -> None:
        """Where nothing was said, what comes nearest to it is told: those that may, the likeliest first."""
        worst = min((-each.rank[1] for each in said.values()), default=NOWHERE)
        for cost, number in sorted((cost, number) for number, cost in enumerate(free.costs)):
            if number not in said and min(cost, 1.0) <= worst:
                said[number] = Evidence(Said.NO, free.patterns[number].text, free.match(number))
                worst = min(worst, -said[number].rank[1])

    def _spotted(self, patterns: tuple[Pattern, ...], start: float, end: float) -> list[Match | None]:
        """Where the narrow pass fits each pattern; nothing that could not count."""
        limit, track = max(self.thresholds.absent, self.thresholds.spot * HINT), self._narrow
        return track.find(patterns, start, end, limit) if track else [None] * len(patterns)

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

    def _heard_in_both(self, rivals: tuple[str, ...], start: float, end: float) -> list[tuple[Match, Match]]:
        """Where both passes fit the rivals that the narrow one heard."""
        patterns = _patterns(rivals)
        free, narrow = self._free.search(patterns, start, end), self._spotted(patterns, start, end)
        heard = [(n, each) for n, each in enumerate(narrow) if each and each.worst <= self.thresholds.spot]
        return [(match, each) for number, each in heard if (match := free.match(number)) is not None]


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
