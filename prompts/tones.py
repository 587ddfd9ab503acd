"""Signals that need no recording: the beep before a message, and what an agent hears beside the caller."""

from __future__ import annotations

import numpy as np

from prompts.g711 import linear_to_alaw
from prompts.schema import Tone
from prompts.telephone import LINE_RATE, Samples, with_silence

_RISE = 0.01
"""Seconds in which a tone comes and goes, so that it does not click."""


def tone_alaw(tone: Tone) -> bytes:
    """The signal as A-law octets, in whole packets of 20 ms."""
    gap = np.zeros(round(tone.gap * LINE_RATE))
    one = _beep(tone)
    pieces = [one, *(part for _ in range(tone.times - 1) for part in (gap, one))]
    return linear_to_alaw(with_silence(np.concatenate(pieces), 0.02, 0.02))


def quiet_line(seconds: float) -> bytes:
    """A-law octets of a line on which nobody speaks: noise at -66 dBFS."""
    return linear_to_alaw(with_silence(np.zeros(0), 0.0, seconds, whole=False))


def _beep(tone: Tone) -> Samples:
    time = np.arange(round(tone.seconds * LINE_RATE)) / LINE_RATE
    edge = np.clip(np.minimum(time, time[-1] - time) / _RISE, 0.0, 1.0)
    return np.asarray(np.sqrt(2) * 10 ** (tone.dbfs / 20) * np.sin(2 * np.pi * tone.hertz * time) * edge)
