"""Who heard whom: which of the tones that the parties of a test hum are in what one of them heard. Pure.

    heard(read(path), last=1.0) == {CALLER}
    story(read(path)) == [{AGENT}, {TARGET}]

A tone is there in a window of 200 ms where it is loud enough and stands out from what is beside it; it is
heard where that is so steadily. Music, prompts, speech and ring-back (450 Hz) pass over the frequencies of
`TONES` now and then, but do not stay on one: `tests/unit/test_spectrum.py` holds them against it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sip.media.g711 import BY_WAV_TAG
from sip.media.wav import PCM_TAG, Wav

TONES = (1120, 1280, 1390, 1540, 1690, 1820, 1930, 2050, 2180, 2290, 2430, 2560, 2690, 2870, 3050)
"""Hz. Beside the notes of the music on hold and the tones of keys, above what most of a voice has."""
WINDOW = 0.2
"""Seconds; two tones 10 Hz apart can be told from one another."""
HOP = WINDOW / 2
LOUD = 0.02
"""The least peak of a tone, of 1.0: −34 dB."""
ASIDE = (-45.0, -30.0, 30.0, 45.0)
"""Hz beside a tone; what is a tone is far louder than it is there."""
OUTSTANDING = 3.0
"""Times louder than beside."""
STEADY = 0.6
"""The share of windows in which a tone must be there: a phone on a busy machine stutters."""
STUTTER = 0.2
"""Seconds of silence within a tone that are no pause."""
LEAST = 0.4
"""Seconds for which something must be heard to belong to the story."""

Floats = NDArray[np.float64]
Tones = set[int]
NOTHING: Tones = set()


@dataclass(frozen=True)
class Sound:
    """Samples from −1 to 1, of one channel, `rate` a second."""

    samples: Floats
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    def part(self, start: float = 0.0, end: float | None = None, last: float | None = None) -> Sound:
        """From second to second, or the last so many."""
        if last is not None:
            start = max(0.0, self.seconds - last)
        stop = None if end is None else round(end * self.rate)
        return Sound(self.samples[round(start * self.rate) : stop], self.rate)


SILENCE = Sound(np.zeros(0), 8000)


def read(path: Path) -> Sound:
    """A WAV of one channel, 8 or 16 bits linear or G.711, also one that still grows; silence before there
    is a file, or a header in it."""
    raw = path.read_bytes() if path.exists() else b""
    if b"data" not in raw[:100]:
        return SILENCE
    # A growing file of Python's `wave` says that there is nothing in it; the whole rest is its sound.
    at = raw.index(b"data", 0, 100)
    wav = Wav.parse(raw[: at + 4] + b"\xff\xff\xff\xff" + raw[at + 8 :])
    assert wav.channels == 1, f"{path} has {wav.channels} channels"
    return Sound(_linear(wav), wav.rate)


def _linear(wav: Wav) -> Floats:
    if wav.tag in BY_WAV_TAG:
        return BY_WAV_TAG[wav.tag].decode(wav.data).astype(float) / 32768
    assert wav.tag == PCM_TAG, f"format {wav.tag}"
    if wav.bits == 8:
        return (np.frombuffer(wav.data, np.uint8).astype(float) - 128) / 128
    return np.frombuffer(wav.data[: len(wav.data) // 2 * 2], "<i2").astype(float) / 32768


def heard(
    sound: Sound,
    *,
    start: float = 0.0,
    end: float | None = None,
    last: float | None = None,
    among: Iterable[int] = TONES,
    steady: float = STEADY,
) -> Tones:
    """The tones that are steadily in that part of the sound, or in its `last` seconds; the empty set also
    where there is less than two windows of it."""
    names = tuple(among)
    there = presence(sound.part(start, end, last), names)
    if len(there) < 2:
        return NOTHING
    return {name for name, share in zip(names, there.mean(axis=0), strict=True) if share >= steady}


def story(sound: Sound, *, among: Iterable[int] = TONES, least: float = LEAST) -> list[Tones]:
    """What was heard one after the other, silence and stutter left out; a phone that hears the same again
    after a pause has it once."""
    names = tuple(among)
    there = _whole(presence(sound, names))
    rows = ({name for name, on in zip(names, row, strict=True) if on} for row in there)
    told = [(tones, sum(1 for _ in run) * HOP) for tones, run in groupby(rows)]
    return [tones for tones, _ in groupby(tones for tones, seconds in told if tones and seconds >= least)]


def ever(sound: Sound, *, among: Iterable[int] = TONES, least: float = LEAST) -> Tones:
    """Every tone that was heard at some time without a break for so many seconds."""
    names = tuple(among)
    there = _whole(presence(sound, names))
    return {name for name, column in zip(names, there.T, strict=True) if _longest(column) * HOP >= least}


def _longest(there: NDArray[np.bool_]) -> int:
    return max((sum(1 for _ in run) for on, run in groupby(there) if on), default=0)


def _whole(there: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without the gaps of a phone that stutters."""
    gap = round(STUTTER / HOP)
    whole = there.copy()
    for at in range(1, len(there) - 1):
        before, after = there[max(0, at - gap) : at], there[at + 1 : at + 1 + gap]
        whole[at] |= before.any(axis=0) & after.any(axis=0)
    return whole


def presence(sound: Sound, tones: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which tones are there in each window of 200 ms, one every 100 ms; shape (windows, tones)."""
    size, hop = round(WINDOW * sound.rate), round(HOP * sound.rate)
    if len(sound.samples) < size:
        return np.zeros((0, len(tones)), np.bool_)
    frames = np.lib.stride_tricks.sliding_window_view(sound.samples, size)[::hop]
    shape = np.hanning(size)
    beside = [amplitudes(frames, shape, [tone + hertz for tone in tones], sound.rate) for hertz in ASIDE]
    at = amplitudes(frames, shape, tones, sound.rate)
    return (at > LOUD) & (at > OUTSTANDING * np.median(beside, axis=0))


def amplitudes(frames: Floats, shape: Floats, hertz: Iterable[float], rate: int) -> Floats:
    """The peak of each sine in each frame, as Goertzel's filter gives it; shape (frames, frequencies)."""
    turns = np.outer(np.arange(frames.shape[1]) / rate, np.fromiter(hertz, float))
    found: Floats = np.abs((frames * shape) @ np.exp(-2j * np.pi * turns)) * 2 / shape.sum()
    return found
