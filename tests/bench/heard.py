"""What the engine hears, kept by a digest of the sound: recognition is dear, judging is not.

Kept too is what the engine was: a change of the code that leads to it, or other phrases, are heard anew.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import transcripts
from tests.speech import recogniser
from tests.spoken.clips import Samples
from transcripts.audio import Audio
from transcripts.listening import listen
from transcripts.transcript import Transcript

RATE = 8_000
ENGINE = (
    *("vosk_engine", "kaldi", "readings", "trimming"),
    *("dither", "activity", "listening", "speech_level", "voice"),
)
"""The modules between sound and words."""


class Ear:
    """Listens to samples (-1…1, 8 kHz); remembers, beyond this process where a folder is given."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._kept: dict[str, Any] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def hear(self, sound: Samples, phrases: Sequence[str] = ()) -> Transcript:
        """With `phrases` the narrow pass is made as well."""
        samples = np.clip(np.rint(sound * 32768), -32768, 32767).astype(np.int16).tobytes()
        audio = Audio(array("h", samples), RATE)
        free: Transcript = self._once(_key(samples, ()), lambda: listen(audio, recogniser()))
        if not phrases:
            return free
        spotted = self._once(_key(samples, phrases), lambda: tuple(recogniser().spot(audio, phrases)))
        return replace(free, spotted=spotted)

    def _once(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make() if self._folder is None else _on_disk(self._folder / key, make)
        return self._kept[key]


def _on_disk(path: Path, make: Callable[[], Any]) -> Any:
    if not path.exists():
        scratch = path.with_name(f"{path.name}.{os.getpid()}")
        scratch.write_bytes(pickle.dumps(make()))
        scratch.rename(path)
    return pickle.loads(path.read_bytes())


def _key(samples: bytes, phrases: Sequence[str]) -> str:
    return hashlib.sha256(samples + "\n".join([_engine(), *phrases]).encode()).hexdigest()[:32]


@cache
def _engine() -> str:
    folder = Path(next(iter(transcripts.__path__)))
    found = [path.read_bytes() for name in ENGINE if (path := folder / f"{name}.py").exists()]
    return hashlib.sha256(b"".join(found)).hexdigest()
