"""The damages are as great as their names say, and the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from tests.bench.degradations import (
    CLEAN,
    RATE,
    babble,
    lossy,
    mu_law,
    softer,
    speech_power,
    street,
    variants,
    white,
    with_noise,
)
from tests.spoken.clips import Samples

SECONDS = np.arange(4 * RATE) / RATE
TONE = 0.1 * np.sin(2 * np.pi * 500 * SECONDS)
SPEECH: Samples = np.where(SECONDS % 2 < 1, TONE, 0.0)
"""A second of tone, a second of silence, twice."""
TALKERS = [TONE[:RATE], np.random.default_rng(1).normal(0.0, 0.1, RATE)]


def test_silence_does_not_count_as_speech() -> None:
    assert speech_power(SPEECH) == pytest.approx(0.005, rel=0.01)
    assert speech_power(np.zeros(1000)) == 0.0


@pytest.mark.parametrize("ratio", [20, 15, 10])
@pytest.mark.parametrize("noise", [white, street, lambda length, seed: babble(length, seed, TALKERS)])
def test_noise_lies_below_the_speech_by_the_ratio(noise: object, ratio: float) -> None:
    assert callable(noise)
    added = with_noise(SPEECH, noise(len(SPEECH), 1), ratio) - SPEECH
    assert 10 * np.log10(0.005 / np.mean(added**2)) == pytest.approx(ratio, abs=0.1)


def test_lost_packets_are_whole_and_silent() -> None:
    left = lossy(np.ones(100_000), 0.05, 7)
    packets = left.reshape(-1, 160)
    assert set(packets.sum(axis=1)) == {0.0, 160.0}
    assert np.mean(left == 0) == pytest.approx(0.05, abs=0.02)


def test_levels_and_mu_law() -> None:
    assert 20 * np.log10(np.std(softer(TONE, 12)) / np.std(TONE)) == pytest.approx(-12)
    changed = mu_law(TONE)
    assert not np.array_equal(changed, TONE)
    assert np.max(np.abs(changed - TONE)) < 0.005


def test_every_variant_repeats_itself() -> None:
    for name, degrade in variants(TALKERS).items():
        first = degrade(SPEECH, 3)
        assert np.array_equal(first, degrade(SPEECH, 3))
        assert np.array_equal(first, SPEECH) == (name == CLEAN), name
        assert len(first) == len(SPEECH)
