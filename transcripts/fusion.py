"""Two hearings of the same sound made one text: a free one, and one by somebody who knows the trade.

The recogniser knows all of Mandarin and few of the desk's words; the second pass (`Recogniser.spot` with the
lexicon's phrases) knows those words and nothing else. Where the two differ, the second is believed if it is
sure of itself, sounds like the first, and the first was less sure (`tests.bench.bench_characters`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from transcripts.pairing import Sound, align, spread
from transcripts.pieces import Change, Piece, rewritten
from transcripts.recogniser import Word

SURE = 0.83
"""A word of the second hearing below this confidence is not believed."""
SAME_SOUND = 0.17
"""Up to this mean cost the two sound the same, and the trade's word is the likelier writing."""
DOUBTFUL = ((0.92, 0.62), (0.5, 0.75))
"""Heard freely below this confidence, the second may sound different up to this cost."""
ROW_SURE, ROW_ALIKE = 0.35, 0.55
"""A row of digits is hard to hear, and nothing else sounds like one: less is asked of it."""
ROW, ROW_SHARE = 3, 0.75
NUMERALS = frozenset("零〇一幺二三四五六七八九十栋楼号")
PARTICLES = frozenset("吧啊呢吗嘛")
"""A numeral of the same sound is no better."""
LONG_WORD, LONG_SURE = 3, 0.7
"""A word of so many characters, heard freely with so much confidence, is seldom anything else."""
SHORT = 2
"""A difference of so few characters needs agreement on both of its sides, a longer one on either."""
BREATH = 0.3
"""Seconds of silence beside which nothing needs to agree."""


def fused(pieces: Sequence[Piece], second: Sequence[Word]) -> list[Piece]:
    """The pieces of one speaker, with what was heard better in `second` in place of it.

    What was changed before is not changed again.
    """
    hearings = _Hearings(pieces, spread(pieces), spread(second))
    changes = [
        hearings.change(first, after) for first, after in hearings.runs() if hearings.believed(first, after)
    ]
    return rewritten(pieces, changes)


class _Hearings:
    """The two, aligned; a run is a stretch of pairs, from one up to but not another."""

    def __init__(self, words: Sequence[Piece], free: Sequence[Sound], trade: Sequence[Sound]) -> None:
        self._words, self._free, self._trade = words, free, trade
        self._pairs = align(free, trade)

    def runs(self) -> Iterator[tuple[int, int]]:
        """Each difference in parts that can be believed: rows of digits whole, else as far as it is sure.

        A character that only the free hearing has goes with the one before it.
        """
        for agreed, part in groupby(range(len(self._pairs)), key=self._agree):
            places = list(part)
            if agreed:
                continue
            if self._is_row(places):
                yield places[0], places[-1] + 1
                continue
            sure, keys = False, {}
            for place in places:
                other = self._pairs[place].second
                sure = sure if other is None else self._trade[other].confidence >= SURE
                keys[place] = sure
            for wanted, run in groupby(places, key=keys.__getitem__):
                if wanted:
                    inside = list(run)
                    yield inside[0], inside[-1] + 1

    def believed(self, first: int, after: int) -> bool:
        """Whether the second hearing of the run is shown."""
        places = range(first, after)
        heard, other = self._heard(places), self._other(places)
        if not heard or not other:
            return False
        apart = sum(self._pairs[place].cost for place in places) / max(len(heard), len(other))
        doubt = sum(each.confidence for each in heard) / len(heard)
        sure = min(each.confidence for each in other)
        if self._is_row(places):
            return apart <= ROW_ALIKE and sure >= ROW_SURE
        if sure < SURE or not self._beside(first, after, len(heard)) or self._cuts(heard, places):
            return False
        if any(self._words[each.word].changed for each in heard):
            return False
        if apart <= SAME_SOUND:
            return not any(each.text in PARTICLES for each in heard)
        if any(self._is_long(each.word) for each in heard):
            return False
        return any(doubt < below and apart <= alike for below, alike in DOUBTFUL)

    def change(self, first: int, after: int) -> Change:
        """Of whole words: where one is cut, the rest of it is the same."""
        places = [pair.free for pair in self._pairs[first:after] if pair.free is not None]
        words = {self._free[place].word for place in places}
        whole = [place for place, each in enumerate(self._free) if each.word in words]
        text = "".join(each.text for each in self._other(range(first, after)))
        before, behind = self._text(whole[0], places[0]), self._text(places[-1] + 1, whole[-1] + 1)
        return Change(whole[0], whole[-1] + 1, before + text + behind)

    def _text(self, first: int, after: int) -> str:
        return "".join(each.text for each in self._free[first:after])

    def _heard(self, places: Iterable[int]) -> list[Sound]:
        return [self._free[at] for each in places if (at := self._pairs[each].free) is not None]

    def _other(self, places: Iterable[int]) -> list[Sound]:
        return [self._trade[at] for each in places if (at := self._pairs[each].second) is not None]

    def _agree(self, place: int) -> bool:
        heard, other = self._heard([place]), self._other([place])
        return bool(heard) and bool(other) and heard[0].text == other[0].text

    def _surely(self, place: int) -> bool:
        return self._agree(place) and self._other([place])[0].confidence >= SURE

    def _is_row(self, places: Sequence[int]) -> bool:
        texts = [each.text for each in self._other(places)]
        return len(texts) >= ROW and sum(text in NUMERALS for text in texts) >= ROW_SHARE * len(texts)

    def _beside(self, first: int, after: int, length: int) -> bool:
        """Whether the hearings agree on both sides of a short run, on one of a longer."""
        sides = (self._before(first), self._behind(after))
        return all(sides) if length <= SHORT else any(sides)

    def _before(self, first: int) -> bool:
        return first == 0 or self._agree(first - 1) or self._silent(first)

    def _behind(self, after: int) -> bool:
        return after == len(self._pairs) or self._agree(after) or self._silent(after)

    def _silent(self, place: int) -> bool:
        """Whether there is a silence between the words before pair `place` and those from it on."""
        before, behind = self._heard(range(place)), self._heard(range(place, len(self._pairs)))
        if not before or not behind:
            return True
        return self._words[behind[0].word].start - self._words[before[-1].word].end >= BREATH

    def _cuts(self, heard: Sequence[Sound], places: range) -> bool:
        """Whether a word would be cut of which the second hearing does not surely have the rest."""
        touched = {each.word for each in heard}
        return any(
            at is not None and self._free[at].word in touched and not self._surely(place)
            for place, at in ((place, self._pairs[place].free) for place in range(len(self._pairs)))
            if place not in places
        )

    def _is_long(self, number: int) -> bool:
        word = self._words[number]
        return len(word.text) >= LONG_WORD and word.confidence >= LONG_SURE
