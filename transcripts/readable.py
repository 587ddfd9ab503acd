"""From what was heard of one speaker to what people read: names, the desk's words, numbers in digits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from transcripts.fusion import fused
from transcripts.names import named
from transcripts.numbers import normalised
from transcripts.pieces import Piece, as_heard
from transcripts.recogniser import Word


def as_spoken(words: Sequence[Word], second: Sequence[Word] = (), names: Iterable[str] = ()) -> list[Piece]:
    """Every character as it was spoken: `words` of the free pass put right by the `second` hearing, which
    knows the lexicon's phrases, and by the `names` of the lexicon."""
    return fused(named(as_heard(words), names), second)


def as_written(words: Sequence[Word], second: Sequence[Word] = (), names: Iterable[str] = ()) -> list[Piece]:
    """The same, with numbers, rooms and telephones in digits."""
    return normalised(as_spoken(words, second, names))
