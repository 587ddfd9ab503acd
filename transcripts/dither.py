"""Noise too soft to hear, the same every time.

A telephone recording is filled with digital silence while nobody sends. Kaldi takes logarithms of
energies: at exactly nothing they run to their floor, and the model, which never saw such frames, hears words
in them. Its own remedy (dither) is random, so that results would differ from run to run; this one is fixed.
"""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray

LEVEL = 4
"""Largest sample of the noise, of 32768: −78 dB."""

_SOURCE = random.Random(20070930)
_NOISE = np.array([_SOURCE.randint(-LEVEL, LEVEL) for _ in range(65_521)], np.int16)


def dithered(samples: NDArray[np.int16], start: int = 0) -> NDArray[np.int16]:
    """The sound with the noise added; `start` is the place of its first sample in the whole."""
    limit = 32767 - LEVEL
    noise = _NOISE.take(np.arange(start, start + len(samples)), mode="wrap")
    return np.clip(samples, -limit, limit) + noise
