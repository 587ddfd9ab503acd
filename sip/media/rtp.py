"""RTP (RFC 3550 §5): a packet as a value, and the little arithmetic its 16- and 32-bit counters need.

`Packet` is for reading, tests and the rare packet with a strange header; whoever handles thousands a second
unpacks the twelve bytes with `HEADER` and looks further only where the first byte is not `PLAIN`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

HEADER = struct.Struct("!BBHII")
"""First byte, marker and payload type, sequence number, timestamp, SSRC."""

PLAIN = 0x80
"""First byte of a packet of version 2 without padding, extension or contributing sources."""

MARKER = 0x80
COMFORT_NOISE = 13
"""The static payload type of comfort noise (RFC 3389 §4)."""
_PADDING, _EXTENSION, _CSRC_COUNT = 0x20, 0x10, 0x0F
_EXTENSION_HEADER = struct.Struct("!HH")


class MalformedPacket(ValueError):
    """The peer's datagram is not an RTP packet: drop and count it."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet. `bytes(Packet.parse(raw)) == raw` for every packet that parses."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False
    csrc: tuple[int, ...] = ()
    extension: tuple[int, bytes] | None = None
    """Profile word and data (a multiple of 4 bytes) of the header extension, RFC 3550 §5.3.1."""
    padding: bytes = b""
    """All padding bytes; the last one counts them."""

    @classmethod
    def parse(cls, raw: bytes) -> Packet:
        """Reads a datagram. Raises `MalformedPacket` where it is no RTP of version 2."""
        first, second, sequence, timestamp, ssrc = _header(raw)
        csrc_end = HEADER.size + 4 * (first & _CSRC_COUNT)
        start, end = payload_span(raw)
        return cls(
            payload_type=second & 0x7F,
            sequence=sequence,
            timestamp=timestamp,
            ssrc=ssrc,
            payload=bytes(raw[start:end]),
            marker=bool(second & MARKER),
            csrc=struct.unpack(f"!{first & _CSRC_COUNT}I", raw[HEADER.size : csrc_end]),
            extension=_extension(raw, csrc_end, start) if first & _EXTENSION else None,
            padding=bytes(raw[end:]),
        )

    def __bytes__(self) -> bytes:
        first = PLAIN | len(self.csrc)
        first |= _PADDING if self.padding else 0
        first |= _EXTENSION if self.extension is not None else 0
        second = self.payload_type | (MARKER if self.marker else 0)
        raw = HEADER.pack(first, second, self.sequence, self.timestamp, self.ssrc)
        raw += struct.pack(f"!{len(self.csrc)}I", *self.csrc)
        if self.extension is not None:
            profile, data = self.extension
            raw += _EXTENSION_HEADER.pack(profile, len(data) // 4) + data
        return raw + self.payload + self.padding


def payload_span(raw: bytes) -> tuple[int, int]:
    """Where the payload begins and ends in a datagram of any legal header.

    Raises `MalformedPacket` where the header promises more than is there.
    """
    first = _header(raw)[0]
    start, end = HEADER.size + 4 * (first & _CSRC_COUNT), len(raw)
    if first & _EXTENSION:
        if start + 4 > end:
            raise MalformedPacket("header extension cut short")
        start += 4 + 4 * _EXTENSION_HEADER.unpack_from(raw, start)[1]
    if first & _PADDING:
        # RFC 3550 §5.1: the last octet counts the padding, itself included.
        end -= raw[-1] or len(raw)
    if start > end:
        raise MalformedPacket("header or padding longer than the datagram")
    return start, end


def payload_of(raw: bytes) -> bytes:
    """The payload of a datagram of any legal header. Raises `MalformedPacket` as `payload_span` does."""
    start, end = payload_span(raw)
    return raw[start:end]


def sequence_delta(new: int, old: int) -> int:
    """How far `new` is ahead of `old`, -32768 … 32767, across the 16-bit wrap."""
    return ((new - old + 0x8000) & 0xFFFF) - 0x8000


def timestamp_delta(new: int, old: int) -> int:
    """How far `new` is ahead of `old`, -2³¹ … 2³¹-1, across the 32-bit wrap."""
    return ((new - old + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def _header(raw: bytes) -> tuple[int, int, int, int, int]:
    if len(raw) < HEADER.size:
        raise MalformedPacket(f"{len(raw)} bytes are too few for RTP")
    fields: tuple[int, int, int, int, int] = HEADER.unpack_from(raw)
    if fields[0] >> 6 != 2:
        raise MalformedPacket(f"RTP version {fields[0] >> 6}")
    return fields


def _extension(raw: bytes, start: int, end: int) -> tuple[int, bytes]:
    return _EXTENSION_HEADER.unpack_from(raw, start)[0], bytes(raw[start + 4 : end])
