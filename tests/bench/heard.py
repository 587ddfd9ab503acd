"""What the engine hears, kept by a digest of the sound: recognition is dear, judging is not.

Kept too is what the engine was: a change of the code that leads to it, or other phrases, are heard anew.
"""

from __future__ import annotations

import hashlib
import pickle
from array import array
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

import transcripts
from callcenter.scribe.hands import Transcript
from callcenter.scribe.judge_files import listen
from tests.speech import recogniser
from tests.spoken.clips import Samples
from transcripts.audio import Audio

RATE = 8_000
ENGINE = ("vosk_engine", "dither", "trimming", "activity", "listening", "speech_level")
"""The modules between sound and words."""


class Ear:
    """Listens to samples (-1…1, 8 kHz), and remembers in `folder` where one is given."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def hear(self, sound: Samples, phrases: Sequence[str] = ()) -> Transcript:
        """With `phrases` the narrow pass is made as well."""
        samples = array("h", np.clip(np.rint(sound * 32768), -32768, 32767).astype(np.int16).tobytes())
        if self._folder is None:
            return listen(Audio(samples, RATE), recogniser(), phrases)
        key = hashlib.sha256(samples.tobytes() + "\n".join([_engine(), *phrases]).encode()).hexdigest()
        path = self._folder / f"{key[:32]}.heard"
        if not path.exists():
            kept = pickle.dumps(listen(Audio(samples, RATE), recogniser(), phrases))
            scratch = path.with_suffix(f".{id(samples)}")
            scratch.write_bytes(kept)
            scratch.rename(path)
        found: Transcript = pickle.loads(path.read_bytes())
        return found


@cache
def _engine() -> str:
    folder = Path(next(iter(transcripts.__path__)))
    found = [path.read_bytes() for name in ENGINE if (path := folder / f"{name}.py").exists()]
    return hashlib.sha256(b"".join(found)).hexdigest()
