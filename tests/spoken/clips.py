"""Spoken sentences, one A-law WAV file each, named by voice and a digest of what is said.

Kokoro-82M spoke them (tests/data/spoken/README.md); `tests.spoken.speak` makes those that are missing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prompts.g711 import alaw_to_linear
from prompts.wav import read_alaw

Samples = npt.NDArray[np.float64]
"""One-dimensional, -1…1, 8 kHz."""

SPOKEN = Path(__file__).parent.parent / "data" / "spoken"
CLIPS = SPOKEN / "clips"


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said, by whom, and how fast (1 is the voice's own pace)."""

    voice: str
    text: str
    speed: float = 1.0

    @property
    def file(self) -> str:
        digest = hashlib.sha256(f"{self.speed:g} {self.text}".encode()).hexdigest()
        return f"{self.voice}-{digest[:10]}.wav"


@cache
def clip(sentence: Sentence, folder: Path = CLIPS) -> Samples:
    """How it sounds. Raises FileNotFoundError, which says how to make it."""
    path = folder / sentence.file
    if not path.is_file():
        raise FileNotFoundError(f"{path} ({sentence}): make it with python -m tests.spoken.speak")
    return alaw_to_linear(read_alaw(path))
