"""One leg's RTP endpoint: receives, latches, counts, hands to the recorder, bridges to another leg, plays.

A datagram goes from socket to socket without being decoded, and meets no disk, database or log on its way.
Headers sent are our own: one SSRC for the life of the stream, sequence and timestamps that go on through
every change of source (prompt, bridge, prompt), a marker where a talkspurt begins.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import struct
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeGuard

from sip.aio.crossing import Crossing
from sip.aio.keys import KeyPress
from sip.aio.player import Playback
from sip.aio.ports import PortPair, PortPool
from sip.aio.rtcp import Rtcp
from sip.aio.rtp_link import RtpLink
from sip.media.clip import Clip
from sip.media.codecs import Codec, Numbering, clock_rate, frame_ticks
from sip.media.dtmf import Detector, MalformedEvent
from sip.media.flow import Incoming, Outgoing, StreamStats
from sip.media.g711 import PCMA, TRANSLATE
from sip.media.quality import SAMPLED
from sip.media.rtcp import is_rtcp
from sip.media.rtp import COMFORT_NOISE, HEADER, MARKER, PLAIN, MalformedPacket, payload_span
from sip.media.track import Track
from sip.sdes import Keys

MAX_PRESSES = 32
"""Keys that wait to be sent; more than that is nobody's finger."""

FULL_EVERY = 15
"""Mask of sequence numbers: each sixteenth packet is recorded with its arrival, the others just follow."""

_unpack = HEADER.unpack_from
_monotonic = time.monotonic


