"""How fast somebody speaks."""

from __future__ import annotations

from collections.abc import Sequence

from transcripts.recogniser import Word
from transcripts.sound import syllables
from transcripts.voice import Span

SHORTEST = 2.0
"""Seconds of speech below which nobody can tell a rate."""


def speech_rate(words: Sequence[Word], spans: Sequence[Span] = ()) -> float | None:
    """Syllables a second over the time in which the speaker speaks; None where that is too short.

    `spans` is where there is speech (`Voice.spans`, seconds); without them the words' own times are taken.
    Words outside the spans do not count.
    """
    spoken = _united(spans or [(word.start, word.end) for word in words])
    seconds = sum(end - start for start, end in spoken)
    if seconds < SHORTEST:
        return None
    return sum(len(syllables(word.text)) for word in words if _within(word, spoken)) / seconds


def _within(word: Word, spans: Sequence[Span]) -> bool:
    middle = (word.start + word.end) / 2
    return any(start <= middle <= end for start, end in spans)


def _united(spans: Sequence[Span]) -> list[Span]:
    """The spans in order of time, those that overlap made one."""
    united: list[Span] = []
    for start, end in sorted(spans):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united
