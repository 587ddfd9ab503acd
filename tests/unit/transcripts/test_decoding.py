"""Recordings of every codec become samples, whole, growing or cut off."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from sip.media.codecs import G722, OPUS, Packed
from sip.media.g711 import PCMA
from sip.media.growing import growing
from sip.media.tones import sine
from sip.media.wav import build
from tests.unit.sip.test_growing import START, File, packets
from transcripts.audio import AudioError
from transcripts.decoding import RATE, decode, needs_decoder, read_sound

BOTH = pytest.mark.parametrize("codec", [G722, OPUS], ids=lambda codec: codec.name)


def recording(codec: Packed, seconds: int = 1) -> bytes:
    file = File(growing(codec, START))
    file.made.place(packets(codec, range(50 * seconds)))
    return file.finish(float(seconds))


def strongest(samples: list[int], rate: int) -> float:
    power = np.abs(np.fft.rfft(np.array(samples, float) * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / rate)[power.argmax()])


@BOTH
def test_a_recording_is_as_long_as_it_was_and_has_its_tone(codec: Packed, tmp_path: Path) -> None:
    path = tmp_path / "leg"
    path.write_bytes(recording(codec))
    sound = read_sound(path)
    assert sound.rate == RATE
    assert sound.duration == pytest.approx(1.0, abs=0.002)
    assert abs(strongest(list(sound.samples), RATE) - 440) < 3


@BOTH
@pytest.mark.parametrize("rate", [8000, 16000])
def test_at_any_rate(codec: Packed, rate: int) -> None:
    samples = decode(recording(codec), rate)
    assert len(samples) == pytest.approx(rate, abs=rate * 0.002)
    assert abs(strongest(list(samples), rate) - 440) < 3


@BOTH
def test_cut_off_by_a_crash_it_gives_what_is_there(codec: Packed, tmp_path: Path) -> None:
    file = File(growing(codec, START))
    for number in range(50):
        file.made.place(packets(codec, range(number, number + 1)))
        if number % 10 == 9:
            file.take(0.02 * (number + 1))
    path = tmp_path / "leg"
    path.write_bytes(bytes(file.data[:-40]))
    assert 0.6 < read_sound(path).duration <= 0.9


def test_one_that_has_only_begun_is_silent(tmp_path: Path) -> None:
    for codec in (G722, OPUS):
        path = tmp_path / codec.name
        path.write_bytes(bytes(File(growing(codec, START)).data))
        assert read_sound(path).duration == 0.0


def test_a_damaged_packet_is_silence_and_the_rest_is_heard() -> None:
    file = File(growing(OPUS, START))
    sent = packets(OPUS, range(100))
    for number in (20, 21, 50):
        sent[number] = (*sent[number][:5], b"\x0b\x41")
    file.made.place(sent)
    samples = np.array(decode(file.finish(2.0), RATE))
    assert len(samples) / RATE == pytest.approx(2.0, abs=0.002)
    assert np.abs(samples[int(1.2 * RATE) :]).max() > 8000
    assert abs(strongest(list(samples[int(1.2 * RATE) :]), RATE) - 440) < 3


def test_g711_needs_no_decoder(tmp_path: Path) -> None:
    path = tmp_path / "leg.wav"
    path.write_bytes(build(PCMA, PCMA.encode(sine(440, 0.5))))
    assert not needs_decoder(path.read_bytes()[:64])
    assert (read_sound(path).rate, len(read_sound(path).samples)) == (8000, 4000)


@pytest.mark.parametrize(
    "raw", [b"OggS", b"OggS" + bytes(200), b"no sound", b"RIFF" + struct.pack("<I", 9) + b"WAVE" + bytes(8)]
)
def test_what_is_no_sound_is_named(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.opus"
    path.write_bytes(raw)
    with pytest.raises(AudioError, match=r"bad\.opus"):
        read_sound(path)
    with pytest.raises(AudioError, match="no such file"):
        read_sound(tmp_path / "gone.opus")
