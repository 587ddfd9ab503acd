from __future__ import annotations

import numpy as np

from transcripts.dither import LEVEL, dithered


def test_it_is_soft_and_always_the_same() -> None:
    silence = np.zeros(8000, np.int16)
    noise = dithered(silence)
    np.testing.assert_array_equal(noise, dithered(silence))
    assert noise.max() == LEVEL
    assert noise.min() == -LEVEL
    assert abs(noise.mean()) < 0.2


def test_a_part_gets_the_noise_of_its_place() -> None:
    whole = dithered(np.zeros(200_000, np.int16))
    np.testing.assert_array_equal(dithered(np.zeros(500, np.int16), 130_900), whole[130_900:131_400])


def test_the_loudest_sound_does_not_overflow() -> None:
    loud = dithered(np.array([32767, -32768] * 500, np.int16))
    assert loud.max() <= 32767
    assert loud.min() >= -32768
