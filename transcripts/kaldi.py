"""Kaldi's recognisers, kept from one recording to the next.

A small model comes in two parts, and its search graph is composed of them while it is searched ("dynamic
composition": M. Mohri, F. Pereira, M. Riley, "Speech recognition with weighted finite-state transducers",
Handbook of Speech Processing, 2008). That is most of the cost of recognition, and a recogniser keeps what it
has composed: the second recording is read for less than the first, and what is heard in it is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

LONGEST = 1800.0
"""Seconds of sound until a recogniser is given up: what it keeps grows, and its clock is a number of 32 bits,
which is exact to a tenth of a millisecond until then."""
IDLE = 6
"""Recognisers kept that nobody uses: those of a call's two sides, of its standard, and of another's."""
FRESH = 0.01
"""Seconds of silence, less than one frame of Kaldi's, that make it begin anew."""

Key = tuple[int, tuple[str, ...] | None]
"""Sample rate in Hz, and the phrases of a narrow pass."""


class Kaldi:
    """One recogniser, and a recording's place on its clock, which goes on from recording to recording."""

    def __init__(self, key: Key, recogniser: Any) -> None:
        """`recogniser` is a vosk.KaldiRecognizer."""
        self.key = key
        self._recogniser = recogniser
        self._given = self._begun = 0

    @property
    def begun(self) -> float:
        """Seconds on its clock at which the recording began."""
        return self._begun / self.key[0]

    @property
    def given(self) -> float:
        """Seconds of sound that it was given in all."""
        return self._given / self.key[0]

    def accept(self, samples: bytes) -> bool:
        """Takes 16-bit samples; whether an utterance is complete by them."""
        self._given += len(samples) // 2
        return bool(self._recogniser.AcceptWaveform(samples))

    def result(self) -> str:
        """The utterance under way or just complete, as JSON."""
        return str(self._recogniser.Result())

    def final_result(self) -> str:
        """The rest of the recording, as JSON."""
        return str(self._recogniser.FinalResult())

    def partial(self) -> str:
        return str(self._recogniser.PartialResult())

    def renew(self) -> None:
        """Ready for another speaker. One whose last utterance was complete before the end has not let go of
        what it learnt of the voice (its i-vector) by `final_result`; after a moment more, it does."""
        self.accept(bytes(2 * round(FRESH * self.key[0])))
        self.final_result()
        self._begun = self._given


class Kept:
    """The idle ones, the longest unused first. Used by one thread at a time."""

    def __init__(self, make: Callable[[Key], Any]) -> None:
        """`make` gives a new vosk.KaldiRecognizer."""
        self._make = make
        self._idle: list[Kaldi] = []

    def take(self, key: Key) -> Kaldi:
        """The latest used of its kind, or a new one."""
        for place in reversed(range(len(self._idle))):
            if self._idle[place].key == key:
                return self._idle.pop(place)
        return Kaldi(key, self._make(key))

    def give_back(self, kaldi: Kaldi) -> None:
        """After the last result of a recording."""
        if kaldi.given < LONGEST:
            kaldi.renew()
            self._idle = [*self._idle, kaldi][-IDLE:]
