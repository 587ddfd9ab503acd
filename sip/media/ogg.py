"""Opus in Ogg (RFC 3533, RFC 7845): a page is whole when it is written, so a file may end after any page."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

RATE = 48000
"""Granule positions count 48000 a second, whatever was encoded (RFC 7845 section 4)."""

BEGIN, END = 2, 4
_PAGE = struct.Struct("<4sBBqIIIB")
_CRC_AT = 22
_MOST_SEGMENTS = 255
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

_SILENCES = ((960, b"\xf8\xff\xfe"), (480, b"\xf0\xff\xfe"), (240, b"\xe8\xff\xfe"), (120, b"\xe0\xff\xfe"))
"""Packets of silence by their length: CELT's silence flag alone (RFC 6716 section 4.3)."""


def silence(ticks: int) -> list[tuple[bytes, int]]:
    """Packets of silence with their lengths, as many as fit into `ticks`; 2.5 ms is the shortest."""
    packets = []
    for length, packet in _SILENCES:
        packets += [(packet, length)] * (ticks // length)
        ticks %= length
    return packets


@dataclass(slots=True)
class OggOpus:
    """Writes one stream. Granules are samples at 48 kHz from the file's beginning."""

    serial: int
    _number: int = field(default=0, init=False)

    def head(self) -> bytes:
        """The two pages that come first (RFC 7845 section 5): mono, nothing skipped, no tags."""
        head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 0, RATE, 0, 0)
        vendor = b"sanxiang"
        tags = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", 0)
        return self.page([head], 0, BEGIN) + self.page([tags], 0)

    def page(self, packets: list[bytes], granule: int, flags: int = 0) -> bytes:
        """One page; `granule`: where its last packet ends. The packets must fit (see `pages`)."""
        lacing = b"".join(_lacing(packet) for packet in packets)
        head = _PAGE.pack(b"OggS", 0, flags, granule, self.serial, self._number, 0, len(lacing))
        self._number += 1
        raw = head + lacing + b"".join(packets)
        return raw[:_CRC_AT] + struct.pack("<I", checksum(raw)) + raw[_CRC_AT + 4 :]

    def pages(self, packets: list[tuple[bytes, int]], granule: int, end: int | None = None) -> bytes:
        """Pages of packets with their lengths; the first packet begins at `granule`.

        With `end` the last page is the file's last, and the sound ends there, though its packets may go on
        (RFC 7845 section 4.4).
        """
        raw, waiting, segments = b"", list[bytes](), 0
        begins = granule
        for packet, ticks in packets:
            more = len(packet) // 255 + 1
            if segments + more > _MOST_SEGMENTS:
                raw += self.page(waiting, begins)
                waiting, segments = [], 0
            waiting.append(packet)
            segments += more
            begins += ticks
        if end is not None:
            return raw + self.page(waiting, end, END)
        return raw + self.page(waiting, begins) if waiting else raw


def checksum(raw: bytes) -> int:
    """Ogg's CRC (RFC 3533 section 6): zlib's polynomial, every bit the other way round."""
    mirrored = zlib.crc32(raw.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_REVERSED), "big")


def seconds(raw: bytes) -> float | None:
    """How long a file plays, up to its last whole page; None where it is no Ogg."""
    at, granule = 0, None
    while at + _PAGE.size <= len(raw):
        mark, _, _, position, _, _, _, segments = _PAGE.unpack_from(raw, at)
        lacing = raw[at + _PAGE.size : at + _PAGE.size + segments]
        end = at + _PAGE.size + segments + sum(lacing)
        if mark != b"OggS" or len(lacing) < segments or end > len(raw):
            break
        granule, at = position, end
    return None if granule is None else granule / RATE


def _lacing(packet: bytes) -> bytes:
    return b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,))
