"""A leg's file as samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from callcenter.recordings.legs import AudioError, decoding, open_leg, read_leg
from sip.media.codecs import G722, OPUS, Packed
from tests.unit.recordings.files import ALAW, MULAW, RATE, g711
from tests.unit.transcripts.test_decoding import recording


@pytest.mark.parametrize(
    ("law", "code", "value"),
    # ITU-T G.711 tables 1a and 2a, as 16-bit values: both signs of silence, the ends, and the middle.
    [(ALAW, 0xD5, 8), (ALAW, 0x55, -8), (ALAW, 0xAA, 32256), (ALAW, 0x2A, -32256), (ALAW, 0x80, 5504),
     (MULAW, 0xFF, 0), (MULAW, 0x7F, 0), (MULAW, 0x80, 32124), (MULAW, 0x00, -32124), (MULAW, 0xF0, 120)],
)  # fmt: skip
def test_decoding_values(law: int, code: int, value: int) -> None:
    assert decoding(law)[code] == value


def test_a_file_cut_short_by_a_crash_counts_as_long_as_it_is(tmp_path: Path) -> None:
    grown = g711(tmp_path / "grown.wav", b"\xd5" * 300, declared=100)
    cut = g711(tmp_path / "cut.wav", b"\xd5" * 50, declared=100)
    assert open_leg(grown).frames == 300
    assert open_leg(cut).frames == 50


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"not a wave file at all, but long enough to be one......"]
)
def test_what_is_no_recording(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.wav").write_bytes(content)
    with pytest.raises(AudioError, match=r"bad\.wav"):
        open_leg(tmp_path / "bad.wav")
    with pytest.raises(AudioError, match=r"gone\.wav"):
        open_leg(tmp_path / "gone.wav")


def test_a_leg_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.opus").write_bytes(b"OggS" + bytes(100))
    with pytest.raises(AudioError, match=r"bad\.opus"):
        open_leg(tmp_path / "bad.opus")


def test_g711_is_read_whole_or_in_part(tmp_path: Path) -> None:
    path = g711(tmp_path / "leg.wav", bytes(range(256)) * 10, MULAW)
    rate, samples = read_leg(path)
    assert rate == 8000 and samples.dtype == np.int16
    assert (samples == np.tile(decoding(MULAW), 10)).all()
    assert (open_leg(path).samples(300, 17) == samples[300:317]).all()
    assert len(open_leg(path).samples(2559, 17)) == 1


@pytest.mark.parametrize("codec", [G722, OPUS], ids=lambda codec: codec.name)
def test_wide_band_codecs_are_read_with_all_they_hold(tmp_path: Path, codec: Packed) -> None:
    path = tmp_path / "leg.opus"
    path.write_bytes(recording(codec))
    rate, samples = read_leg(path)
    assert rate == 16000 and len(samples) == pytest.approx(16000, abs=40)
    assert open_leg(path).frames == pytest.approx(8000, abs=20)


def test_g711_beside_a_wide_band_leg_is_brought_to_its_rate(tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE) * 10000
    nearest = np.abs(decoding(ALAW)[None, :].astype(int) - tone[:, None]).argmin(axis=1).astype(np.uint8)
    leg = open_leg(g711(tmp_path / "leg.wav", nearest.tobytes()), 16000)
    assert leg.frames == pytest.approx(16000, abs=4)
    power = np.abs(np.fft.rfft(leg.samples(0, 16000).astype(float))) ** 2
    assert power.argmax() == pytest.approx(440, abs=2)
    assert power[435:446].sum() > 0.98 * power.sum()
