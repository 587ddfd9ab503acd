"""Band, level and silence, on sounds whose answers are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from prompts.telephone import (
    LINE_RATE,
    PEAK,
    TARGET_LUFS,
    Samples,
    band_limited,
    edges,
    faded,
    levelled,
    loudness,
    quietest,
    resampled,
    trimmed,
    with_silence,
)

STUDIO = 24_000


def tone(hertz: float, seconds: float = 1.0, rate: int = STUDIO, amplitude: float = 0.5) -> Samples:
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def gain_db(hertz: float) -> float:
    passed = band_limited(tone(hertz, 2.0), STUDIO)[LINE_RATE // 2 : -LINE_RATE // 2]
    return 10 * math.log10(float(np.mean(passed**2)) / 0.125 + 1e-12)


@pytest.mark.parametrize("hertz", [400, 1000, 2000, 3300])
def test_the_band_passes(hertz: float) -> None:
    assert abs(gain_db(hertz)) < 0.1


@pytest.mark.parametrize("hertz", [50, 200, 3600, 4400, 7000, 9000, 11_000])
def test_what_is_outside_does_not_come_back_as_an_alias(hertz: float) -> None:
    assert gain_db(hertz) < -60


def test_the_filter_adds_no_delay() -> None:
    click = np.zeros(2400)
    click[1200] = 1.0
    assert int(np.argmax(np.abs(band_limited(click, STUDIO)))) == 400


def test_an_odd_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="44100 Hz is not a multiple"):
        band_limited(tone(1000), 44_100)


@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_loudness_of_a_full_scale_997_hz_sine(rate: int) -> None:
    """BS.1770-4 annex 1: a 0 dBFS, 997 Hz sine in one front channel reads -3.01 LKFS."""
    assert loudness(tone(997, 3.0, rate, 1.0), rate) == pytest.approx(-3.01, abs=0.1)


def test_loudness_ignores_pauses() -> None:
    sound = tone(1000, 2.0, LINE_RATE, 0.1)
    paused = np.concatenate([sound, np.zeros(4 * LINE_RATE), sound])
    assert loudness(paused) == pytest.approx(loudness(sound), abs=0.5)
    assert loudness(np.zeros(LINE_RATE)) == -math.inf


def test_level_and_peak_after_levelling() -> None:
    peaky = tone(700, 3.0, LINE_RATE, 0.02)
    peaky[8000:8400] *= 20
    result = levelled(peaky)
    assert loudness(result) == pytest.approx(TARGET_LUFS, abs=1.0)
    assert np.max(np.abs(result)) <= PEAK + 1e-9


def test_trimming_keeps_the_sound() -> None:
    sound = np.concatenate([np.zeros(4000), tone(1000, 0.5, LINE_RATE), np.zeros(6000)])
    assert 4000 <= len(trimmed(sound, LINE_RATE)) <= 4000 + 3 * 80
    with pytest.raises(ValueError, match="no sound"):
        trimmed(np.zeros(800), LINE_RATE)


def test_silence_is_added_in_whole_packets() -> None:
    sound = np.ones(1000)
    result = with_silence(sound, 0.1, 0.15)
    assert len(result) % 160 == 0
    assert 0 < np.std(result[:800]) < 0.001
    assert 0 < np.std(result[-1200:]) < 0.001
    assert result[1300] == pytest.approx(1.0, abs=0.01)
    assert np.array_equal(result, with_silence(sound, 0.1, 0.15)), "a build repeats itself"
    assert sound[0] == 1.0, "the argument is left as it was"


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000])
def test_another_rate_keeps_pitch_level_and_length(rate: int) -> None:
    found = resampled(tone(1000, 1.0, rate), rate, STUDIO)
    assert len(found) == pytest.approx(STUDIO, abs=2)
    middle = slice(2400, -2400)
    assert np.max(np.abs(found[middle] - tone(1000, len(found) / STUDIO)[: len(found)][middle])) < 0.01


def test_the_same_rate_is_left_alone() -> None:
    samples = tone(1000)
    assert resampled(samples, STUDIO, STUDIO) is samples


def test_what_the_lower_rate_cannot_carry_does_not_come_back() -> None:
    assert np.max(np.abs(resampled(tone(15_000, 1.0, 48_000), 48_000, STUDIO)[2400:-2400])) < 0.001


def test_the_edges_of_sound() -> None:
    samples = np.concatenate([np.zeros(2400), tone(1000, 0.5), np.zeros(4800)])
    first, last = edges(samples, STUDIO)
    assert first == pytest.approx(2400, abs=480)
    assert last == pytest.approx(14_400, abs=480)
    with pytest.raises(ValueError, match="no sound to keep"):
        edges(np.zeros(2400), STUDIO)


def test_the_quietest_place_nearby() -> None:
    samples = tone(1000)
    samples[12_200:12_680] = 0.0
    assert quietest(samples, 12_000, STUDIO) == pytest.approx(12_440, abs=2)
    assert quietest(samples, 6_000, STUDIO) == pytest.approx(6_000, abs=600)
    assert quietest(samples[:100], 50, STUDIO) == 50


def test_fades_at_both_ends() -> None:
    soft = faded(np.ones(800))
    assert soft[0] == soft[-1] == 0.0
    assert soft[400] == 1.0
    assert faded(np.ones(10))[0] == 0.0
    assert faded(np.zeros(0)).size == 0
