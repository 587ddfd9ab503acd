"""`sip.media.codecs`: how long packets last, and what the codecs are called."""

from __future__ import annotations

import pytest

from sip.media.codecs import G722, NAMES, OPUS, Numbering, clock_rate, codec_of, frame_ticks, opus_ticks
from sip.media.g711 import PCMA, PCMU


@pytest.mark.parametrize(
    ("packet", "milliseconds"),
    [
        (b"\x08", 20),  # config 1: SILK narrow band, one frame of 20 ms
        (b"\x18", 60),
        (b"\x60", 10),  # config 12: hybrid
        (b"\x68", 20),
        (b"\x80", 2.5),  # config 16: CELT
        (b"\xf8\xff\xfe", 20),
        (b"\xf9\x00\x00", 40),  # code 1: two frames
        (b"\xfa\x00\x00", 40),  # code 2
        (b"\xfb\x03", 60),  # code 3 with three
        (b"\xfb\x06", 120),
        (b"\xfb\x07", 0),  # RFC 6716 section 3.2.5: never beyond 120 ms
        (b"\xfb", 0),
        (b"\xfb\x00", 0),
        (b"", 0),
    ],
)
def test_an_opus_packet_says_how_long_it_lasts(packet: bytes, milliseconds: float) -> None:
    assert opus_ticks(packet) == milliseconds * 48
    assert OPUS.ticks(packet) == opus_ticks(packet)


def test_g722_counts_8000_a_second() -> None:
    assert G722.ticks(bytes(160)) == 160 == frame_ticks(G722)
    assert clock_rate(G722) == clock_rate(PCMA) == 8000
    assert (clock_rate(OPUS), frame_ticks(OPUS)) == (48000, 960)


def test_codecs_by_name() -> None:
    assert [codec_of(name, 96).name for name in NAMES] == list(NAMES)
    assert codec_of("OPUS", 96) == OPUS.named(96) != OPUS
    assert codec_of("pcmu", 0) is PCMU
    with pytest.raises(KeyError):
        codec_of("G729", 18)


def test_a_peer_sends_as_it_is_sent_to_unless_told_otherwise() -> None:
    assert Numbering.like(OPUS, 101) == Numbering(111, 101, 8000)
    assert Numbering.like(PCMA, None).event == -1
