"""What a stream receives while it, or the stream it is bridged to, speaks something else than G.711.

It stands in for the hot path of `sip/aio/rtp.py`, which knows G.711 alone and is none the slower for it.
Where both speak the same codec, packets are passed on undecoded here as well. A stream in a conference
(`sip/aio/conference.py`) takes this way too, whatever it speaks.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Protocol

from sip.aio.passage import Passage
from sip.media.codecs import Packed
from sip.media.dtmf import rescaled
from sip.media.g711 import TRANSLATE
from sip.media.quality import SAMPLED
from sip.media.rtcp import is_rtcp
from sip.media.rtp import COMFORT_NOISE, HEADER, MARKER, MalformedPacket, payload_of
from sip.media.transcoding import Made

if TYPE_CHECKING:
    from sip.aio.rtp import MediaStream


class Sink(Protocol):
    """Who takes a stream's sound in place of the one that it is bridged to."""

    def heard(self, now: float, sequence: int, timestamp: int, payload: bytes) -> None:
        """A packet in the stream's codec; its numbering is the stream's `Incoming` token's."""


class Crossing:
    """Of one stream."""

    def __init__(self, stream: MediaStream) -> None:
        self._stream = stream
        self._passage: Passage | None = None
        self._token: object = None
        self._sink: Sink | None = None

    def divert(self, sink: Sink | None) -> None:
        """Sends what the stream receives to `sink`, from here on; None: to the stream it is bridged to."""
        self._sink = sink
        self._stream._break()
        self.choose()

    def choose(self) -> None:
        """Takes the way that fits the codecs of the stream and of the one it is bridged to, for both."""
        self._choose()
        if self._stream._peer is not None:
            self._stream._peer._crossing._choose()

    def _choose(self) -> None:
        stream, peer = self._stream, self._stream._peer
        wide = isinstance(stream.codec, Packed) or (peer is not None and isinstance(peer.codec, Packed))
        stream._pipe.received = self.received if wide or self._sink else stream._received
        stream._forget()
        if self._sink or peer is None or peer.codec.name == stream.codec.name:
            self._close()

    def _close(self) -> None:
        if self._passage is not None:
            self._passage.close()
            self._passage = None

    def received(self, data: bytes, now: float) -> None:
        """A datagram, in plain, that came at `now`, in monotonic seconds."""
        stream = self._stream
        stats = stream._stats
        try:
            _, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
            payload = payload_of(data)
        except (struct.error, MalformedPacket):
            stats.malformed += 1
            return
        stats.packets_in += 1
        stats.bytes_in += len(data)
        stats.last_received = now
        ticks = self._ticks(second & 0x7F, payload)
        if ticks:
            if stream._incoming.irregular(sequence, timestamp, ssrc, ticks) and stream.receiving:
                self._heard(now, second, sequence, timestamp, payload)
            if sequence & SAMPLED == SAMPLED:
                stream.rtcp.arrived(now, timestamp)
        elif is_rtcp(data):
            stream._multiplexed(data, now)
        else:
            self._not_audio(now, second, sequence, timestamp, payload)

    def _ticks(self, payload_type: int, payload: bytes) -> int:
        """How long the packet's sound lasts; 0 where it is none that was agreed on."""
        codec = self._stream.codec
        if isinstance(codec, Packed):
            return codec.ticks(payload) if payload_type == self._stream._numbers.codec else 0
        return len(payload) if payload_type in TRANSLATE else 0

    def _heard(self, now: float, second: int, sequence: int, timestamp: int, payload: bytes) -> None:
        stream, other = self._stream, self._stream.peer
        codec, ssrc = stream.codec, stream._incoming.ssrc
        if not isinstance(codec, Packed) and second & 0x7F != codec.payload_type:
            payload = payload.translate(TRANSLATE[second & 0x7F])
        second = second & MARKER | codec.payload_type
        if stream.recorder is not None:
            stream.recorder.feed(now, ssrc, sequence, timestamp, second, payload)
        if self._sink is not None:
            self._sink.heard(now, sequence, timestamp, payload)
            return
        if other is None or other._bridge_to is None:
            return
        if other.codec.name == codec.name:
            second = second & MARKER | other.codec.payload_type
            token = stream._incoming.token
            other._send(other._outgoing.packet(token, sequence, timestamp, second, payload, now))
        else:
            self._passage_to(other).take(sequence, timestamp, payload)

    def _not_audio(self, now: float, second: int, sequence: int, timestamp: int, payload: bytes) -> None:
        """A key press is reported and goes on; anything else is left out."""
        stream, other = self._stream, self._stream.peer
        incoming = stream._incoming
        if second & 0x7F == COMFORT_NOISE:
            stream._stats.last_comfort = now
        elif second & 0x7F != stream._numbers.event:
            stream._stats.unknown += 1
        elif not incoming.irregular(sequence, timestamp, incoming.ssrc, 0):
            return
        elif (
            stream.receiving
            and stream._event(incoming.ssrc, timestamp, payload)
            and self._sink is None  # its packets would be torn apart by those of the conference
            and other is not None
            and other._bridge_to is not None
            and other.dtmf_pt is not None
        ):
            clocks = stream._numbers.event_clock, other._numbers.event_clock
            if other.codec.name != stream.codec.name:
                self._passage_to(other).event(sequence, timestamp, payload, clocks)
                return
            payload, second = rescaled(payload, *clocks), second & MARKER | other.dtmf_pt
            other._send(other._outgoing.packet(incoming.token, sequence, timestamp, second, payload, now))
            return
        if other is not None:
            other._outgoing.omit(incoming.token)

    def _passage_to(self, other: MediaStream) -> Passage:
        """A new one where another stream of sound begins, whose numbers have nothing to do with the last."""
        codecs, token = (self._stream.codec, other.codec), self._stream._incoming.token
        passage = self._passage
        if passage is None or (passage.source, passage.target) != codecs or token is not self._token:
            self._close()
            passage = self._passage = Passage(*codecs, self._transcoded)
            self._token = token
        return passage

    def _transcoded(self, passage: Passage, made: Made, now: float) -> None:
        other = self._stream.peer
        if other is None or other._bridge_to is None or passage is not self._passage:
            return
        kind = other.dtmf_pt if made.is_event else other.codec.payload_type
        if kind is not None:
            second = (MARKER if made.marker else 0) | kind
            packet = other._outgoing.packet(passage, made.sequence, made.timestamp, second, made.payload, now)
            other._send(packet)
