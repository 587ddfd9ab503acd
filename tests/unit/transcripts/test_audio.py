from __future__ import annotations

import struct
import wave
from array import array
from pathlib import Path

import pytest

from tests.speech import wav
from transcripts.audio import Audio, AudioError, parse_wav, read_wav


def riff(
    tag: int, bits: int, data: bytes, *, rate: int = 8000, channels: int = 1, size: int | None = None
) -> bytes:
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"LIST" + struct.pack("<I", 3) + b"abc\0"  # an odd chunk is padded
    chunks += b"data" + struct.pack("<I", len(data) if size is None else size) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


@pytest.mark.parametrize(
    ("code", "sample"), [(0xD5, 8), (0x55, -8), (0xAA, 32256), (0x2A, -32256), (0xC5, 264), (0x80, 5504)]
)
def test_a_law(code: int, sample: int) -> None:
    """Values of ITU-T G.711, table 1, in 16 bits."""
    assert list(parse_wav(riff(6, 8, bytes([code]))).samples) == [sample]


@pytest.mark.parametrize(("code", "sample"), [(0xFF, 0), (0x7F, 0), (0x80, 32124), (0x00, -32124), (0xFE, 8)])
def test_mu_law(code: int, sample: int) -> None:
    assert list(parse_wav(riff(7, 8, bytes([code]))).samples) == [sample]


@pytest.mark.parametrize(
    ("bits", "data"),
    [(8, b"\x81\x7f"), (16, b"\0\x01\0\xff"), (24, b"\x05\0\x01\x05\0\xff"), (32, b"\1\2\0\1\1\2\0\xff")],
)
def test_pcm(bits: int, data: bytes) -> None:
    assert list(parse_wav(riff(1, bits, data)).samples) == [256, -256]


def test_two_channels_are_mixed() -> None:
    data = struct.pack("<4h", 100, 300, -100, -300)
    assert list(parse_wav(riff(1, 16, data, channels=2, rate=16000)).samples) == [200, -200]


def test_what_wave_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(struct.pack("<3h", 1, -2, 3))
    audio = read_wav(path)
    assert (list(audio.samples), audio.rate) == ([1, -2, 3], 16000)
    assert audio.to_bytes() == struct.pack("<3h", 1, -2, 3)


def test_a_dialogue() -> None:
    audio = read_wav(wav("transfer-good", "agent"))
    assert audio.rate == 8000
    assert audio.duration == pytest.approx(7.51, abs=0.01)
    assert 1000 < max(audio.samples) < 32768


@pytest.mark.parametrize("size", [0xFFFFFFFF, 1000])
def test_a_file_cut_off_by_a_crash_gives_what_is_there(size: int) -> None:
    assert len(parse_wav(riff(6, 8, bytes(160), size=size)).samples) == 160


def test_a_part() -> None:
    audio = Audio(array("h", range(8000)), 8000)
    assert list(audio.between(0.5, 0.501).samples) == list(range(4000, 4008))
    assert not audio.between(2.0, 3.0).samples


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "not a WAV file"),
        (b"ID3" + bytes(50), "not a WAV file"),
        (riff(1, 16, b"")[:36], "no data chunk"),
        (riff(85, 16, b"\0\0"), "format tag 85"),
        (riff(1, 12, b"\0\0"), "12 bits"),
        (riff(1, 16, b"\0\0", rate=1), "1 Hz"),
        (b"RIFF\0\0\0\0WAVEfmt \4\0\0\0abcd", "too short"),
        (b"RIFF\0\0\0\0WAVEdata\2\0\0\0\0\0", "before its format"),
    ],
)
def test_clear_errors(raw: bytes, message: str) -> None:
    with pytest.raises(AudioError, match=message):
        parse_wav(raw)


def test_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"none\.wav: there is no such file"):
        read_wav(tmp_path / "none.wav")
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(AudioError, match=r"text\.wav: not a WAV file"):
        read_wav(tmp_path / "text.wav")
    with pytest.raises(AudioError, match="cannot be read"):
        read_wav(tmp_path)