class MediaStream:
    """Made by `MediaStream.open(pool)`; everything here belongs to the event loop that opened it."""

    __slots__ = (
        "_bridge_to",
        "_closed",
        "_crossing",
        "_detector",
        "_follows",
        "_incoming",
        "_link",
        "_local",
        "_numbers",
        "_outgoing",
        "_peer",
        "_playback",
        "_ports",
        "_presses",
        "_receiving",
        "_record",
        "_record_next",
        "_record_type",
        "_recorder",
        "_sending",
        "_timed",
        "codec",
        "dtmf_pt",
        "on_digit",
        "rtcp",
        "stats",
    )

    def __init__(self, ports: PortPair) -> None:
        self.stats = StreamStats()
        self.codec: Codec = PCMA
        self.dtmf_pt: int | None = None
        self.on_digit: Callable[[str], None] | None = None
        self._ports = ports
        self._link = RtpLink(ports, self.stats, self._received, self._found)
        self._local = (ports.host, ports.port)
        self._sending = self._receiving = True
        self._peer: MediaStream | None = None
        self._bridge_to: Any = None
        self._playback: Playback | None = None
        self._presses: deque[KeyPress] = deque(maxlen=MAX_PRESSES)
        self._record: Callable[[float, int, int, int, int, bytes], None] | None = None
        self._record_next: Callable[[bytes], None] | None = None
        self._record_type = -1
        self._follows = False
        self._recorder: Track | None = None
        self._incoming = Incoming(self.stats)
        self._outgoing = Outgoing(
            random.getrandbits(32), random.getrandbits(15), random.getrandbits(32), _monotonic()
        )
        self.rtcp = Rtcp(ports.rtcp, self._incoming, self._outgoing)
        self._timed = self.rtcp.arrived
        self._detector = Detector()
        self._numbers = Numbering.like(PCMA, None)
        self._crossing = Crossing(self)
        self._closed = False

    @classmethod
    async def open(cls, pool: PortPool) -> MediaStream:
        """A stream on a port of `pool`. Raises `sip.aio.ports.PortsExhausted`."""
        ports = pool.acquire()
        return cls(ports)

    @property
    def local(self) -> tuple[str, int]:
        """Host and port for our SDP."""
        return self._local

    @property
    def remote(self) -> tuple[str, int] | None:
        """Where audio is sent: as signalled, or where the peer's media turned out to come from."""
        remote = self._link.remote
        return None if remote is None else (remote[0], remote[1])

    @property
    def ssrc(self) -> int:
        """The SSRC of everything sent."""
        return self._outgoing.ssrc

    def set_remote(
        self,
        addr: tuple[str, int] | None,
        codec: Codec,
        dtmf_pt: int | None,
        rtcp_port: int | None = None,
        numbering: Numbering | None = None,
    ) -> None:
        """What signalling agreed on: the peer's address and port, codec and telephone-event payload type.

        None (or port 0, or the address 0.0.0.0 of an old-style hold) sends nothing. The same address again
        keeps a latched stream latched; another one frees it. `numbering` where the peer sends under other
        payload types than it is sent. Raises `ValueError` for a host that is no IP
        address: resolving names is not for the media path.
        """
        if addr is not None:
            host = ipaddress.ip_address(addr[0])
            addr = None if host.is_unspecified or not addr[1] else (str(host), addr[1])
        self.codec, self.dtmf_pt, link = codec, dtmf_pt, self._link
        self._numbers = numbers = numbering or Numbering.like(codec, dtmf_pt)
        link.types = frozenset((numbers.codec, numbers.event))
        self._incoming.clock_rate = self._outgoing.clock_rate = clock_rate(codec)
        self._crossing.choose()
        if addr is None:
            link.remote = None
        elif addr != link.latch.signalled:
            link.expect(addr)
            self.rtcp.set_remote(*addr, rtcp_port)
        elif link.remote is None:
            link.remote = link.latch.source or addr
        self._refresh()

    def secure(self, keys: Keys | None) -> None:
        """What signalling agreed on: SRTP with these keys, or plain RTP. The same again changes nothing."""
        self._link.encrypt(keys)
        secure = self._link.secure
        self.rtcp.protect = secure.protect_rtcp if secure else None
        self.rtcp.unprotect = secure.unprotect_rtcp if secure else None

    @property
    def sending(self) -> bool:
        """Whether our side of the media direction lets us send (RFC 3264 §5.1)."""
        return self._sending

    @sending.setter
    def sending(self, allowed: bool) -> None:
        self._sending = allowed
        self._refresh()

    @property
    def receiving(self) -> bool:
        """Whether we take audio from the peer; while False it is counted, not bridged, heard or recorded."""
        return self._receiving

    @receiving.setter
    def receiving(self, allowed: bool) -> None:
        self._receiving = allowed
        self._follows = False
        if self._peer is not None:
            self._peer._outgoing.interrupt()

    @property
    def recorder(self) -> Track | None:
        """Takes what the peer says; the stream does not close it."""
        return self._recorder

    @recorder.setter
    def recorder(self, track: Track | None) -> None:
        self._recorder = track
        self._follows = False
        if track is None:
            self._record = self._record_next = None
        else:
            self._record, self._record_next = track.feed, track.follow
            self._record_type = track.codec.payload_type

    @property
    def peer(self) -> MediaStream | None:
        """The stream bridged to."""
        return self._peer

    def connect(self, other: MediaStream) -> None:
        """Bridges both ways; either one leaves the bridge it was in."""
        if other is self:
            raise ValueError("a stream cannot be bridged to itself")
        self.disconnect()
        other.disconnect()
        self._peer, other._peer = other, self
        self._crossing.choose()
        self._outgoing.interrupt()
        other._outgoing.interrupt()

    def disconnect(self) -> None:
        """Leaves the bridge, if in one."""
        other, self._peer = self._peer, None
        self._crossing.choose()
        if other is not None:
            other._peer = None
            other._crossing.choose()

    def play(self, clip: Clip | bytes, *, loop: bool = False) -> Playback:
        """Plays a clip (bytes: A-law) in place of bridged audio; a clip being played is stopped."""
        if self._closed:
            raise RuntimeError("the stream is closed")
        if isinstance(clip, bytes):
            clip = Clip.from_alaw(clip)
        self.stop_playing()
        playback = Playback(
            clip, loop=loop, codec=lambda: self.codec, send=self._play_frame, ended=self._play_ended
        )
        self._playback = playback if playback.playing else None
        self._refresh()
        return playback

    def stop_playing(self) -> None:
        """Stops the clip being played, if any."""
        if self._playback is not None:
            self._playback.stop()

    def press(self, key: str, milliseconds: int = 160) -> None:
        """Sends a key as telephone-event, in place of audio, after those not yet through.

        Does nothing where the peer takes none. Raises `ValueError` for what is no key.
        """
        if self.dtmf_pt is None or self._closed or len(self._presses) == MAX_PRESSES:
            return
        rate = self._numbers.event_clock
        press = KeyPress(key, milliseconds, rate, send=self._press_frame, ended=self._press_ended)
        self._presses.append(press)
        if len(self._presses) == 1:
            self._refresh()
            press.start()

    def close(self) -> None:
        """Stops, leaves the bridge, gives the port back; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self.stop_playing()
        if self._presses:
            self._presses[0].stop()
        self.disconnect()
        self.recorder = None
        self._bridge_to = None
        self.rtcp.close()
        self._link.close()
        self._ports.release()

    # The hot path: once for every packet.

    def _received(self, data: bytes) -> None:
        now = _monotonic()
        stats = self.stats
        try:
            first, second, sequence, timestamp, ssrc = _unpack(data)
            payload = data[12:] if first == PLAIN else _payload(data)
        except (struct.error, MalformedPacket):
            stats.malformed += 1
            return
        stats.packets_in += 1
        stats.bytes_in += len(data)
        stats.last_received = now
        payload_type = second & 0x7F
        if payload_type not in TRANSLATE:
            if is_rtcp(data):
                self._multiplexed(data)
                return
            self._not_audio(sequence, timestamp, ssrc, second, payload, now)
            return
        incoming = self._incoming
        if (
            sequence == incoming.next_sequence
            and timestamp == incoming.next_timestamp
            and ssrc == incoming.ssrc
        ):
            incoming.next_sequence = (sequence + 1) & 0xFFFF
            incoming.next_timestamp = (timestamp + len(payload)) & 0xFFFFFFFF
            if not sequence & SAMPLED:
                self._timed(now, timestamp)
            follows = self._follows and sequence & FULL_EVERY and payload_type == self._record_type
        elif incoming.irregular(sequence, timestamp, ssrc, len(payload)):
            follows = False
        else:
            return
        if not self._receiving:
            return
        if follows:
            self._record_next(payload)  # type: ignore[misc]
        elif self._record is not None:
            self._record(now, ssrc, sequence, timestamp, second, payload)
            self._follows = True
        other = self._peer
        if other is None or other._bridge_to is None:
            return
        codec_type = other.codec.payload_type
        if payload_type != codec_type:
            payload = payload.translate(TRANSLATE[payload_type])
        other._send(
            other._outgoing.packet(
                incoming.token, sequence, timestamp, second & MARKER | codec_type, payload, now
            )
        )

    def _send(self, raw: bytes) -> None:
        try:
            self._link.transmit(raw)
        except OSError:
            # Buffers full, no route: telephone audio is not repeated, the packet is lost as in any network.
            self.stats.unsent += 1
            return
        stats = self.stats
        stats.packets_out += 1
        stats.bytes_out += len(raw)

    # Everything rarer.

    def _found(self, addr: Any) -> None:
        """Media comes from a new address."""
        self._refresh_target()
        if addr[:2] != self._link.latch.signalled:
            self.rtcp.set_remote(addr[0], addr[1])

    def _not_audio(
        self, sequence: int, timestamp: int, ssrc: int, second: int, payload: bytes, now: float
    ) -> None:
        """A key press is reported and relayed; comfort noise is left out."""
        incoming, other = self._incoming, self._peer
        if second & 0x7F == COMFORT_NOISE:
            self.stats.last_comfort = now
        elif second & 0x7F != self._numbers.event:
            self.stats.unknown += 1
        elif not incoming.irregular(sequence, timestamp, ssrc, 0):
            return
        elif self._receiving and self._event(ssrc, timestamp, payload) and _takes_events(other):
            second = second & MARKER | (other.dtmf_pt or 0)
            other._send(other._outgoing.packet(incoming.token, sequence, timestamp, second, payload, now))
            return
        if other is not None:
            other._outgoing.omit(incoming.token)

    def _multiplexed(self, data: bytes) -> None:
        """RTCP on the RTP port, though nobody agreed on that (RFC 5761): read, and counted as no media."""
        self.stats.packets_in -= 1
        self.stats.bytes_in -= len(data)
        self.rtcp.take(data)

    def _event(self, ssrc: int, timestamp: int, payload: bytes) -> bool:
        """Reports a new key press; False where the payload is no event."""
        try:
            key = self._detector.feed(ssrc, timestamp, payload)
        except MalformedEvent:
            self.stats.malformed += 1
            return False
        if key is not None and self.on_digit is not None:
            # Not called from here: what it does or raises must not touch the other legs of this batch.
            asyncio.get_running_loop().call_soon(self.on_digit, key)
        return True

    def _play_frame(self, playback: Playback, index: int, frame: bytes, now: float) -> None:
        if not self._sending or self._link.remote is None or self._presses:
            return
        self._send(
            self._outgoing.packet(
                playback,
                index & 0xFFFF,
                index * frame_ticks(self.codec) & 0xFFFFFFFF,
                self.codec.payload_type,
                frame,
                now,
            )
        )

    def _play_ended(self, playback: Playback) -> None:
        if playback is self._playback:
            self._playback = None
            self._refresh()

    def _press_frame(self, press: KeyPress, index: int, payload: bytes, now: float) -> None:
        if self._sending and self._link.remote is not None and self.dtmf_pt is not None:
            # All packets of a press carry the timestamp of its beginning (RFC 4733 §2.5.1.2).
            self._send(self._outgoing.packet(press, index, 0, self.dtmf_pt, payload, now))

    def _press_ended(self) -> None:
        self._presses.popleft()
        self._refresh()
        if self._presses:
            self._presses[0].start()

    def _refresh(self) -> None:
        """After a change of direction, address or playback: what is sent next is a new talkspurt."""
        self._outgoing.interrupt()
        self._refresh_target()

    def _refresh_target(self) -> None:
        free = self._sending and self._playback is None and not self._presses
        self._bridge_to = self._link.remote if free else None


def _takes_events(stream: MediaStream | None) -> TypeGuard[MediaStream]:
    return stream is not None and stream._bridge_to is not None and stream.dtmf_pt is not None


def _payload(data: bytes) -> bytes:
    start, end = payload_span(data)
    return data[start:end]
