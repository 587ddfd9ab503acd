"""Both sides in one file: where each leg stands in it, what a crash leaves, and that nothing is half done."""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from callcenter.recordings.flac import PART, Placed, WritingError, write_stereo
from callcenter.recordings.legs import AudioError
from sip.media.codecs import G722, OPUS, Packed
from sip.media.g711 import PCMA, PCMU, Codec
from sip.media.tones import sine
from sip.media.wav import HEADER_SIZE, build, header
from tests.unit.transcripts.test_decoding import recording


def hum(path: Path, hertz: float, seconds: float, codec: Codec = PCMA) -> Path:
    """A leg whose party hums."""
    path.write_bytes(build(codec, codec.encode(sine(hertz, seconds))))
    return path


def read(path: Path) -> tuple[int, NDArray[np.int16]]:
    """A file's rate, and its samples as (n, 2)."""
    with av.open(str(path)) as file:
        frames = [frame.to_ndarray().reshape(-1, 2) for frame in file.decode(audio=0)]
        return file.streams.audio[0].rate, np.concatenate(frames).astype(np.int16)


def hertz_of(samples: NDArray[np.int16], rate: int = 8000) -> float:
    """The loudest frequency; 0 for silence."""
    if np.abs(samples).max() < 100:
        return 0.0
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / rate)[power.argmax()])


def test_each_leg_stands_where_it_was_in_the_call(tmp_path: Path) -> None:
    """A caller, an agent, and from 2.5 s on another one, of whom there is 1 s: after a transfer."""
    legs = [
        Placed(hum(tmp_path / "c.wav", 440, 4.0), 0.0, False),
        Placed(hum(tmp_path / "a.wav", 1000, 1.5, PCMU), 0.0, True),
        Placed(hum(tmp_path / "b.wav", 2000, 1.0), 2.5, True),
    ]
    made = write_stereo(legs, tmp_path / "stereo.flac")
    rate, samples = read(tmp_path / "stereo.flac")
    assert (made.seconds, made.rate, made.missing) == (4.0, 8000, ())
    assert made.size == (tmp_path / "stereo.flac").stat().st_size
    assert (rate, len(samples)) == (8000, 32000)
    assert hertz_of(samples[:, 0]) == pytest.approx(440, abs=1)
    right = [hertz_of(samples[round(a * 8000) : round(b * 8000), 1]) for a, b in
             ((0, 1.5), (1.5, 2.5), (2.5, 3.5), (3.5, 4))]  # fmt: skip
    assert right == pytest.approx([1000, 0, 2000, 0], abs=2)
    assert samples[12000:20000, 1].any() == False  # noqa: E712 - numpy's own truth


def test_a_killed_switchboards_legs_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    """The header's sizes lag behind, or run ahead of, what reached the disk."""
    sound = PCMA.encode(sine(440, 2.0))
    (tmp_path / "c.wav").write_bytes(header(PCMA, 8000) + sound)
    (tmp_path / "a.wav").write_bytes(header(PCMA, 16000) + sound[:4000])
    (tmp_path / "b.wav").write_bytes(header(PCMA, 0))
    legs = [Placed(tmp_path / f"{name}.wav", 0.0, name != "c") for name in "cab"]
    assert write_stereo(legs, tmp_path / "stereo.flac").seconds == 2.0
    _, samples = read(tmp_path / "stereo.flac")
    assert np.abs(samples[4000:, 1]).max() == 0 and np.abs(samples[:4000, 1]).max() > 8000


def test_a_leg_that_cannot_be_read_is_named_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    caller = Placed(hum(tmp_path / "c.wav", 440, 1.0), 0.0, False)
    made = write_stereo([caller, Placed(tmp_path / "a.wav", 0.0, True)], tmp_path / "stereo.flac")
    assert made.seconds == 1.0 and "a.wav" in made.missing[0]
    with pytest.raises(AudioError, match=r"a\.wav"):
        write_stereo([Placed(tmp_path / "a.wav", 0.0, True)], tmp_path / "stereo.flac")
    with pytest.raises(AudioError, match="no recording"):
        write_stereo([], tmp_path / "stereo.flac")


@pytest.mark.parametrize("codec", [G722, OPUS], ids=lambda codec: codec.name)
def test_a_wide_band_leg_makes_a_wide_band_file(tmp_path: Path, codec: Packed) -> None:
    (tmp_path / "a.opus").write_bytes(recording(codec))
    legs = [
        Placed(hum(tmp_path / "c.wav", 440, 2.0), 0.0, False),
        Placed(tmp_path / "a.opus", 0.5, True),
    ]
    made = write_stereo(legs, tmp_path / "stereo.flac")
    rate, samples = read(tmp_path / "stereo.flac")
    assert made.rate == rate == 16000 and made.seconds == pytest.approx(2.0, abs=0.01)
    assert hertz_of(samples[:, 0], rate) == pytest.approx(440, abs=1)
    assert np.abs(samples[:8000, 1]).max() == 0 and np.abs(samples[8000:16000, 1]).max() > 5000


def test_writing_again_gives_the_same_and_takes_away_what_a_killed_process_left(tmp_path: Path) -> None:
    legs = [Placed(hum(tmp_path / "c.wav", 440, 1.0), 0.0, False)]
    path = tmp_path / "stereo.flac"
    left = tmp_path / f"stereo.flac.999999{PART}"
    left.write_bytes(b"half a file")
    write_stereo(legs, path)
    first = path.read_bytes()
    write_stereo(legs, path)
    assert path.read_bytes() == first
    assert sorted(each.name for each in tmp_path.iterdir()) == ["c.wav", "stereo.flac"]


def test_a_disk_that_takes_nothing_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "stereo.flac"
    path.write_bytes(b"before")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WritingError, match="No space left"):
        write_stereo([Placed(hum(tmp_path / "c.wav", 440, 1.0), 0.0, False)], path)
    assert path.read_bytes() == b"before"
    assert not list(tmp_path.glob(f"*{PART}"))


def test_a_header_is_all_that_a_call_of_no_length_has(tmp_path: Path) -> None:
    (tmp_path / "c.wav").write_bytes(header(PCMA, 0))
    assert (tmp_path / "c.wav").stat().st_size == HEADER_SIZE
    made = write_stereo([Placed(tmp_path / "c.wav", 0.0, False)], tmp_path / "stereo.flac")
    assert made.seconds == 0.0
