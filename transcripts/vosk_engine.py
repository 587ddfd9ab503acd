"""Vosk as a `Recogniser`: free recognition, and a narrow pass that knows only some phrases.

Measured on telephone sound of 8 kHz: Kaldi's own resampling (band-limited, told the true rate) reads it no
worse than samples doubled beforehand, so sound is handed over at the rate it has.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import vosk

from transcripts.audio import Audio
from transcripts.dither import dithered
from transcripts.recogniser import RecogniserError, Word
from transcripts.trimming import trim

log = logging.getLogger(__name__)

CHUNK_SECONDS = 0.25
UNKNOWN = "[unk]"

vosk.SetLogLevel(-1)  # Kaldi writes its own log to the standard error


class VoskRecogniser:
    """One model, loaded once (0.35 s, 150–290 MB); used by one thread at a time."""

    def __init__(self, model: Path) -> None:
        """Raises RecogniserError where the folder holds no model that Vosk can load."""
        if not (model / "am" / "final.mdl").is_file():
            raise RecogniserError(f"{model} holds no Vosk model (am/final.mdl is missing)")
        try:
            self._model = vosk.Model(str(model))
        except Exception as error:  # Vosk raises plain Exception
            raise RecogniserError(f"Vosk cannot load the model in {model}: {error}") from error
        self._name = model.name

    @property
    def name(self) -> str:
        return self._name

    def transcribe(self, audio: Audio) -> list[Word]:
        return self._run(vosk.KaldiRecognizer(self._model, float(audio.rate)), audio)

    def spot(self, audio: Audio, phrases: Sequence[str]) -> list[Word]:
        """A phrase with a character that the model does not know is left out, and logged."""
        split = {phrase: segment(phrase, self.knows) for phrase in phrases}
        if unknown := [phrase for phrase, words in split.items() if words is None]:
            log.info("phrases outside the vocabulary phrases=%s", ",".join(unknown))
        known = [" ".join(words) for words in split.values() if words]
        grammar = json.dumps([*known, UNKNOWN], ensure_ascii=False)
        return self._run(vosk.KaldiRecognizer(self._model, float(audio.rate), grammar), audio)

    def knows(self, word: str) -> bool:
        """Whether `word` is in the model's vocabulary."""
        return int(self._model.vosk_model_find_word(word)) >= 0

    def _run(self, recogniser: Any, audio: Audio) -> list[Word]:
        recogniser.SetWords(True)
        raw, step = dithered(audio).to_bytes(), int(audio.rate * CHUNK_SECONDS) * 2
        words: list[Word] = []
        for offset in range(0, len(raw), step):
            if recogniser.AcceptWaveform(raw[offset : offset + step]):
                words += _words(recogniser.Result())
        words += _words(recogniser.FinalResult())
        return [trim(word, audio) for word in words if word.text != UNKNOWN]


def segment(phrase: str, knows: Callable[[str], bool]) -> list[str] | None:
    """`phrase` in words of the vocabulary, longest first: 「高卫物业」 as 高, 卫, 物业; None: none fit."""
    words: list[str] = []
    while phrase:
        longest = next((end for end in range(len(phrase), 0, -1) if knows(phrase[:end])), 0)
        if not longest:
            return None
        words.append(phrase[:longest])
        phrase = phrase[longest:]
    return words


def _words(result: str) -> list[Word]:
    return [
        Word(item["word"], float(item["start"]), float(item["end"]), float(item["conf"]))
        for item in json.loads(result).get("result", ())
    ]
