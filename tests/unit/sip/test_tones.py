from __future__ import annotations

import numpy as np
import pytest

from sip.media.clip import Clip
from sip.media.g711 import PCMA, PCMU, Samples
from sip.media.tones import beep, busy, ringback, silence, warning


def strongest(samples: Samples) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / 8000)[spectrum.argmax()])


@pytest.mark.parametrize(
    ("clip", "on", "off"), [(ringback(), 8000, 32000), (busy(), 2800, 2800)], ids=["ringback", "busy"]
)
@pytest.mark.parametrize("codec", [PCMA, PCMU])
def test_tones_have_their_pitch_and_cadence(clip: Clip, on: int, off: int, codec) -> None:  # type: ignore[no-untyped-def]
    samples = codec.decode(clip.data(codec))
    assert len(samples) == on + off
    assert abs(strongest(samples[:on]) - 450) < 3
    assert np.abs(samples[on:].astype(int)).max() <= 8
    assert 0.25 < np.abs(samples[:on].astype(int)).max() / 32768 < 0.4


def test_silence_is_silent_in_both_codecs() -> None:
    clip = silence(0.5)
    assert clip.data(PCMA) == PCMA.quiet(4000)
    assert np.abs(PCMU.decode(clip.data(PCMU)).astype(int)).max() <= 8
    assert clip.seconds == 0.5


def test_our_own_signs() -> None:
    assert abs(strongest(PCMA.decode(beep().alaw)) - 1000) < 5 and beep().seconds == 0.4
    note = PCMA.decode(warning().alaw)
    assert abs(strongest(note[:640]) - 1400) < 15 and warning().seconds < 0.3
    assert 0.03 < np.abs(note.astype(int)).max() / 32768 < 0.07  # soft
