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
from sip.aio.rtp_pipe import FULL_EVERY, Pipe, shorten
from sip.aio.rtp_poller import Poller
from sip.media.clip import Clip
from sip.media.codecs import Codec, Numbering, clock_rate, frame_ticks
from sip.media.dtmf import Detector, MalformedEvent
from sip.media.flow import Incoming, Outgoing, StreamStats
from sip.media.g711 import PCMA, TRANSLATE
from sip.media.quality import SAMPLED
from sip.media.rtcp import is_rtcp
from sip.media.rtp import COMFORT_NOISE, HEADER, MARKER, PLAIN, MalformedPacket, payload_of
from sip.media.track import Track
from sip.sdes import Keys

MAX_PRESSES = 32
"""Keys that wait to be sent; more than that is nobody's finger."""

_unpack = HEADER.unpack_from


class MediaStream:
    """Made by `MediaStream.open(pool)`; everything here belongs to the event loop that opened it."""

    __slots__ = (
        "_bridge_to",
        "_closed",
        "_crossing",
        "_detector",
        "_follow",
        "_incoming",
        "_link",
        "_local",
        "_numbers",
        "_outgoing",
        "_peer",
        "_pipe",
        "_playback",
        "_ports",
        "_presses",
        "_receiving",
        "_recorder",
        "_sending",
        "_stats",
        "codec",
        "dtmf_pt",
        "on_digit",
        "rtcp",
    )

    def __init__(self, ports: PortPair) -> None:
        self._stats = StreamStats()
        self.codec: Codec = PCMA
        self.dtmf_pt: int | None = None
        self.on_digit: Callable[[str], None] | None = None
        self._ports = ports
        self._incoming = Incoming(self._stats)
        self._outgoing = Outgoing(
            random.getrandbits(32), random.getrandbits(15), random.getrandbits(32), time.monotonic()
        )
        self.rtcp = Rtcp(ports.rtcp, self._incoming, self._outgoing, self._settle)
        buffer = Poller.of_running_loop().buffer
        self._pipe = Pipe(buffer, self._incoming, self._received, self.rtcp.arrived)
        self._link = RtpLink(ports, self._stats, self._pipe, self._found)
        self._local = (ports.host, ports.port)
        self._sending = self._receiving = True
        self._peer: MediaStream | None = None
        self._bridge_to: Any = None
        self._playback: Playback | None = None
        self._presses: deque[KeyPress] = deque(maxlen=MAX_PRESSES)
        self._follow: Callable[[bytes], None] | None = None
        self._recorder: Track | None = None
        self._detector = Detector()
        self._numbers = Numbering.like(PCMA, None)
        self._crossing = Crossing(self)
        self._closed = False

    @classmethod
    async def open(cls, pool: PortPool) -> MediaStream:
        """A stream on a port of `pool`. Raises `sip.aio.ports.PortsExhausted`."""
        return cls(pool.acquire())

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
    def stats(self) -> StreamStats:
        """Counters, up to this moment."""
        self._settle()
        return self._stats

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
        link, before = self._link, (self.codec, self._link.remote)
        self.codec, self.dtmf_pt = codec, dtmf_pt
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
        self._refresh_target()
        if (codec, link.remote) != before:  # else a key that is being pressed would become two
            self._outgoing.interrupt()

    def secure(self, keys: Keys | None) -> None:
        """What signalling agreed on: SRTP with these keys, or plain RTP. The same again changes nothing."""
        self._link.encrypt(keys)
        self._reroute()
        secure = self._link.secure
        self.rtcp.protect = secure.protect_rtcp if secure else None
        self.rtcp.unprotect = secure.unprotect_rtcp if secure else None

    @property
    def sending(self) -> bool:
        """Whether our side of the media direction lets us send (RFC 3264 §5.1)."""
        return self._sending

    @sending.setter
    def sending(self, allowed: bool) -> None:
        if allowed != self._sending:
            self._sending = allowed
            self._refresh()

    @property
    def receiving(self) -> bool:
        """Whether we take audio from the peer; while False it is counted, not bridged, heard or recorded."""
        return self._receiving

    @receiving.setter
    def receiving(self, allowed: bool) -> None:
        if allowed == self._receiving:
            return
        self._receiving = allowed
        self._forget()
        if self._peer is not None:
            self._peer._break()

    @property
    def recorder(self) -> Track | None:
        """Takes what the peer says; the stream does not close it."""
        return self._recorder

    @recorder.setter
    def recorder(self, track: Track | None) -> None:
        self._recorder = track
        self._forget()

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
        self._reroute()
        self._crossing.choose()
        self._break()
        other._break()

    def disconnect(self) -> None:
        """Leaves the bridge, if in one."""
        self._reroute()
        other, self._peer = self._peer, None
        self._crossing.choose()
        if other is not None:
            other._peer = None
            other._crossing.choose()

    def play(self, clip: Clip | bytes, *, loop: bool = False) -> Playback:
        """Plays a clip (bytes: A-law) in place of bridged audio; a clip being played is stopped."""
        if self._closed:
            raise RuntimeError("the stream is closed")
        clip = Clip.from_alaw(clip) if isinstance(clip, bytes) else clip
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

    # The long way: what is not simply the next packet, and what no `Pipe` can take.

    def _received(self, data: bytes, now: float) -> None:
        self._pipe.close()
        stats = self._stats
        try:
            first, second, sequence, timestamp, ssrc = _unpack(data)
            payload = data[12:] if first == PLAIN else payload_of(data)
        except (struct.error, MalformedPacket):
            stats.malformed += 1
            return
        stats.packets_in += 1
        stats.bytes_in += len(data)
        stats.last_received = now
        payload_type = second & 0x7F
        if payload_type not in TRANSLATE:
            if is_rtcp(data):
                self._multiplexed(data, now)
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
            if sequence & SAMPLED == SAMPLED:
                self.rtcp.arrived(now, timestamp)
            follows = sequence & FULL_EVERY != 0
        elif incoming.irregular(sequence, timestamp, ssrc, len(payload)):
            follows = False
        else:
            return
        if self._receiving and (track := self._recorder) is not None:
            if follows and self._follow is not None and payload_type == track.codec.payload_type:
                self._follow(payload)
            else:
                track.feed(now, ssrc, sequence, timestamp, second, payload)
                self._follow = track.follow
        self._bridge(second, sequence, timestamp, payload, now)
        if first == PLAIN and self._link.plain:
            shorten(self, second & 0x7F, sequence, timestamp, len(payload))

    def _bridge(self, second: int, sequence: int, timestamp: int, payload: bytes, now: float) -> None:
        other = self._peer
        if other is None or other._bridge_to is None or not self._receiving:
            return
        payload_type, codec_type = second & 0x7F, other.codec.payload_type
        if payload_type != codec_type:
            payload = payload.translate(TRANSLATE[payload_type])
        token, second = self._incoming.token, second & MARKER | codec_type
        other._send(other._outgoing.packet(token, sequence, timestamp, second, payload, now))

    def _send(self, raw: bytes) -> None:
        try:
            self._link.transmit(raw)
        except OSError:
            # Buffers full, no route: telephone audio is not repeated, the packet is lost as in any network.
            self._stats.unsent += 1
            return
        stats = self._stats
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
            self._stats.last_comfort = now
        elif second & 0x7F != self._numbers.event:
            self._stats.unknown += 1
        elif not incoming.irregular(sequence, timestamp, ssrc, 0):
            return
        elif self._receiving and self._event(ssrc, timestamp, payload) and _takes_events(other):
            second = second & MARKER | (other.dtmf_pt or 0)
            other._send(other._outgoing.packet(incoming.token, sequence, timestamp, second, payload, now))
            return
        if other is not None:
            other._outgoing.omit(incoming.token)

    def _multiplexed(self, data: bytes, now: float) -> None:
        """RTCP on the RTP port, though nobody agreed on that (RFC 5761): read, and counted as no media."""
        self._stats.packets_in -= 1
        self._stats.bytes_in -= len(data)
        self.rtcp.take(data, now)

    def _event(self, ssrc: int, timestamp: int, payload: bytes) -> bool:
        """Reports a new key press; False where the payload is no event."""
        try:
            key = self._detector.feed(ssrc, timestamp, payload)
        except MalformedEvent:
            self._stats.malformed += 1
            return False
        if key is not None and self.on_digit is not None:
            # Not called from here: what it does or raises must not touch the other legs of this batch.
            asyncio.get_running_loop().call_soon(self.on_digit, key)
        return True

    def _play_frame(self, playback: Playback, index: int, frame: bytes, now: float) -> None:
        if not self._sending or self._link.remote is None or self._presses:
            return
        ticks, kind = index * frame_ticks(self.codec) & 0xFFFFFFFF, self.codec.payload_type
        self._send(self._outgoing.packet(playback, index & 0xFFFF, ticks, kind, frame, now))

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
        self._break()
        self._refresh_target()

    def _break(self) -> None:
        """What is sent next begins a talkspurt; a key that is being pressed goes on: it would become two."""
        if not self._presses:
            self._outgoing.interrupt()

    def _refresh_target(self) -> None:
        self._reroute()
        free = self._sending and self._playback is None and not self._presses
        self._bridge_to = self._link.remote if free else None

    def _forget(self) -> None:
        """The recording does not go on after the packet before: the next one is told in full."""
        self._reroute()
        self._follow = None

    def _reroute(self) -> None:
        """After any change to where packets of this leg or to it go: none takes a short way made before."""
        self._pipe.close()
        if self._peer is not None:
            self._peer._pipe.close()

    def _settle(self) -> None:
        """Counts what went the short way, from here and to here."""
        self._pipe.settle()
        if self._peer is not None:
            self._peer._pipe.settle()


def _takes_events(stream: MediaStream | None) -> TypeGuard[MediaStream]:
    return stream is not None and stream._bridge_to is not None and stream.dtmf_pt is not None
