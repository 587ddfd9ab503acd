"""What a speech recogniser is to the rest: audio in, words with times out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from transcripts.audio import Audio


@dataclass(frozen=True, slots=True)
class Word:
    """One word heard. `start` and `end` are seconds; `confidence` lies between 0 and 1."""

    text: str
    start: float
    end: float
    confidence: float

    def shifted(self, seconds: float) -> Word:
        """The same word on a clock whose zero lies `seconds` earlier."""
        return replace(self, start=self.start + seconds, end=self.end + seconds)


class RecogniserError(Exception):
    """The engine could not be started or could not read the sound; the message says why."""


class Recogniser(Protocol):
    """An engine. The same sound gives the same words, every time."""

    @property
    def name(self) -> str:
        """Engine and model, as kept beside each finding, for example `vosk-model-small-cn-0.22`."""

    def transcribe(self, audio: Audio) -> list[Word]:
        """All words of one speaker, in order of time, in seconds from the beginning of `audio`."""

    def spot(self, audio: Audio, phrases: Sequence[str]) -> list[Word]:
        """The words of a second, narrow pass that knows only `phrases`; what fits none is left out."""
