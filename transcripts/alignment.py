"""Finding a phrase among the words heard, by sound: where it fits best, and how well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transcripts.recogniser import Word
from transcripts.sound import Syllable, costs_of, number_of, syllables
from transcripts.utterances import join_text

MISSING_COST = 1.0
"""A wanted syllable that was not heard."""
EXTRA_COST = 0.5
"""A syllable heard between two wanted ones."""
PAUSE_COST = 1.0
"""A pause of LONGEST_PAUSE seconds or more within the phrase."""
LONGEST_PAUSE = 1.5


@dataclass(frozen=True, slots=True)
class Pattern:
    """A phrase to look for. `core`: the positions of the syllables without which it is another phrase."""

    text: str
    sounds: tuple[Syllable, ...]
    core: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """`"请问【还有】什么"`: what stands in 【】 is the core; without brackets all of it is.

        Raises ValueError where no Chinese stands in `text` or a bracket is open.
        """
        if text.count("【") != text.count("】"):
            raise ValueError(f"{text!r} has an open bracket")
        plain = text.replace("【", "").replace("】", "")
        sounds = syllables(plain)
        if not sounds:
            raise ValueError(f"{text!r} holds no Chinese")
        marked: set[int] = set()
        position = 0
        for number, part in enumerate(text.replace("】", "【").split("【")):
            length = len(syllables(part))
            if number % 2:
                marked.update(range(position, position + length))
            position += length
        return cls(plain, sounds, frozenset(marked or range(len(sounds))))


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern fits best.

    `cost` is the mean cost of its syllables and `core_cost` that of its core, from 0 (all heard) to 1
    (nothing like it); `start` and `end` are seconds; `heard` are the words there, as they were recognised.
    """

    pattern: str
    cost: float
    core_cost: float
    start: float
    end: float
    heard: str

    @property
    def worst(self) -> float:
        """The figure that thresholds are set against: neither the whole nor the core may be far off."""
        return max(self.cost, self.core_cost)


@dataclass(frozen=True, slots=True)
class Heard:
    """One syllable that was heard: in which word (its number), from when to when, in seconds."""

    sound: Syllable
    word: int
    start: float
    end: float


class Track:
    """Words in which phrases are looked for, made ready once for many of them."""

    def __init__(self, words: Sequence[Word], start: float = 0.0, end: float = float("inf")) -> None:
        """Of `words` those that begin within `start` to `end` seconds."""
        self.words = [word for word in words if start <= word.start <= end]
        self.heard = spread(self.words)
        columns = range(len(self.heard))
        self.pauses = [_pause(self.heard, column) for column in columns]
        self.extras = [_extra(self.heard, column) for column in columns]
        self._numbers = [number_of(each.sound) for each in self.heard]
        self._costs: dict[Syllable, list[float]] = {}

    def costs(self, sound: Syllable) -> list[float]:
        """How far each syllable that was heard is from `sound`, 0 to 1, by its place."""
        known = self._costs.get(sound)
        if known is None:
            row = costs_of(sound)
            known = self._costs[sound] = [row[number] for number in self._numbers]
        return known

    def bound(self, pattern: Pattern) -> float:
        """A cost that no fit of the pattern here is below: every syllable where it fits best by itself."""
        least = [min(MISSING_COST, *self.costs(sound)) if self.heard else 1.0 for sound in pattern.sounds]
        return max(sum(least) / len(least), sum(least[at] for at in pattern.core) / len(pattern.core))

    def find(self, pattern: Pattern) -> Match | None:
        """The best fit; None where nothing was heard, or nothing that is like it."""
        if not self.heard:
            return None
        costs = [self.costs(sound) for sound in pattern.sounds]
        rows = _fill(costs, self.pauses, self.extras)
        last = rows[-1].index(min(rows[-1]))
        matched, touched = _trace(costs, self.pauses, rows, last)
        if not touched:
            return None
        first, final = self.heard[min(touched)], self.heard[max(touched)]
        return Match(
            pattern.text,
            min(1.0, rows[-1][last] / len(pattern.sounds)),
            min(1.0, sum(matched[position] for position in pattern.core) / len(pattern.core)),
            first.start,
            final.end,
            join_text(self.words[first.word : final.word + 1]),
        )


def find(
    pattern: Pattern, words: Sequence[Word], start: float = 0.0, end: float = float("inf")
) -> Match | None:
    """The best fit among the words that begin within `start` to `end` seconds; None where there are none."""
    return Track(words, start, end).find(pattern)


def spread(words: Sequence[Word]) -> list[Heard]:
    """Each word's syllables, its time divided evenly among them."""
    heard = []
    for number, word in enumerate(words):
        sounds = syllables(word.text)
        step = (word.end - word.start) / max(1, len(sounds))
        heard += [
            Heard(sound, number, word.start + step * index, word.start + step * (index + 1))
            for index, sound in enumerate(sounds)
        ]
    return heard


def _extra(heard: Sequence[Heard], column: int) -> float:
    """The cost of passing over syllable `column`, and of the pause before it."""
    return EXTRA_COST + _pause(heard, column)


def _pause(heard: Sequence[Heard], column: int) -> float:
    if column == 0 or heard[column].start - heard[column - 1].end < LONGEST_PAUSE:
        return 0.0
    return PAUSE_COST


def _fill(
    costs: Sequence[Sequence[float]], pauses: Sequence[float], extras: Sequence[float]
) -> list[list[float]]:
    """Edit distance of the whole pattern against any stretch of what was heard (it may begin anywhere).

    `costs` are of each wanted syllable against each that was heard. The loop is what judging spends its time
    in: it has no calls.
    """
    none = [0.0] * len(extras)
    rows = [[0.0] * (len(extras) + 1)]
    for number, fits in enumerate(costs):
        above = rows[-1]
        left = above[0] + MISSING_COST
        row = [left]
        within = pauses if number else none
        for diagonal, up, fit, pause, extra in zip(above, above[1:], fits, within, extras, strict=False):
            here = diagonal + fit + pause
            if up + MISSING_COST < here:
                here = up + MISSING_COST
            left += extra
            if here < left:
                left = here
            row.append(left)
        rows.append(row)
    return rows


def _trace(
    costs: Sequence[Sequence[float]], pauses: Sequence[float], rows: list[list[float]], column: int
) -> tuple[list[float], list[int]]:
    """What each wanted syllable cost, and which heard ones it was matched with."""
    matched, touched = [MISSING_COST] * len(costs), []
    number = len(costs)
    while number > 0 and column >= 0:
        here = rows[number][column]
        if column > 0:
            each = costs[number - 1][column - 1]
            within = pauses[column - 1] if number > 1 else 0.0
            if here == rows[number - 1][column - 1] + each + within:
                matched[number - 1] = each
                touched.append(column - 1)
                number, column = number - 1, column - 1
                continue
        if here == rows[number - 1][column] + MISSING_COST:
            number -= 1
        else:
            column -= 1
    return matched, touched
