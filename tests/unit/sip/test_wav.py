from __future__ import annotations

import struct
import subprocess
from pathlib import Path
from shutil import which

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.media.g711 import PCMA, PCMU, Codec
from sip.media.wav import HEADER_SIZE, MalformedWav, Wav, build, header, interleave


def pcm_wav(samples: bytes, rate: int = 8000, channels: int = 1) -> bytes:
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * 2 * channels, 2 * channels, 16)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"LIST" + struct.pack("<I", 3) + b"abc\0"
    chunks += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from([PCMA, PCMU]))
def test_a_file_is_read_as_it_was_written(data: bytes, codec: Codec) -> None:
    raw = build(codec, data)
    wav = Wav.parse(raw)
    assert (wav.tag, wav.channels, wav.rate, wav.bits, wav.data) == (codec.wav_tag, 1, 8000, 8, data)
    assert wav.seconds == len(data) / 8000
    assert len(raw) == struct.unpack_from("<I", raw, 4)[0] + 8


def test_a_growing_file_is_cut_to_what_is_there() -> None:
    assert Wav.parse(header(PCMA, 4000) + bytes(160)).data == bytes(160)
    assert Wav.parse(header(PCMA, 160) + bytes(4000)).data == bytes(160)
    assert Wav.parse(header(PCMA, 0)).data == b""


def test_stereo_keeps_the_sides_apart() -> None:
    wav = Wav.parse(build(PCMU, interleave(b"\1\2\3", b"\4", PCMU), channels=2))
    assert (wav.channels, wav.data[0::2], wav.data[1::2]) == (2, b"\1\2\3", b"\4\xff\xff")
    assert wav.seconds == 3 / 8000


def test_linear_files_become_g711() -> None:
    samples = np.array([0, 1000, -1000, 32767], "<i2")
    assert Wav.parse(pcm_wav(samples.tobytes())).as_codec(PCMA) == PCMA.encode(samples)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "RIFF"),
        (b"RIFF\0\0\0\0WAVE", "no format"),
        (pcm_wav(b"", rate=16000), "8000 Hz"),
        (pcm_wav(b"", channels=2), "mono"),
        (pcm_wav(b"").replace(b"\x10\0LIST", b"\x18\0LIST"), "24 bits"),
        (pcm_wav(b"", channels=0), "no channels"),
    ],
)
def test_files_a_telephone_cannot_play_say_why(raw: bytes, why: str) -> None:
    with pytest.raises(MalformedWav, match=why):
        Wav.parse(raw).as_codec(PCMA)


@settings(deadline=None)
@given(st.binary(max_size=120).map(lambda rest: b"RIFF\0\0\0\0WAVE" + rest))
def test_any_bytes_are_a_file_or_malformed(raw: bytes) -> None:
    try:
        Wav.parse(raw)
    except MalformedWav:
        return


def test_the_header_is_what_other_programs_write(tmp_path: Path) -> None:
    """sox, where the machine has it, reads the file; the layout is checked byte by byte in any case."""
    path = tmp_path / "a.wav"
    path.write_bytes(build(PCMA, PCMA.quiet(8000)))
    assert path.stat().st_size == HEADER_SIZE + 8000
    assert path.read_bytes()[:58] == (
        b"RIFF"
        + (8050).to_bytes(4, "little")
        + b"WAVEfmt \x12\0\0\0\x06\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0"
        b"\x08\0\0\0fact\x04\0\0\0\x40\x1f\0\0data\x40\x1f\0\0"
    )
    if sox := which("sox"):
        told = subprocess.run([sox, "--i", "-D", path], capture_output=True, text=True, check=True)
        assert float(told.stdout) == 1.0


@pytest.mark.parametrize("at", [24, 34])
def test_a_file_without_rate_or_bits_is_no_sound(at: int) -> None:
    """Found by the fuzzer: its length would be a division by zero."""
    raw = bytearray(build(PCMA, b"\xd5" * 80))
    raw[at : at + 2] = b"\0\0"
    with pytest.raises(MalformedWav, match="no sound"):
        Wav.parse(bytes(raw))
