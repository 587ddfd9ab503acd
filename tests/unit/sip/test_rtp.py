from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.media.rtp import MalformedPacket, Packet, payload_span, sequence_delta, timestamp_delta

WORD = st.integers(0, 2**32 - 1)
PADDING = st.integers(1, 255).map(lambda count: bytes(count - 1) + bytes((count,)))
EXTENSION = st.tuples(
    st.integers(0, 0xFFFF), st.integers(0, 8).flatmap(lambda n: st.binary(min_size=4 * n, max_size=4 * n))
)
PACKETS = st.builds(
    Packet,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 0xFFFF),
    timestamp=WORD,
    ssrc=WORD,
    payload=st.binary(max_size=200),
    marker=st.booleans(),
    csrc=st.lists(WORD, max_size=15).map(tuple),
    extension=st.none() | EXTENSION,
    padding=st.just(b"") | PADDING,
)


@settings(deadline=None)
@given(PACKETS)
def test_a_packet_is_read_as_it_was_written(packet: Packet) -> None:
    raw = bytes(packet)
    assert Packet.parse(raw) == packet
    start, end = payload_span(raw)
    assert raw[start:end] == packet.payload


@settings(deadline=None)
@given(st.binary(max_size=64) | st.binary(max_size=64).map(lambda rest: b"\xbf" + rest))
def test_any_bytes_are_a_packet_or_malformed(raw: bytes) -> None:
    try:
        packet = Packet.parse(raw)
    except MalformedPacket:
        return
    assert bytes(packet) == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x80",
        bytes(12),  # version 0
        b"\x82" + bytes(11),  # two CSRC promised
        b"\x90" + bytes(11),  # an extension promised
        b"\x90" + bytes(11) + b"\0\0\0\x09",  # nine words of extension promised
        b"\xa0" + bytes(12),  # a padding of zero bytes
        b"\xa0" + bytes(11) + b"\x05",  # more padding than payload
    ],
)
def test_headers_that_promise_too_much_are_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedPacket):
        Packet.parse(raw)


def test_counters_wrap() -> None:
    assert sequence_delta(2, 65534) == 4
    assert sequence_delta(65534, 2) == -4
    assert timestamp_delta(100, 2**32 - 60) == 160
    assert timestamp_delta(2**31, 0) == -(2**31)
