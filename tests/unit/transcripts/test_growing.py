"""Files that are written as the switchboard's recorder writes them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.speech import wav
from transcripts.audio import AudioError, read_wav
from transcripts.growing import LATE, CompleteSound, GrowingSound

WHOLE = wav("transfer-good", "agent")


def head(tag: int = 6, bits: int = 8, channels: int = 1, rate: int = 8000) -> bytes:
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * bits // 8, bits // 8, bits)
    return b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", len(form)) + form + b"data\0\0\0\0"


def test_what_has_come_is_read_but_for_its_last_moments(tmp_path: Path) -> None:
    raw, path = WHOLE.read_bytes(), tmp_path / "leg.wav"
    sound = GrowingSound(path)
    assert (sound.waiting(), len(sound.read(1.0)), sound.rate) == (0.0, 0, 0)  # it is not there yet
    path.write_bytes(raw[:20])
    assert len(sound.read(1.0)) == 0
    path.write_bytes(raw[: 16_000 + 200])
    assert sound.waiting() == pytest.approx(2.0 - LATE, abs=0.05)
    parts = [sound.read(0.5), sound.read(60.0)]
    assert [len(part) for part in parts[:1]] == [4000]
    assert sound.waiting() == 0.0
    path.write_bytes(raw)
    parts.append(sound.read(60.0))
    read = np.concatenate(parts)
    assert sound.rate == 8000
    assert sound.seconds == len(read) / 8000
    np.testing.assert_array_equal(read, read_wav(WHOLE).samples[: len(read)])
    rest = CompleteSound(path)
    rest.skip(sound.seconds)
    last = rest.read(60.0)
    assert rest.waiting() == 0.0
    assert len(read) + len(last) == len(read_wav(WHOLE).samples)


def test_samples_of_two_bytes(tmp_path: Path) -> None:
    path = tmp_path / "leg.wav"
    path.write_bytes(head(1, 16) + np.arange(8000, dtype="<i2").tobytes() + b"\1")  # half a sample at the end
    read = GrowingSound(path).read(60.0)
    np.testing.assert_array_equal(read, np.arange(len(read)))
    assert len(read) == round((1 - LATE) * 8000)


@pytest.mark.parametrize(
    "content", [b"OggS" + bytes(60), head(0x28F, 4), head(6, 8, channels=2), b"RIFF" + bytes(40)]
)
def test_what_cannot_be_followed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "leg"
    path.write_bytes(content)
    with pytest.raises(AudioError, match="while it grows"):
        GrowingSound(path).read(1.0)


def test_a_file_that_vanishes(tmp_path: Path) -> None:
    path = tmp_path / "leg.wav"
    path.write_bytes(head() + bytes(8000))
    sound = GrowingSound(path)
    assert len(sound.read(0.1)) == 800
    path.unlink()
    with pytest.raises(AudioError, match="cannot be read"):
        sound.read(1.0)
    with pytest.raises(AudioError, match="no such file"):
        CompleteSound(path)
