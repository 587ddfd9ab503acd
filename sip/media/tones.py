"""The tones of the Chinese telephone network (GB 3380-82, also listed with ITU-T E.180) as clips that loop.

Both are 450 Hz, here 10 dB below full scale. Beside them two signs of our own.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from sip.media.clip import Clip
from sip.media.g711 import PCMA, SAMPLE_RATE, Samples

FREQUENCY = 450.0
"""Hz."""
_LEVEL = 32767 * 10 ** (-10 / 20)
_SOFT = 32767 * 10 ** (-26 / 20)


def sine(frequency: float, seconds: float, level: float = _LEVEL) -> Samples:
    """A sine of `frequency` Hz with the peak `level`, int16, shape (seconds * 8000,)."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (np.sin(2 * np.pi * frequency * time) * level).astype(np.int16)


@cache
def ringback() -> Clip:
    """Ring-back 回铃音: 1 s on, 4 s off."""
    return _cadence(1.0, 4.0)


@cache
def busy() -> Clip:
    """Busy 忙音: 0.35 s on, 0.35 s off."""
    return _cadence(0.35, 0.35)


@cache
def beep() -> Clip:
    """What asks somebody to speak: 1000 Hz for 0.4 s."""
    return Clip.from_samples(sine(1000.0, 0.4))


@cache
def warning() -> Clip:
    """A soft sign to who is talking, 26 dB below full scale: two short notes of 1400 Hz."""
    note, pause = sine(1400.0, 0.08, _SOFT), np.zeros(round(0.08 * SAMPLE_RATE), np.int16)
    return Clip.from_samples(np.concatenate([note, pause, note]))


@cache
def silence(seconds: float = 1.0) -> Clip:
    """Silence, for a leg that must be sent something (a held caller, a NAT to be kept open)."""
    return Clip.from_alaw(PCMA.quiet(round(seconds * SAMPLE_RATE)))


def _cadence(on: float, off: float) -> Clip:
    quiet = np.zeros(round(off * SAMPLE_RATE), np.int16)
    return Clip.from_samples(np.concatenate([sine(FREQUENCY, on), quiet]))
