"""What was heard of one speaker: words, what they might have been, and what was measured; how it is kept."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transcripts.recogniser import Word
from transcripts.voice import Voice

Alternative = tuple[Word, ...]
"""One utterance as it might have been said instead; the words' `confidence` is that of the whole, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """One recording; times are seconds from its beginning.

    `words` are those of the free pass. `spotted` are those of the narrow pass and `phrases` all that it knew,
    where one was made: a phrase that it did not know cannot be missed by it. `alternatives` and
    `spotted_alternatives` are other readings of single utterances. `second` is the second hearing with
    the lexicon's phrases, which people read and nobody is judged by. `error` says why nothing could be read.
    """

    words: tuple[Word, ...] = ()
    spotted: tuple[Word, ...] | None = None
    seconds: float = 0.0
    error: str | None = None
    phrases: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    spotted_alternatives: tuple[Alternative, ...] = ()
    voice: Voice | None = None
    second: tuple[Word, ...] = ()


def to_plain(transcript: Transcript) -> dict[str, Any]:
    """As JSON types; times to the millisecond (engines give them to 30)."""
    voice, spotted = transcript.voice, transcript.spotted
    return {
        "words": _rows(transcript.words),
        "spotted": None if spotted is None else _rows(spotted),
        "seconds": transcript.seconds,
        "error": transcript.error,
        "phrases": list(transcript.phrases),
        "alternatives": [_rows(each) for each in transcript.alternatives],
        "spotted_alternatives": [_rows(each) for each in transcript.spotted_alternatives],
        "voice": voice and {"spans": [list(span) for span in voice.spans], "level": voice.level},
        "second": _rows(transcript.second),
    }


def from_plain(value: Mapping[str, Any]) -> Transcript:
    """What `to_plain` gave."""
    voice, spotted = value["voice"], value["spotted"]
    return Transcript(
        _words(value["words"]),
        None if spotted is None else _words(spotted),
        value["seconds"],
        value["error"],
        tuple(value["phrases"]),
        tuple(_words(each) for each in value["alternatives"]),
        tuple(_words(each) for each in value["spotted_alternatives"]),
        voice and Voice(tuple((start, end) for start, end in voice["spans"]), voice["level"]),
        _words(value.get("second", ())),
    )


def pack(transcript: Transcript) -> bytes:
    """For the database: compressed JSON, some 25 bytes a second of speech."""
    return zlib.compress(json.dumps(to_plain(transcript), ensure_ascii=False, separators=(",", ":")).encode())


def unpack(packed: bytes) -> Transcript:
    """What `pack` gave."""
    return from_plain(json.loads(zlib.decompress(packed)))


def _rows(words: Iterable[Word]) -> list[list[Any]]:
    return [[w.text, round(w.start, 3), round(w.end, 3), round(w.confidence, 4)] for w in words]


def _words(rows: Sequence[Sequence[Any]]) -> tuple[Word, ...]:
    return tuple(Word(*row) for row in rows)
