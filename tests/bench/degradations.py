"""What a telephone line does to speech, as pure functions on samples (one-dimensional, -1…1, 8 kHz).

All noise has a fixed seed: the same sound is damaged in the same way every time. A signal-to-noise ratio is
that of the speech while somebody speaks (frames within 30 dB of the loudest) to the noise throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from prompts.g711 import ALAW_TO_ULAW, ULAW_VALUES, linear_to_alaw
from tests.spoken.clips import Samples

RATE = 8_000
PACKET = 160
"""Samples of a packet: 20 ms."""
TALKERS = 8

Degrade = Callable[[Samples, int], Samples]
"""A leg's sound and a seed to the sound that is left."""


def speech_power(sound: Samples) -> float:
    """Mean square of the frames of 20 ms in which somebody speaks; 0 where nobody does."""
    whole = sound[: len(sound) // PACKET * PACKET].reshape(-1, PACKET)
    powers = np.mean(whole**2, axis=1)
    loud = powers[powers > powers.max(initial=0.0) / 1000]
    return float(loud.mean()) if loud.size else 0.0


def with_noise(sound: Samples, noise: Samples, ratio: float) -> Samples:
    """The speech in `noise`, `ratio` dB below it."""
    wanted = speech_power(sound) * 10 ** (-ratio / 10)
    return np.asarray(sound + noise * np.sqrt(wanted / float(np.mean(noise**2))))


def white(length: int, seed: int) -> Samples:
    """The same power at every frequency."""
    return np.random.default_rng(seed).normal(0.0, 1.0, length)


def street(length: int, seed: int) -> Samples:
    """A street: power falls 6 dB an octave from 300 Hz, and swells and fades over seconds as cars pass."""
    random = np.random.default_rng(seed)
    spectrum = np.fft.rfft(random.normal(0.0, 1.0, length))
    hertz = np.fft.rfftfreq(length, 1 / RATE)
    rumble = np.fft.irfft(spectrum / np.maximum(hertz, 300.0), length)
    seconds = np.arange(length) / RATE
    swell = sum(np.sin(2 * np.pi * (seconds / period + random.random())) for period in (2.3, 5.1, 7.9))
    return np.asarray(rumble * 10 ** (2.0 * swell / 20))


def babble(length: int, seed: int, talkers: Sequence[Samples]) -> Samples:
    """A room in which several people talk: their sentences on end, from places of their own, all as loud."""
    random = np.random.default_rng(seed)
    room = np.zeros(length)
    for _ in range(TALKERS):
        order = random.permutation(len(talkers))
        voice = np.concatenate([talkers[number] / np.std(talkers[number]) for number in order])
        room += np.resize(np.roll(voice, int(random.integers(len(voice)))), length)
    return room


def softer(sound: Samples, decibels: float) -> Samples:
    """So many dB below what it was."""
    return np.asarray(sound * 10 ** (-decibels / 20))


def lossy(sound: Samples, share: float, seed: int) -> Samples:
    """Without `share` (0 to 1) of its packets, each lost by itself; silence is played instead."""
    kept = np.random.default_rng(seed).random(-(-len(sound) // PACKET)) >= share
    return np.asarray(sound * np.repeat(kept, PACKET)[: len(sound)])


def mu_law(sound: Samples) -> Samples:
    """By way of a carrier that speaks PCMU: A-law to µ-law, as gateways do it."""
    octets = linear_to_alaw(sound).translate(ALAW_TO_ULAW)
    return np.asarray(ULAW_VALUES[np.frombuffer(octets, np.uint8)] / 32768.0)


def variants(talkers: Sequence[Samples]) -> dict[str, Degrade]:
    """Every damage that the bench tries; `talkers` are sentences for the babble."""
    noises: dict[str, Callable[[int, int], Samples]] = {
        "white": white,
        "street": street,
        "babble": lambda length, seed: babble(length, seed, talkers),
    }
    return {
        CLEAN: lambda sound, seed: sound,
        **{
            f"{name} {ratio} dB": _in_noise(noise, ratio)
            for name, noise in noises.items()
            for ratio in (20, 15, 10)
        },
        "level -12 dB": lambda sound, seed: softer(sound, 12),
        "5 % packets lost": lambda sound, seed: lossy(sound, 0.05, seed),
        "PCMU": lambda sound, seed: mu_law(sound),
    }


CLEAN: Final = "clean"


def _in_noise(noise: Callable[[int, int], Samples], ratio: float) -> Degrade:
    return lambda sound, seed: with_noise(sound, noise(len(sound), seed), ratio)
