"""The active speech level: how loud somebody speaks while they speak (ITU-T P.56 (12/2011), method B)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from transcripts.activity import Samples

TIME_CONSTANT = 0.03
"""Seconds, of the two exponential averages that make the envelope."""
HANGOVER = 0.2
"""Seconds for which speech counts as going on after the envelope fell."""
MARGIN = 15.9
"""dB between the threshold and the level that it gives."""
THRESHOLDS = 2.0 ** -np.arange(15.0, 0.0, -1.0)
"""Of full scale, from the lowest: a step of 6.02 dB between two."""
BLOCK = 0.25
"""Seconds averaged at once."""


def active_level(samples: Samples, rate: int) -> float | None:
    """dBov (0: the power of the largest square wave); None where nobody speaks."""
    sound = samples.astype(np.float64) / 32768.0
    energy = float(np.sum(np.square(sound)))
    if energy == 0.0:
        return None
    envelope = _envelope(sound, rate)
    hangover = math.ceil(HANGOVER * rate)
    above: tuple[float, float] | None = None
    for threshold in THRESHOLDS.tolist():
        active = _active(envelope, threshold, hangover)
        if not active:
            return None
        level = 10.0 * math.log10(energy / active)
        margin = level - 20.0 * math.log10(threshold) - MARGIN
        if margin <= 0.0:
            return level if above is None else _between(above, (level, margin))
        above = (level, margin)
    return None


def _envelope(sound: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    return _averaged(_averaged(np.abs(sound), rate), rate)


def _averaged(values: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """`y[n] = g y[n-1] + (1 - g) x[n]`, block by block: within one, y is a sum weighted by powers of g."""
    decay = math.exp(-1.0 / (rate * TIME_CONSTANT))
    size = round(rate * BLOCK)
    powers = decay ** np.arange(1.0, size + 1.0)
    made, last = np.empty_like(values), 0.0
    for at in range(0, len(values), size):
        block = values[at : at + size]
        weights = powers[: len(block)]
        made[at : at + size] = weights * (last + (1.0 - decay) * np.cumsum(block / weights))
        last = float(made[at + len(block) - 1])
    return made


def _active(envelope: NDArray[np.float64], threshold: float, hangover: int) -> int:
    """Samples at which the envelope reaches the threshold, or did so within the hangover."""
    at = np.flatnonzero(envelope >= threshold)
    if not len(at):
        return 0
    gaps = np.diff(np.append(at, len(envelope)))
    return int(np.sum(np.minimum(gaps, hangover + 1)))


def _between(above: tuple[float, float], below: tuple[float, float]) -> float:
    """The level where the margin is met: between two thresholds it is nearly a straight line."""
    (first, over), (second, under) = above, below
    return first + (second - first) * over / (over - under)
