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

import numpy as np
import vosk

from transcripts.activity import Samples
from transcripts.audio import Audio
from transcripts.homophones import stand_in
from transcripts.kaldi import Kaldi, Kept, Key
from transcripts.listening import read_alone
from transcripts.readings import utterance_of
from transcripts.recogniser import Decoder, RecogniserError, Utterance, Word

log = logging.getLogger(__name__)

CHUNK_SECONDS = 0.25
READINGS = 100
"""Of each utterance, asked of Kaldi's lattice: so many that the words' shares come to what its own
confidences are (correlation 0.98 and more, at 10 dB of noise too); ten make it too sure of itself. They cost
a hundredth of the decoding."""
UNKNOWN = "[unk]"

vosk.SetLogLevel(-1)  # Kaldi writes its own log to the standard error


class VoskRecogniser:
    """One model, loaded once (0.35 s, 150–290 MB); used by one thread at a time."""

    def __init__(self, model: Path, lexicon: Sequence[str] = ()) -> None:
        """`lexicon` is what a second hearing listens for.

        Raises RecogniserError where the folder holds no model that Vosk can load.
        """
        if not (model / "am" / "final.mdl").is_file():
            raise RecogniserError(f"{model} holds no Vosk model (am/final.mdl is missing)")
        try:
            self._model = vosk.Model(str(model))
        except Exception as error:  # Vosk raises plain Exception
            raise RecogniserError(f"Vosk cannot load the model in {model}: {error}") from error
        self._name = model.name
        self._lexicon = tuple(lexicon)
        self._kept = Kept(self._kaldi)

    @property
    def name(self) -> str:
        return self._name

    @property
    def lexicon(self) -> Sequence[str]:
        return self._lexicon

    def transcribe(self, audio: Audio) -> list[Word]:
        return read_alone(self.decoder(audio.rate), audio)

    def spot(self, audio: Audio, phrases: Sequence[str]) -> list[Word]:
        return read_alone(self.decoder(audio.rate, phrases), audio)

    def decoder(self, rate: int, phrases: Sequence[str] | None = None) -> Decoder:
        """A phrase with a character that the model does not know is left out, and logged."""
        kaldi = self._kept.take((rate, None if phrases is None else tuple(phrases)))
        return VoskDecoder(kaldi, self._kept.give_back)

    def _kaldi(self, key: Key) -> Any:
        rate, phrases = key
        if phrases is None:
            made = vosk.KaldiRecognizer(self._model, float(rate))
        else:
            made = vosk.KaldiRecognizer(self._model, float(rate), self._grammar(phrases))
        made.SetWords(True)
        made.SetMaxAlternatives(READINGS)
        return made

    def _grammar(self, phrases: Sequence[str]) -> str:
        split = {phrase: segment(phrase, self.knows) for phrase in phrases}
        if unknown := [phrase for phrase, words in split.items() if words is None]:
            log.info("phrases outside the vocabulary phrases=%s", ",".join(unknown))
        known = [" ".join(words) for words in split.values() if words]
        return json.dumps([*known, UNKNOWN], ensure_ascii=False)

    def knows(self, word: str) -> bool:
        """Whether `word` is in the model's vocabulary."""
        return int(self._model.vosk_model_find_word(word)) >= 0


class VoskDecoder:
    """One of Kaldi's recognisers for one recording: it is given the sound in chunks of the same size, for it
    looks for the end of an utterance after each."""

    def __init__(self, kaldi: Kaldi, give_back: Callable[[Kaldi], None]) -> None:
        self._kaldi, self._give_back = kaldi, give_back
        self._chunk = int(kaldi.key[0] * CHUNK_SECONDS)
        self._waiting: Samples = np.empty(0, np.int16)
        self._given = 0

    def accept(self, samples: Samples) -> list[Utterance]:
        self._waiting = np.concatenate((self._waiting, samples))
        found: list[Utterance] = []
        while len(self._waiting) >= (size := self._chunk - self._given % self._chunk):
            found += self._give(size)
        return found

    def pause(self) -> list[Utterance]:
        found = self._give(len(self._waiting))
        return [*found, *self._utterances(self._kaldi.result())]

    def finish(self) -> list[Utterance]:
        found = self._give(len(self._waiting))
        found += self._utterances(self._kaldi.final_result())
        self._give_back(self._kaldi)
        return found

    @property
    def partial(self) -> str:
        heard = str(json.loads(self._kaldi.partial()).get("partial", ""))
        return heard.replace(UNKNOWN, "").replace(" ", "")

    def _give(self, size: int) -> list[Utterance]:
        """The next so many samples: to the end of a chunk, or all there are."""
        chunk, self._waiting = self._waiting[:size], self._waiting[size:].copy()
        self._given += size
        if size and self._kaldi.accept(chunk.astype("<i2").tobytes()):
            return self._utterances(self._kaldi.result())
        return []

    def _utterances(self, result: str) -> list[Utterance]:
        """Kaldi's N-best list: of each reading a logarithm of its likelihood, of its words only the times."""
        began = self._kaldi.begun
        readings = [
            (
                float(reading["confidence"]),
                [
                    (item["word"], round(item["start"] - began, 3), round(item["end"] - began, 3))
                    for item in reading.get("result", ())
                    if item["word"] != UNKNOWN
                ],
            )
            for reading in json.loads(result).get("alternatives", ())
        ]
        utterance = utterance_of(readings)
        return [utterance] if utterance.words or utterance.alternatives else []


def segment(phrase: str, knows: Callable[[str], bool]) -> list[str] | None:
    """`phrase` in words of the vocabulary, longest first: 「高卫物业」 as 高, 卫, 物业.

    An unknown character is replaced by a known one of the same sound; None where there is none.
    """
    words: list[str] = []
    while phrase:
        longest = next((end for end in range(len(phrase), 0, -1) if knows(phrase[:end])), 1)
        word = phrase[:longest] if knows(phrase[:longest]) else stand_in(phrase[0], knows)
        if word is None:
            return None
        words.append(word)
        phrase = phrase[longest:]
    return words
