from __future__ import annotations

import numpy as np

from sip.media.clip import Clip
from sip.media.g711 import ALAW_TO_ULAW, PCMA, PCMU
from sip.media.tones import sine
from sip.media.wav import build


def test_a_clip_has_the_same_sound_in_both_codecs() -> None:
    samples = sine(440, 0.5)
    clip = Clip.from_samples(samples)
    assert clip.data(PCMA) == PCMA.encode(samples)
    assert clip.data(PCMU) == PCMA.encode(samples).translate(ALAW_TO_ULAW)
    assert np.abs(PCMU.decode(clip.data(PCMU)).astype(int) - samples).max() < 1000
    assert clip.seconds == 0.5


def test_a_clip_comes_from_any_file_a_telephone_can_play() -> None:
    sound = Clip.from_samples(sine(440, 0.1))
    assert Clip.from_wav(build(PCMA, sound.alaw)) == sound
    assert Clip.from_wav(build(PCMU, sound.ulaw)).seconds == 0.1
