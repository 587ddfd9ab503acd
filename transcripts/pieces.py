"""What is shown of what was heard: each piece of text beside the words that it stands for.

Judging keeps to the words as they were heard; people read pieces. Each step of the way to readable text takes
pieces and gives pieces, and what was heard is never lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from transcripts.recogniser import Word


@dataclass(frozen=True, slots=True)
class Piece:
    """`text` as shown, `heard` as recognised; `start` and `end` are seconds, `confidence` is 0 to 1."""

    text: str
    heard: str
    start: float
    end: float
    confidence: float

    @property
    def changed(self) -> bool:
        return self.text != self.heard


@dataclass(frozen=True, slots=True)
class Change:
    """Characters `first` up to but not `after` of the text, and what is shown in their place."""

    first: int
    after: int
    text: str


def as_heard(words: Iterable[Word]) -> list[Piece]:
    return [Piece(word.text, word.text, word.start, word.end, word.confidence) for word in words]


def text_of(pieces: Iterable[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def rewritten(pieces: Sequence[Piece], changes: Iterable[Change]) -> list[Piece]:
    """The pieces with the changes made, each a piece of its own.

    Changes must not overlap. A word is cut where a change begins within it, its time in proportion; a piece
    that was changed before stays whole, and goes into the new one.
    """
    made = list(pieces)
    for change in sorted(changes, key=lambda change: change.first, reverse=True):
        made = _rewrite(made, change)
    return made


def _rewrite(pieces: list[Piece], change: Change) -> list[Piece]:
    first, pieces = _boundary(pieces, change.first, earlier=True)
    after, pieces = _boundary(pieces, change.after, earlier=False)
    within = pieces[first:after]
    old, lead = text_of(within), change.first - len(text_of(pieces[:first]))
    text = old[:lead] + change.text + old[lead + change.after - change.first :]
    if not within or text == old:
        return pieces
    merged = Piece(
        text,
        "".join(piece.heard for piece in within),
        within[0].start,
        within[-1].end,
        min(piece.confidence for piece in within),
    )
    return [*pieces[:first], merged, *pieces[after:]]


def _boundary(pieces: list[Piece], at: int, *, earlier: bool) -> tuple[int, list[Piece]]:
    """How many pieces lie before character `at`, and the pieces, one of them cut where it lies within.

    A changed piece is not cut: it lies behind its `earlier` boundary, or before the other.
    """
    position = 0
    for number, piece in enumerate(pieces):
        inside = at - position
        if inside <= 0:
            return number, pieces
        if inside < len(piece.text):
            if piece.changed:
                return number if earlier else number + 1, pieces
            return number + 1, [*pieces[:number], *_halves(piece, inside), *pieces[number + 1 :]]
        position += len(piece.text)
    return len(pieces), pieces


def _halves(piece: Piece, inside: int) -> tuple[Piece, Piece]:
    """A word as it was heard, cut after `inside` characters, its time in proportion."""
    middle = piece.start + (piece.end - piece.start) * inside / len(piece.text)
    before, behind = piece.text[:inside], piece.text[inside:]
    return (
        Piece(before, before, piece.start, middle, piece.confidence),
        Piece(behind, behind, middle, piece.end, piece.confidence),
    )
