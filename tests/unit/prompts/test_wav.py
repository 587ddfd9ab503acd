"""WAV files written and read; what is not 8 kHz mono A-law is refused with its name."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import pytest

from prompts.wav import WavError, read_alaw, write_alaw


@pytest.mark.parametrize("length", [1, 160, 161])
def test_what_is_written_is_read(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.wav"
    alaw = bytes(number % 256 for number in range(length))
    write_alaw(path, alaw)
    assert read_alaw(path) == alaw
    assert struct.unpack("<I", path.read_bytes()[4:8])[0] == path.stat().st_size - 8


def test_linear_pcm_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "pcm.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(44_100)
        out.writeframes(bytes(8))
    with pytest.raises(WavError, match=r"pcm\.wav: is format 1, 2 channel\(s\), 44100 Hz.*sox"):
        read_alaw(path)


@pytest.mark.parametrize(
    ("keep", "why"),
    [(0, "not a WAV file"), (40, "'fmt ' and a 'data'"), (30, "cut short"), (70, "cut short in its 'data'")],
)
def test_a_cut_file_is_refused(tmp_path: Path, keep: int, why: str) -> None:
    path = tmp_path / "cut.wav"
    write_alaw(path, bytes(160))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(WavError, match=rf"cut\.wav: .*{why}"):
        read_alaw(path)


def test_no_sound_and_a_short_header_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.wav"
    write_alaw(path, b"")
    with pytest.raises(WavError, match="holds no sound"):
        read_alaw(path)
    path.write_bytes(b"RIFF\0\0\0\0WAVEfmt \x02\0\0\0\x06\0data\x01\0\0\0\xd5")
    with pytest.raises(WavError, match="'fmt ' chunk is cut short"):
        read_alaw(path)
