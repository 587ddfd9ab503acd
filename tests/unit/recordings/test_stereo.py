"""Mixing G.711 legs into stereo, any byte range of it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.web.audio import ALAW, MULAW, RATE, AudioError, decoding, mix, open_track, parse_range
from sip.media.codecs import G722, OPUS, Packed
from tests.unit.transcripts.test_decoding import recording


def g711(path: Path, data: bytes, law: int = ALAW, declared: int | None = None) -> Path:
    size = len(data) if declared is None else declared
    header = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, law, 1, RATE, RATE, 1, 8
    )
    path.write_bytes(header + struct.pack("<4sI", b"data", size) + data)
    return path


@pytest.mark.parametrize(
    ("law", "code", "value"),
    # ITU-T G.711 tables 1a and 2a, as 16-bit values: both signs of silence, the ends, and the middle.
    [(ALAW, 0xD5, 8), (ALAW, 0x55, -8), (ALAW, 0xAA, 32256), (ALAW, 0x2A, -32256), (ALAW, 0x80, 5504),
     (MULAW, 0xFF, 0), (MULAW, 0x7F, 0), (MULAW, 0x80, 32124), (MULAW, 0x00, -32124), (MULAW, 0xF0, 120)],
)  # fmt: skip
def test_decoding_values(law: int, code: int, value: int) -> None:
    assert decoding(law)[code] == value


def test_the_caller_is_left_and_the_agent_right_where_it_belongs(tmp_path: Path) -> None:
    caller = open_track(g711(tmp_path / "c.wav", b"\xaa" * RATE), 0.0, right=False)
    agent = open_track(g711(tmp_path / "a.wav", b"\x80" * RATE, MULAW), 0.5, right=True)
    both = mix([caller, agent])
    content = b"".join(both.read(0, both.size))
    assert len(content) == both.size == 44 + int(1.5 * RATE) * 4
    samples = np.frombuffer(content[44:], "<i2").reshape(-1, 2)
    assert set(samples[:RATE, 0]) == {32256}
    assert set(samples[RATE:, 0]) == {0}
    assert set(samples[: RATE // 2, 1]) == {0}
    assert set(samples[RATE // 2 :, 1]) == {32124}


def test_two_agents_at_once_do_not_overflow(tmp_path: Path) -> None:
    tracks = [open_track(g711(tmp_path / f"{n}.wav", b"\xaa" * 10), 0.0, right=True) for n in range(2)]
    both = mix(tracks)
    assert set(np.frombuffer(b"".join(both.read(44, both.size)), "<i2")[1::2]) == {32767}


def test_a_file_cut_short_by_a_crash_counts_as_long_as_it_is(tmp_path: Path) -> None:
    grown = g711(tmp_path / "grown.wav", b"\xd5" * 300, declared=100)
    cut = g711(tmp_path / "cut.wav", b"\xd5" * 50, declared=100)
    assert open_track(grown, 0.0, right=False).frames == 300
    assert open_track(cut, 0.0, right=False).frames == 50


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"not a wave file at all, but long enough to be one......"]
)
def test_what_is_no_recording(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.wav").write_bytes(content)
    with pytest.raises(AudioError, match=r"bad\.wav"):
        open_track(tmp_path / "bad.wav", 0.0, right=False)
    with pytest.raises(AudioError, match=r"gone\.wav"):
        open_track(tmp_path / "gone.wav", 0.0, right=False)


@given(st.integers(0, 4100), st.integers(0, 4100))
def test_any_range_is_the_same_bytes(tmp_path_factory: pytest.TempPathFactory, one: int, other: int) -> None:
    folder = tmp_path_factory.mktemp("range")
    both = mix([open_track(g711(folder / "c.wav", bytes(range(256)) * 4), 0.0, right=False)])
    start, end = sorted((min(one, both.size), min(other, both.size)))
    whole = b"".join(both.read(0, both.size))
    assert b"".join(both.read(start, end)) == whole[start:end]


@pytest.mark.parametrize(
    ("header", "wanted"),
    [(None, None), ("bytes=0-", (0, 100)), ("bytes=10-19", (10, 20)), ("bytes=-5", (95, 100)),
     ("bytes=90-500", (90, 100)), ("bytes=-500", (0, 100)), ("items=0-1", None), ("bytes=0-1,4-5", None),
     ("bytes=9-3", None), ("bytes=a-b", None), ("bytes=-", None)],
)  # fmt: skip
def test_ranges(header: str | None, wanted: tuple[int, int] | None) -> None:
    assert parse_range(header, 100) == wanted


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0"])
def test_ranges_beyond_the_end(header: str) -> None:
    with pytest.raises(ValueError, match="bytes"):
        parse_range(header, 100)


@pytest.mark.parametrize("codec", [G722, OPUS], ids=lambda codec: codec.name)
def test_decoded_legs_are_mixed_like_others(tmp_path: Path, codec: Packed) -> None:
    path = tmp_path / "leg.opus"
    path.write_bytes(recording(codec))
    track = open_track(path, 0.5, right=True)
    assert track.frames == pytest.approx(RATE, abs=20)
    both = mix([open_track(g711(tmp_path / "c.wav", b"\xaa" * RATE), 0.0, right=False), track])
    whole = b"".join(both.read(0, both.size))
    samples = np.frombuffer(whole[44:], "<i2").reshape(-1, 2)
    assert set(samples[: RATE // 2, 1]) == {0}
    assert np.abs(samples[RATE // 2 :, 1]).max() > 8000
    assert b"".join(both.read(9_999, 40_001)) == whole[9_999:40_001]


def test_a_leg_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.opus").write_bytes(b"OggS" + bytes(100))
    with pytest.raises(AudioError, match=r"bad\.opus"):
        open_track(tmp_path / "bad.opus", 0.0, right=False)
