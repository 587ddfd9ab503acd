"""RTCP (RFC 3550 §6): reports on a stream and its end, as values and as datagrams.

Of what a compound packet may hold, sender and receiver reports, names (SDES) and BYE are read; the rest
(APP, feedback, extended reports) is stepped over.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, BYE = 200, 201, 202, 203
_CNAME = 1
_VERSION = 2
_TYPES: Final = range(192, 224)
"""Packet types as RFC 5761 §4 tells them from RTP on one port."""

NTP_EPOCH = 2_208_988_800
"""Seconds from 1900 (NTP's zero) to 1970 (Unix's)."""

_head = struct.Struct("!BBH")
_block = struct.Struct("!IIIIII")
_sender = struct.Struct("!QIII")


class MalformedReport(ValueError):
    """The datagram is no RTCP: drop and count it."""


@dataclass(frozen=True, slots=True)
class Block:
    """What one side received of the source `ssrc` (§6.4.1)."""

    ssrc: int
    fraction: int
    """Share lost since the last report, in 256ths."""
    lost: int
    """Packets lost since the beginning; negative where duplicates outweigh."""
    highest: int
    """The highest sequence number received, with its count of wraps above 16 bits."""
    jitter: int
    """Interarrival jitter in timestamp units."""
    last_report: int = 0
    """Middle 32 bits of the NTP time in the last sender report taken; 0 before there was one."""
    delay: int = 0
    """Since that report came, in 65,536ths of a second."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What a sender says of its own stream."""

    ntp: int
    """64-bit NTP time of the report."""
    timestamp: int
    """The same instant in RTP timestamp units."""
    packets: int
    octets: int
    """Of payload."""


@dataclass(frozen=True, slots=True)
class Report:
    """A sender report, or a receiver report where `sender` is None."""

    ssrc: int
    sender: Sender | None = None
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Name:
    """The canonical name of a source (§6.5.1)."""

    ssrc: int
    cname: str


@dataclass(frozen=True, slots=True)
class Goodbye:
    """These sources end."""

    ssrcs: tuple[int, ...]


Item = Report | Name | Goodbye


def ntp_time(unix: float) -> int:
    """Unix seconds as a 64-bit NTP time."""
    return int((unix + NTP_EPOCH) * 2**32) & 0xFFFFFFFFFFFFFFFF


def middle(ntp: int) -> int:
    """The middle 32 bits of an NTP time."""
    return ntp >> 16 & 0xFFFFFFFF


def is_rtcp(raw: bytes) -> bool:
    """Whether a datagram on an RTP port is RTCP (RFC 5761 §4)."""
    return len(raw) >= 8 and raw[0] >> 6 == _VERSION and raw[1] in _TYPES


def build(*items: Item) -> bytes:
    """A compound packet; the first item is to be a `Report` (§6.1)."""
    return b"".join(_build(item) for item in items)


def parse(raw: bytes) -> tuple[Item, ...]:
    """Reads a compound packet. Raises `MalformedReport` (validity after appendix A.2)."""
    if not is_rtcp(raw) or raw[1] not in (SENDER_REPORT, RECEIVER_REPORT):
        raise MalformedReport("it does not begin with a report")
    items: list[Item] = []
    at = 0
    while at < len(raw):
        if len(raw) - at < _head.size:
            raise MalformedReport("cut short")
        first, kind, words = _head.unpack_from(raw, at)
        end = at + 4 * (words + 1)
        if first >> 6 != _VERSION or end > len(raw):
            raise MalformedReport("not version 2, or longer than the datagram")
        try:
            items += _read(kind, first & 0x1F, raw[at + 4 : end])
        except (struct.error, IndexError):
            raise MalformedReport(f"packet of type {kind} cut short") from None
        at = end
    return tuple(items)


def _read(kind: int, count: int, body: bytes) -> list[Item]:
    match kind:
        case 200:
            (ssrc,) = struct.unpack_from("!I", body)
            ntp, timestamp, packets, octets = _sender.unpack_from(body, 4)
            return [Report(ssrc, Sender(ntp, timestamp, packets, octets), _blocks(body, 24, count))]
        case 201:
            (ssrc,) = struct.unpack_from("!I", body)
            return [Report(ssrc, None, _blocks(body, 4, count))]
        case 202:
            return list(_names(body, count))
        case 203:
            return [Goodbye(struct.unpack_from(f"!{count}I", body))]
    return []


def _blocks(body: bytes, at: int, count: int) -> tuple[Block, ...]:
    blocks = []
    for n in range(count):
        ssrc, loss, highest, jitter, last_report, delay = _block.unpack_from(body, at + n * _block.size)
        lost = (loss & 0xFFFFFF ^ 0x800000) - 0x800000
        blocks.append(Block(ssrc, loss >> 24, lost, highest, jitter, last_report, delay))
    return tuple(blocks)


def _names(body: bytes, count: int) -> list[Name]:
    names, at = [], 0
    for _ in range(count):
        (ssrc,) = struct.unpack_from("!I", body, at)
        at += 4
        while body[at]:
            kind, length = body[at], body[at + 1]
            if kind == _CNAME:
                names.append(Name(ssrc, body[at + 2 : at + 2 + length].decode("utf-8", "replace")))
            at += 2 + length
        at += 4 - at % 4  # each chunk ends with zeros, on a boundary of four
    return names


def _build(item: Item) -> bytes:
    match item:
        case Report(ssrc, sender, blocks):
            body = struct.pack("!I", ssrc)
            if sender is not None:
                body += _sender.pack(sender.ntp, sender.timestamp, sender.packets, sender.octets)
            body += b"".join(_build_block(block) for block in blocks)
            kind = RECEIVER_REPORT if sender is None else SENDER_REPORT
            return _packet(kind, len(blocks), body)
        case Name(ssrc, cname):
            text = cname.encode()[:255]
            chunk = struct.pack("!IBB", ssrc, _CNAME, len(text)) + text
            return _packet(SOURCE_DESCRIPTION, 1, chunk + bytes(4 - len(chunk) % 4))
        case Goodbye(ssrcs):
            return _packet(BYE, len(ssrcs), struct.pack(f"!{len(ssrcs)}I", *ssrcs))


def _build_block(block: Block) -> bytes:
    lost = max(-0x800000, min(0x7FFFFF, block.lost)) & 0xFFFFFF
    loss = block.fraction << 24 | lost
    return _block.pack(block.ssrc, loss, block.highest, block.jitter, block.last_report, block.delay)


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return _head.pack(_VERSION << 6 | count, kind, len(body) // 4) + body
