"""Mixing G.711 legs into stereo, any byte range of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.recordings.stereo import mix, open_track
from sip.media.codecs import G722, OPUS, Packed
from tests.unit.recordings.files import MULAW, RATE, g711
from tests.unit.transcripts.test_decoding import recording


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


@given(st.integers(0, 4100), st.integers(0, 4100))
def test_any_range_is_the_same_bytes(tmp_path_factory: pytest.TempPathFactory, one: int, other: int) -> None:
    folder = tmp_path_factory.mktemp("range")
    both = mix([open_track(g711(folder / "c.wav", bytes(range(256)) * 4), 0.0, right=False)])
    start, end = sorted((min(one, both.size), min(other, both.size)))
    whole = b"".join(both.read(0, both.size))
    assert b"".join(both.read(start, end)) == whole[start:end]


@pytest.mark.parametrize("codec", [G722, OPUS], ids=lambda codec: codec.name)
def test_decoded_legs_are_mixed_like_others(tmp_path: Path, codec: Packed) -> None:
    path = tmp_path / "leg.opus"
    path.write_bytes(recording(codec))
    track = open_track(path, 0.5, right=True)
    assert track.leg.frames == pytest.approx(RATE, abs=20)
    both = mix([open_track(g711(tmp_path / "c.wav", b"\xaa" * RATE), 0.0, right=False), track])
    whole = b"".join(both.read(0, both.size))
    samples = np.frombuffer(whole[44:], "<i2").reshape(-1, 2)
    assert set(samples[: RATE // 2, 1]) == {0}
    assert np.abs(samples[RATE // 2 :, 1]).max() > 8000
    assert b"".join(both.read(9_999, 40_001)) == whole[9_999:40_001]
