"""`sip.media.ogg`, read back by FFmpeg."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame

from sip.media.codecs import OPUS, opus_ticks
from sip.media.ogg import OggOpus, checksum, seconds, silence
from sip.media.tones import sine
from sip.media.transcoding import encoded


def decoded(raw: bytes) -> tuple[np.ndarray, int]:
    """All samples of a file at 48 kHz, and its stream's length in samples."""
    with av.open(io.BytesIO(raw), "r") as file:
        frames = [frame for frame in file.decode(audio=0) if isinstance(frame, AudioFrame)]
    samples = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    return samples, len(samples)


def slow_checksum(raw: bytes) -> int:
    """As RFC 3533 section 6 has it."""
    value = 0
    for byte in raw:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
            value &= 0xFFFFFFFF
    return value


@pytest.mark.parametrize("raw", [b"", b"\x01", b"OggS" + bytes(range(256))])
def test_the_checksum(raw: bytes) -> None:
    assert checksum(raw) == slow_checksum(raw)


def test_a_file_of_a_second_plays_a_second() -> None:
    made = OggOpus(7)
    packets = [(packet, 960) for packet in encoded(sine(440, 1.0), OPUS)]
    raw = made.head() + made.pages(packets[:30], 0) + made.pages(packets[30:], 30 * 960, 48000 - 500)
    samples, length = decoded(raw)
    assert length == 48000 - 500
    power = np.abs(np.fft.rfft(samples[4800:] * np.hanning(len(samples) - 4800)))
    assert abs(np.fft.rfftfreq(len(samples) - 4800, 1 / 48000)[power.argmax()] - 440) < 3
    assert seconds(raw) == (48000 - 500) / 48000


def test_cut_off_anywhere_it_plays_up_to_the_last_whole_page(tmp_path: Path) -> None:
    made = OggOpus(7)
    head = made.head()
    packets = [(packet, 960) for packet in encoded(sine(440, 0.6), OPUS)]
    pages = [made.pages(packets[at : at + 10], at * 960) for at in (0, 10, 20)]
    raw = head + b"".join(pages)
    assert seconds(raw) == 0.6
    for cut in (1, 30, len(pages[2]) - 1):
        assert seconds(raw[:-cut]) == 0.4
        assert decoded(raw[:-cut])[1] == pytest.approx(0.4 * 48000, abs=960)
    assert seconds(head) == 0.0
    assert seconds(b"RIFF") is None


def test_many_packets_and_long_ones_go_on_in_the_next_page() -> None:
    made = OggOpus(7)
    raw = made.head() + made.pages(silence(48000 * 10), 0)
    assert raw.count(b"OggS") == 2 + 2
    assert decoded(raw)[1] == 480000
    assert made.pages([], 480000) == b""
    page = made.page([bytes(255), bytes(300)], 0)
    assert page[26 : 27 + page[26]] == bytes((4, 255, 0, 255, 45))


def test_serial_and_numbers() -> None:
    made = OggOpus(0x01020304)
    raw = made.head() + made.pages(silence(960), 0)
    pages = [raw[at:] for at in range(len(raw)) if raw[at : at + 4] == b"OggS"]
    assert [struct.unpack_from("<II", page, 14) for page in pages] == [(0x01020304, n) for n in range(3)]
    assert [page[5] for page in pages] == [2, 0, 0]


@pytest.mark.parametrize("ticks", [0, 100, 120, 959, 960, 4000, 48000])
def test_silence_is_as_long_as_it_can_be(ticks: int) -> None:
    packets = silence(ticks)
    assert sum(length for _, length in packets) == ticks - ticks % 120
    assert all(opus_ticks(packet) == length for packet, length in packets)
