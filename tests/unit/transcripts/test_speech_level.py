"""Against signals whose level is known by calculation."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.transcripts.test_activity import RATE, buzz, noise, silence
from transcripts.speech_level import active_level


def test_the_level_of_what_never_stops_is_its_power() -> None:
    assert active_level(noise(10, -26), RATE) == pytest.approx(-26.0, abs=0.1)


def test_pauses_do_not_count() -> None:
    """Half speech, half silence: the mean power is 3 dB less, the active level is not (0.2 s of hangover)."""
    spoken = np.concatenate([np.concatenate((noise(4, -26, n), silence(4))) for n in range(5)])
    assert active_level(spoken, RATE) == pytest.approx(-26.0, abs=0.5)


def test_soft_noise_between_does_not_count() -> None:
    spoken = np.concatenate([np.concatenate((noise(4, -26, n), noise(4, -60, n))) for n in range(5)])
    assert active_level(spoken, RATE) == pytest.approx(-26.0, abs=0.5)


def test_half_as_loud_is_six_decibels_less() -> None:
    loud, soft = active_level(buzz(10), RATE), active_level(buzz(10) // 2, RATE)
    assert loud is not None and soft is not None
    assert loud - soft == pytest.approx(6.02, abs=0.2)


def test_where_nobody_speaks_there_is_no_level() -> None:
    assert active_level(silence(3), RATE) is None
    assert active_level(np.empty(0, np.int16), RATE) is None


def test_the_rate_makes_no_difference() -> None:
    sound = noise(10, -30)
    assert active_level(np.repeat(sound, 2), 2 * RATE) == pytest.approx(-30.0, abs=0.2)
