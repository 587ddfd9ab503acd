"""Three or more streams, each of which hears chosen others: a supervisor listens, whispers or joins.

It lies over the bridge of two: `MediaStream.peer` stays what it is, and when the conference ends their
packets take the direct way again. Meanwhile each stream's sound comes here (`sip/aio/ear.py`), is
brought to the 20 ms clock that prompts are played by, added up for each listener and encoded in the
listener's codec. G.711 is decoded and encoded here, at some microseconds; G.722 and Opus in the lanes of
`sip/aio/passage.py`, and they sound no wider than 3.4 kHz meanwhile. A recording is not concerned: it has its
own leg's packets, untouched. A stream that plays a prompt or presses a key sends that alone, as in a bridge.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Final

from sip.aio.ear import Ear
from sip.aio.passage import Passage
from sip.aio.player import Ticker
from sip.aio.rtp import MediaStream
from sip.media.codecs import Codec, Packed
from sip.media.g711 import FRAME, PCMA, Samples
from sip.media.g711 import Codec as G711
from sip.media.mixing import Voice, mixed
from sip.media.rtp import MARKER
from sip.media.transcoding import Made

LAST_FRAMES: Final = 10
"""At the end what is waiting is sent at once; no more than this, of 20 ms each."""

_Ways = dict[tuple[tuple[int, ...], str], bytes]


class Conference:
    """`arrange` says who hears whom; the rest goes by itself. Belongs to the event loop that made it."""

    def __init__(self) -> None:
        self._seats: dict[MediaStream, Seat] = {}
        self._ticker = Ticker.of_running_loop()

    @property
    def streams(self) -> tuple[MediaStream, ...]:
        """Who is in it."""
        return tuple(self._seats)

    def arrange(self, hears: Mapping[MediaStream, Collection[MediaStream]]) -> None:
        """From here on each stream hears those named for it. Who is no key leaves, back to its bridge.

        Raises ValueError where a stream is to hear itself, or one that is not there.
        """
        for stream, heard in hears.items():
            if stream in heard or not hears.keys() >= set(heard):
                raise ValueError("a stream in a conference hears others that are in it, and not itself")
        if not hears:
            self._send_the_rest()
        for stream in self._seats.keys() - hears.keys():
            self._seats.pop(stream).leave()
        for stream in hears:
            if stream not in self._seats:
                self._seats[stream] = Seat(stream)
        for stream, heard in hears.items():
            self._seats[stream].hears = tuple(self._seats[other] for other in heard)
        (self._ticker.add if self._seats else self._ticker.remove)(self)

    def close(self) -> None:
        """Everybody leaves; a second call does nothing."""
        self.arrange({})

    def frame(self, now: float) -> None:
        """Sends everybody 20 ms; called by the ticker."""
        sound = {seat: samples for seat in self._seats.values() if (samples := seat.voice.take()) is not None}
        encoded: _Ways = {}
        for seat in self._seats.values():
            if seat.may_send:
                seat.send(_for(seat, sound, encoded), now)

    def _send_the_rest(self) -> None:
        """What the voices held back against jitter: nothing is lost when the direct way takes over."""
        now = time.monotonic()
        for _ in range(LAST_FRAMES):
            if all(seat.voice.waiting < FRAME for seat in self._seats.values()):
                return
            self.frame(now)


class Seat:
    """One stream of a conference."""

    def __init__(self, stream: MediaStream) -> None:
        self.voice = Voice()
        self.hears: tuple[Seat, ...] = ()
        self._stream = stream
        self._sent = 0
        self._out: Passage | None = None
        self._ear = Ear(stream, self.voice.put, self.voice.restart)

    @property
    def may_send(self) -> bool:
        """The stream may, and plays nothing in place of the conference."""
        return self._stream._bridge_to is not None

    @property
    def codec(self) -> G711:
        """What the conference makes for it: its own, or what its own is made of."""
        codec = self._stream.codec
        return PCMA if isinstance(codec, Packed) else codec

    def leave(self) -> None:
        """The stream hears its bridge again."""
        self._ear.close()
        if self._out is not None:
            self._out.close()

    # -- what it hears ------------------------------------------------------------------------------------

    def send(self, payload: bytes, now: float) -> None:
        """20 ms in `codec`; `now` in monotonic seconds."""
        stream, number = self._stream, self._sent
        self._sent += 1
        sequence, timestamp = number & 0xFFFF, number * FRAME & 0xFFFFFFFF
        if isinstance(stream.codec, Packed):
            self._packed(stream.codec).take(sequence, timestamp, payload)
            return
        kind = stream.codec.payload_type
        stream._send(stream._outgoing.packet(self, sequence, timestamp, kind, payload, now))

    def _packed(self, codec: Codec) -> Passage:
        passage = self._out
        if passage is None or passage.target is not codec:
            if passage is not None:
                passage.close()
            passage = self._out = Passage(PCMA, codec, self._encoded)
        return passage

    def _encoded(self, passage: Passage, made: Made, now: float) -> None:
        stream = self._stream
        if passage is self._out and self.may_send:
            second = (MARKER if made.marker else 0) | stream.codec.payload_type
            packet = stream._outgoing.packet(
                passage, made.sequence, made.timestamp, second, made.payload, now
            )
            stream._send(packet)


def _for(seat: Seat, sound: Mapping[Seat, Samples], encoded: _Ways) -> bytes:
    """What the seat is to hear, in its codec; made once for all that hear the same."""
    voices = [other for other in seat.hears if other in sound]
    codec = seat.codec
    key = tuple(sorted(id(other) for other in voices)), codec.name
    if key not in encoded:
        heard = [sound[other] for other in voices]
        encoded[key] = codec.encode(mixed(heard)) if heard else codec.quiet(FRAME)
    return encoded[key]
