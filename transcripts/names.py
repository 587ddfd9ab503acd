"""Names that the recogniser does not know, put right by sound: 「还一场常州」 is 海逸长洲.

A company's name is spelt by chance, each time otherwise. Only a name of several syllables is told from
ordinary words by its sound alone: 「蓉城」 stays 蓉城, 「蓉城物业」 is 融创物业.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice, product

from pypinyin import Style, pinyin

from transcripts.alignment import Match, Pattern, find
from transcripts.pieces import Change, Piece, rewritten
from transcripts.recogniser import Word
from transcripts.sound import Syllable, syllables

SHORTEST = 4
"""Syllables of a name that is looked for."""
ALIKE = 0.2
"""Up to this mean cost a stretch is the name."""
READINGS = 16
"""Ways of reading a name that are tried."""
CERTAIN = 0.95
"""Where the recogniser is surer of every word, it heard what it wrote."""


def named(pieces: Sequence[Piece], names: Iterable[str]) -> list[Piece]:
    """The pieces with each name in place of what sounds like it."""
    made = list(pieces)
    for name in names:
        if len(syllables(name)) >= SHORTEST:
            made = _named(made, name)
    return made


def _named(pieces: list[Piece], name: str) -> list[Piece]:
    changes: list[Change] = []
    words, at = [Word(each.text, each.start, each.end, each.confidence) for each in pieces], 0.0
    while (match := _best(name, words, at)) is not None and match.worst <= ALIKE:
        change = _change(pieces, match, name)
        if change is not None:
            changes.append(change)
        at = match.end
    return rewritten(pieces, changes)


def _best(name: str, words: Sequence[Word], start: float) -> Match | None:
    found = [match for pattern in _patterns(name) if (match := find(pattern, words, start)) is not None]
    return min(found, key=lambda match: match.worst, default=None)


@lru_cache(maxsize=1_000)
def _patterns(name: str) -> tuple[Pattern, ...]:
    """A name in each way in which it can be read: 「长」 is cháng or zhǎng."""
    chinese = [character for character in name if syllables(character)]
    read = [pinyin(character, style=Style.TONE3, heteronym=True)[0] for character in chinese]
    spelt = [[each for each in sounds if re.fullmatch("[a-zü]+[1-5]?", each)] for sounds in read]
    ways = islice(product(*spelt), READINGS)
    return tuple(
        Pattern(name, tuple(Syllable.parse(each) for each in way), frozenset(range(len(way)))) for way in ways
    )


def _change(pieces: Sequence[Piece], match: Match, name: str) -> Change | None:
    """None where the stretch is the name, is sure, or begins or ends within a word."""
    position, within = 0, []
    for piece in pieces:
        if piece.start < match.end and piece.end > match.start:
            within.append((position, piece))
        position += len(piece.text)
    text = "".join(piece.text for _, piece in within)
    if text != match.heard or abs(len(text) - len(name)) > 1:
        return None
    if min(piece.confidence for _, piece in within) >= CERTAIN:
        return None
    return Change(within[0][0], within[0][0] + len(text), name)
