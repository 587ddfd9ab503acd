"""What was said as characters, each with its time: a phrase begins where it likes, also within a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transcripts.recogniser import Word
from transcripts.utterances import split_utterances


@dataclass(frozen=True, slots=True)
class Characters:
    """`text`, and of each of its characters the time: a word's own is divided evenly among them (seconds)."""

    text: str
    starts: tuple[float, ...]
    ends: tuple[float, ...]

    @classmethod
    def of(cls, words: Sequence[Word]) -> Characters:
        text, starts, ends = "", [], []
        for word in words:
            step = (word.end - word.start) / max(1, len(word.text))
            text += word.text
            starts += [word.start + step * index for index in range(len(word.text))]
            ends += [word.start + step * (index + 1) for index in range(len(word.text))]
        return cls(text, tuple(starts), tuple(ends))

    def span(self, first: int, after: int) -> tuple[float, float]:
        """When characters `first` up to but not `after` were said, in seconds."""
        return self.starts[first], self.ends[after - 1]


def breaths(words: Sequence[Word], pause: float) -> Iterator[Characters]:
    """The characters of each stretch without a silence of `pause` seconds or more."""
    for part in split_utterances(words, pause):
        yield Characters.of(part)
