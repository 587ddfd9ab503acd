"""Words put together into what was said in one breath."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transcripts.recogniser import Word

PAUSE = 0.8
"""Seconds of silence that end an utterance."""


def split_utterances(words: Sequence[Word], pause: float = PAUSE) -> Iterator[list[Word]]:
    """The words of one speaker, cut where `pause` seconds or more lie between two of them."""
    current: list[Word] = []
    for word in words:
        if current and word.start - current[-1].end >= pause:
            yield current
            current = []
        current.append(word)
    if current:
        yield current


def join_text(words: Sequence[Word]) -> str:
    """Chinese is written without spaces; a space stands only between two Latin words."""
    text = ""
    for word in words:
        if text and text[-1].isascii() and word.text[:1].isascii():
            text += " "
        text += word.text
    return text
