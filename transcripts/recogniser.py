"""What a speech recogniser is to the rest: sound in, words with times out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

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
        return Word(self.text, self.start + seconds, self.end + seconds, self.confidence)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was heard in one breath, and other readings of it, the likeliest first; their words'
    `confidence` is the share of the whole reading."""

    words: tuple[Word, ...]
    alternatives: tuple[tuple[Word, ...], ...] = ()


class RecogniserError(Exception):
    """The engine could not be started or could not read the sound; the message says why."""


class Decoder(Protocol):
    """One speaker's sound being read as it comes. Times are seconds of what was given to it."""

    def accept(self, samples: NDArray[np.int16]) -> list[Utterance]:
        """Takes the sound that comes next; the utterances that are complete by it. How the sound is divided
        makes no difference."""

    def pause(self) -> list[Utterance]:
        """It is quiet for a while: the utterance under way is complete."""

    def finish(self) -> list[Utterance]:
        """No more comes: the rest. The last call."""

    @property
    def partial(self) -> str:
        """What was heard of the utterance under way, as far as the engine can tell; it may change."""


class Recogniser(Protocol):
    """An engine. The same sound gives the same words, every time."""

    @property
    def name(self) -> str:
        """Engine and model, as kept beside each finding, for example `vosk-model-small-cn-0.22`."""

    @property
    def lexicon(self) -> Sequence[str]:
        """What a second hearing listens for, to be read and not judged by; empty: none is made."""

    def decoder(self, rate: int, phrases: Sequence[str] | None = None) -> Decoder:
        """For one speaker's sound at `rate` Hz; with `phrases` the narrow pass, which knows nothing else:
        what fits none is left out."""

    def transcribe(self, audio: Audio) -> list[Word]:
        """All words of one speaker, in order of time, in seconds from the beginning of `audio`."""

    def spot(self, audio: Audio, phrases: Sequence[str]) -> list[Word]:
        """The words of a second, narrow pass that knows only `phrases`; what fits none is left out."""
