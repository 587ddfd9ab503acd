"""From what was heard of one speaker to what people read: names, the desk's words, numbers in digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transcripts.fusion import fused
from transcripts.names import named
from transcripts.numbers import normalised
from transcripts.pieces import Piece, as_heard
from transcripts.recogniser import Word
from transcripts.utterances import split_utterances

MARGIN = 0.3
"""Seconds before and after an utterance in which the second hearing may have put its words."""

Read = tuple[list[Word], list[Piece]]
"""The words of an utterance, and what is read."""


def as_spoken(words: Sequence[Word], second: Sequence[Word] = (), names: Sequence[str] = ()) -> list[Read]:
    """Utterance by utterance, every character as it was spoken.

    `words` of the free pass are put right by the `second` hearing, which knows the lexicon's phrases, and by
    the lexicon's `names`.
    """
    return [
        (part, fused(named(as_heard(part), names), list(_within(second, part))))
        for part in split_utterances(words)
    ]


def as_written(words: Sequence[Word], second: Sequence[Word] = (), names: Sequence[str] = ()) -> list[Read]:
    """The same, with numbers, rooms and telephones in digits."""
    return [(part, normalised(pieces)) for part, pieces in as_spoken(words, second, names)]


def _within(second: Sequence[Word], part: Sequence[Word]) -> Iterator[Word]:
    start, end = part[0].start - MARGIN, part[-1].end + MARGIN
    return (word for word in second if start <= (word.start + word.end) / 2 <= end)
