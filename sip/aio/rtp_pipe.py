"""The short way for packets that are simply the next ones: read, recorded, renumbered and sent, nothing else.

Nearly all packets of a call differ from the one before in nothing but a sequence number one higher and a
timestamp one packet later, and meet the same bridge and recorder. So once a packet has gone the long way
(`MediaStream._received`), which judges everything, the eight bytes that the next one must begin with are
known, and those to send differ from them by a number that is the same for all: a comparison and an addition
replace the judging. The datagram is read into a buffer that all share, gets its new header there and is sent
from there. Whatever is not as expected takes the long way, and so does each thirty-second packet.

What went the short way is counted when somebody asks (`settle`), not packet by packet.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sip.aio.rtp_poller import Buffer
from sip.media.flow import Incoming, Outgoing, StreamStats, head_of
from sip.media.quality import SAMPLED
from sip.media.rtp import HEADER

if TYPE_CHECKING:
    from sip.aio.rtp import MediaStream

FULL_EVERY = 31
"""Mask of sequence numbers: each thirty-second packet goes the long way, and on record with its arrival."""

# First byte, type, sequence and timestamp as one number; SSRC.
_HEAD = struct.Struct("!QI")
_unpack, _pack_into = _HEAD.unpack_from, _HEAD.pack_into
_TIMESTAMP = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Exit:
    """Where a pipe's packets go on: the other leg of the bridge."""

    outgoing: Outgoing
    stats: StreamStats
    send: Callable[[memoryview], int]
    head: int
    """How the packet just sent there begins: its first eight bytes, the marker left out."""


class Pipe:
    """One leg's. Who takes the long way closes it first and opens it again where that is right."""

    __slots__ = (
        "_buffer",
        "_exit",
        "_expected",
        "_follow",
        "_incoming",
        "_last",
        "_mark",
        "_packet",
        "_receive",
        "_room",
        "_send",
        "_shift",
        "_since",
        "_size",
        "_sound",
        "_source",
        "_ssrc",
        "_stop",
        "_stride",
        "_timed",
        "_unsent",
        "received",
    )

    def __init__(
        self,
        buffer: Buffer,
        incoming: Incoming,
        received: Callable[[bytes, float], None],
        timed: Callable[[float, int], None],
    ) -> None:
        self._receive: Callable[[bytearray], int]
        self._buffer, self._room, self._incoming = buffer, buffer.room, incoming
        self.received, self._timed = received, timed
        """The long way; may be exchanged at any time."""
        self._packet = self._sound = memoryview(b"")
        self._follow: Callable[[bytes], None] | None = None
        self._send: Callable[[memoryview], int] | None = None
        self._exit: Exit | None = None
        self._expected = self._since = self._mark = self._stop = -1
        self._size = self._stride = self._shift = self._source = self._ssrc = self._unsent = 0
        self._last = 0.0

    def reader(self, sock: socket.socket) -> Callable[[float], None]:
        """Reads from a socket that only the peer's datagrams reach; for the poller."""
        self._receive = sock.recv_into
        return self._read

    def _read(self, now: float) -> None:
        """Takes a datagram; `now` in monotonic seconds. The hottest lines of all: once for every packet."""
        buffer, receive = self._room, self._receive
        try:
            size = receive(buffer)
        except OSError:  # nothing there after all, or the peer's machine says that nobody listens
            return
        head, source = _unpack(buffer)
        if head != self._expected or size != self._size or source != self._source:
            self.received(bytes(buffer[:size]), now)
            return
        self._expected = head + self._stride
        self._last = now
        if (follow := self._follow) is not None:
            follow(self._sound.tobytes())
        if (send := self._send) is not None:
            _pack_into(buffer, 0, head + self._shift, self._ssrc)
            try:
                send(self._packet)
            except OSError:
                self._unsent += 1
        if head == self._mark:
            self._milestone(head, now)

    def open(
        self, head: int, ssrc: int, samples: int, follow: Callable[[bytes], None] | None, to: Exit | None
    ) -> None:
        """The packet just handled began with `head` (marker left out) and held so many samples and bytes.

        `follow` takes its successors' sound for the recording, `to` is where they go on; both may be nobody.
        Near the end of the counters' range nothing is opened: a pipe's numbers do not wrap.
        """
        self.close()
        sequence = head >> 32 & 0xFFFF
        left = ~sequence & FULL_EVERY
        if not left or _wraps(head, left, samples) or (to is not None and _wraps(to.head, left, samples)):
            return
        self._packet, self._sound, self._stride = self._buffer.windows(samples)
        self._size, self._source = HEADER.size + samples, ssrc
        self._follow, self._exit, self._send = follow, to, None
        if to is not None:
            self._send, self._shift, self._ssrc = to.send, to.head - head, to.outgoing.ssrc
        stride = self._stride
        self._stop = head + stride * left
        self._mark = head + stride * (~sequence & SAMPLED or SAMPLED + 1)
        self._expected = self._since = head + stride

    def close(self) -> None:
        """Packets take the long way from here on."""
        if self._expected >= 0:
            self.settle()
            self._expected = self._since = -1
            self._follow = self._send = self._exit = None

    def settle(self) -> None:
        """Brings counters and numbering up to what has gone the short way."""
        packets = self._expected - self._since >> 32
        if not packets:
            return
        self._since = self._expected
        octets, samples = packets * self._size, self._size - HEADER.size
        self._incoming.advance(packets, samples)
        stats = self._incoming.stats
        stats.packets_in += packets
        stats.bytes_in += octets
        stats.last_received = self._last
        if (to := self._exit) is not None:
            unsent, self._unsent = self._unsent, 0
            to.outgoing.advance(packets, samples)
            to.stats.packets_out += packets - unsent
            to.stats.bytes_out += octets - unsent * self._size
            to.stats.unsent += unsent

    def _milestone(self, head: int, now: float) -> None:
        self._timed(now, head & _TIMESTAMP)
        if head == self._stop:
            self.close()
        else:
            self._mark = head + self._stride * (SAMPLED + 1)


def shorten(stream: MediaStream, payload_type: int, sequence: int, timestamp: int, samples: int) -> None:
    """After a packet of `stream` has gone the long way: those like it go the short one from here on."""
    incoming, other, follow, to = stream._incoming, stream._peer, None, None
    if incoming.next_sequence != sequence + 1:
        return  # it was late, or the last of all numbers
    if stream._receiving and stream._recorder is not None:
        if payload_type != stream._recorder.codec.payload_type:
            return
        follow = stream._follow
    if stream._receiving and other is not None and other._bridge_to is not None:
        if payload_type != other.codec.payload_type or other._link.secure is not None:
            return
        head = other._outgoing.head(sequence, timestamp, payload_type)
        to = Exit(other._outgoing, other._stats, other._link.transmit, head)
    stream._pipe.open(head_of(payload_type, sequence, timestamp), incoming.ssrc, samples, follow, to)


def _wraps(head: int, packets: int, samples: int) -> bool:
    """Whether sequence number or timestamp begin again within so many packets."""
    return (head >> 32 & 0xFFFF) + packets > 0xFFFF or (head & _TIMESTAMP) + packets * samples > _TIMESTAMP
