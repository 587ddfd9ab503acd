"""faster-whisper as a `Recogniser`, for those who have the hardware: `pip install 'sanxiang[whisper]'`.

Whisper reads whole utterances: nothing is known of one before it is over. It has no narrow pass of its own
either; told the phrases as hot words it reads the sound again, and what sounds like none of them is left out.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from transcripts.activity import Samples
from transcripts.alignment import Pattern, find
from transcripts.audio import Audio
from transcripts.decoding import resampled
from transcripts.listening import read_alone
from transcripts.recogniser import Decoder, RecogniserError, Utterance, Word

RATE = 16_000
LONGEST = 28.0
"""Seconds read at once: Whisper sees 30."""
PROMPT = "以下是普通话的句子。"
"""Keeps it to simplified characters and to punctuation, which is left out."""
ALIKE = 0.15
"""The cost up to which a stretch is one of the phrases."""


class WhisperRecogniser:
    """One model, loaded once; used by one thread at a time."""

    def __init__(self, model: Path) -> None:
        """Raises RecogniserError where faster-whisper is not installed or cannot load the model."""
        if not (model / "model.bin").is_file():
            raise RecogniserError(f"{model} holds no model of faster-whisper (model.bin is missing)")
        try:
            from faster_whisper import WhisperModel
        except ImportError:
            raise RecogniserError(
                "faster-whisper is not installed: pip install 'sanxiang[whisper]'"
            ) from None
        try:
            self._model = WhisperModel(str(model))
        except (RuntimeError, ValueError, OSError) as error:
            raise RecogniserError(f"faster-whisper cannot load the model in {model}: {error}") from error
        self._name = f"faster-whisper {model.name}"

    @property
    def name(self) -> str:
        return self._name

    @property
    def lexicon(self) -> Sequence[str]:
        return ()  # it writes what the words mean, and needs no second hearing

    def transcribe(self, audio: Audio) -> list[Word]:
        return read_alone(self.decoder(audio.rate), audio)

    def spot(self, audio: Audio, phrases: Sequence[str]) -> list[Word]:
        return read_alone(self.decoder(audio.rate, phrases), audio)

    def decoder(self, rate: int, phrases: Sequence[str] | None = None) -> Decoder:
        return WhisperDecoder(self._model, rate, phrases)


class WhisperDecoder:
    """Gathers the sound of an utterance and reads it when it is over, or as long as Whisper can see."""

    partial = ""

    def __init__(self, model: Any, rate: int, phrases: Sequence[str] | None = None) -> None:
        self._model, self._rate = model, rate
        self._patterns = None if phrases is None else [Pattern.parse(each) for each in phrases]
        self._hotwords = None if phrases is None else " ".join(phrases)
        self._sound: Samples = np.empty(0, np.int16)
        self._read = 0

    def accept(self, samples: Samples) -> list[Utterance]:
        self._sound = np.concatenate((self._sound, samples))
        found: list[Utterance] = []
        most = round(LONGEST * self._rate)
        while len(self._sound) >= most:
            found += self._take(most)
        return found

    def pause(self) -> list[Utterance]:
        return self._take(len(self._sound))

    def finish(self) -> list[Utterance]:
        return self._take(len(self._sound))

    def _take(self, size: int) -> list[Utterance]:
        """Reads the next so many samples."""
        if not size:
            return []
        sound, self._sound = self._sound[:size], self._sound[size:]
        offset, self._read = self._read / self._rate, self._read + size
        words = [word.shifted(offset) for word in self._recognise(sound)]
        if self._patterns is not None:
            words = _fitting(words, self._patterns)
        return [Utterance(tuple(words))] if words else []

    def _recognise(self, sound: Samples) -> Iterable[Word]:
        audio = resampled(array("h", sound.tobytes()), self._rate, RATE)
        segments, _ = self._model.transcribe(
            np.array(audio, np.float32) / 32768.0,
            language="zh",
            task="transcribe",
            temperature=0.0,  # the same sound gives the same words
            condition_on_previous_text=False,
            initial_prompt=PROMPT,
            hotwords=self._hotwords,
            word_timestamps=True,
        )
        for segment in segments:
            for each in segment.words or ():
                if text := "".join(character for character in each.word if character.isalnum()):
                    yield Word(text, float(each.start), float(each.end), round(float(each.probability), 4))


def _fitting(words: Sequence[Word], patterns: Sequence[Pattern]) -> list[Word]:
    """The words of the stretches that sound like one of the patterns."""
    spans = [
        (fit.start, fit.end)
        for pattern in patterns
        if (fit := find(pattern, words)) is not None and fit.worst <= ALIKE
    ]
    return [word for word in words if any(start <= word.start and word.end <= end for start, end in spans)]
