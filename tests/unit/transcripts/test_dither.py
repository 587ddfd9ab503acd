from __future__ import annotations

from array import array

from transcripts.audio import Audio
from transcripts.dither import LEVEL, dithered


def test_it_is_soft_and_always_the_same() -> None:
    silence = Audio(array("h", bytes(16000)), 8000)
    noise = dithered(silence)
    assert noise == dithered(silence)
    assert max(noise.samples) == LEVEL
    assert min(noise.samples) == -LEVEL
    assert abs(sum(noise.samples) / len(noise.samples)) < 0.2


def test_the_loudest_sound_does_not_overflow() -> None:
    loud = dithered(Audio(array("h", [32767, -32768] * 500), 8000))
    assert max(loud.samples) <= 32767
    assert min(loud.samples) >= -32768
