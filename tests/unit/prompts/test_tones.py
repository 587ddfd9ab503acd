"""Signals made without a recording."""

from __future__ import annotations

import math

import numpy as np
import pytest

from prompts.g711 import alaw_to_linear
from prompts.schema import Tone
from prompts.telephone import LINE_RATE
from prompts.tones import quiet_line, tone_alaw

BEEP = Tone(id="beep", purpose="Beep.", hertz=1000.0, seconds=0.4, dbfs=-19.0)


def rms_db(samples: np.ndarray) -> float:
    return 10 * math.log10(float(np.mean(samples**2)))


def test_a_beep_has_its_pitch_and_level() -> None:
    samples = alaw_to_linear(tone_alaw(BEEP))
    assert len(samples) % 160 == 0
    middle = samples[800:2400]
    assert rms_db(middle) == pytest.approx(-19.0, abs=0.3)
    spectrum = np.abs(np.fft.rfft(middle))
    assert np.argmax(spectrum) * LINE_RATE / len(middle) == pytest.approx(1000, abs=5)


def test_several_tones_with_gaps() -> None:
    tone = BEEP.model_copy(update={"times": 3, "gap": 0.3, "seconds": 0.2})
    samples = alaw_to_linear(tone_alaw(tone))
    loud = np.array([rms_db(samples[at : at + 80]) > -40 for at in range(0, len(samples) - 80, 80)])
    assert np.count_nonzero(np.diff(loud.astype(int)) == 1) == 3
    assert len(samples) / LINE_RATE == pytest.approx(3 * 0.2 + 2 * 0.3 + 0.04, abs=0.02)


def test_a_tone_comes_and_goes_softly() -> None:
    samples = alaw_to_linear(tone_alaw(BEEP))
    assert np.max(np.abs(np.diff(samples[:200]))) < 0.1


def test_a_quiet_line_is_not_dead() -> None:
    samples = alaw_to_linear(quiet_line(0.16))
    assert len(samples) == 1280
    assert -75 < rms_db(samples) < -60
