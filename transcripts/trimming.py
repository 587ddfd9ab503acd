"""Where a word really begins: engines often give the silence before a sentence to its first word."""

from __future__ import annotations

from dataclasses import replace

from transcripts.audio import Audio
from transcripts.recogniser import Word

LONGEST_SYLLABLE = 0.35
"""Seconds; a word that takes longer for each character may have silence at its beginning."""
SHORTEST_SYLLABLE = 0.1
FRAME = 0.02
QUIET = 0.1
"""A frame below this part of the word's loudest is not speech."""


def trim(word: Word, audio: Audio) -> Word:
    """The word, begun at its first frame of sound if it is too long to be all speech."""
    length = max(1, len(word.text))
    if word.end - word.start <= LONGEST_SYLLABLE * length:
        return word
    levels = _levels(audio.between(word.start, word.end))
    loudest = max(levels, default=0)
    first = next((number for number, level in enumerate(levels) if level > loudest * QUIET), 0)
    latest = word.end - SHORTEST_SYLLABLE * length
    return replace(word, start=round(min(word.start + first * FRAME, latest), 3))


def _levels(audio: Audio) -> list[int]:
    step = max(1, round(audio.rate * FRAME))
    samples = audio.samples
    return [sum(map(abs, samples[at : at + step])) for at in range(0, len(samples), step)]
