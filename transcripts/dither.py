"""Noise too soft to hear, the same every time.

A telephone recording is filled with digital silence while nobody sends. Kaldi takes logarithms of
energies: at exactly nothing they run to their floor, and the model, which never saw such frames, hears words
in them. Its own remedy (dither) is random, so that results would differ from run to run; this one is fixed.
"""

from __future__ import annotations

import random
from array import array
from itertools import cycle

from transcripts.audio import Audio

LEVEL = 4
"""Largest sample of the noise, of 32768: −78 dB."""

_SOURCE = random.Random(20070930)
_NOISE = [_SOURCE.randint(-LEVEL, LEVEL) for _ in range(65_521)]


def dithered(audio: Audio) -> Audio:
    """The sound with the noise added."""
    limit = 32767 - LEVEL
    samples = (
        max(-limit, min(limit, sample)) + noise
        for sample, noise in zip(audio.samples, cycle(_NOISE), strict=False)
    )
    return Audio(array("h", samples), audio.rate)
