"""One direction of a bridge between legs of different codecs: transcoded in a lane, sent from the event loop.

Encoding a packet of Opus takes 0.1 to 0.3 ms, of G.722 0.05 ms: too long for the loop that relays all calls.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from sip.aio.lanes import Lane
from sip.media.codecs import Codec
from sip.media.transcoding import Made, Transcoder

log = logging.getLogger(__name__)

MAX_WAITING = 25
"""Packets in the lane, half a second of sound; a machine that is slower than the call loses the rest."""

Send = Callable[["Passage", Made, float], None]
Work = Callable[[], list[Made]]


class Passage:
    """`send(passage, made, now)` puts a packet that came out on the wire; `now` in monotonic seconds."""

    def __init__(self, source: Codec, target: Codec, send: Send) -> None:
        self.source, self.target = source, target
        self.dropped = 0
        """Packets left out because the machine was too slow."""
        self._send: Send | None = send
        self._waiting = 0
        self._lane = Lane.least_used()
        self._transcoder: Transcoder | None = None

    def take(self, sequence: int, timestamp: int, payload: bytes) -> None:
        """A packet of the source's codec."""
        self._do(lambda: self._made().take(sequence, timestamp, payload))

    def event(self, sequence: int, timestamp: int, payload: bytes, clocks: tuple[int, int]) -> None:
        """A telephone key, kept in its place; `clocks` as `Transcoder.event` has it."""
        self._do(lambda: self._made().event(sequence, timestamp, payload, clocks))

    def close(self) -> None:
        """Sends nothing any more."""
        if self._send is not None:
            self._send = None
            self._lane.give_back()

    def _do(self, work: Work) -> None:
        if self._send is None:
            return
        if self._waiting >= MAX_WAITING:
            self.dropped += 1
            return
        self._waiting += 1
        self._lane.do(work, self._done, self._failed)

    def _failed(self, error: Exception) -> None:
        if self._send is not None:
            log.error("transcoding failed from=%s to=%s error=%r", self.source.name, self.target.name, error)
            self.close()

    def _made(self) -> Transcoder:
        """In the lane: opening codecs takes a millisecond."""
        if self._transcoder is None:
            self._transcoder = Transcoder(self.source, self.target)
        return self._transcoder

    def _done(self, packets: Sequence[Made]) -> None:
        self._waiting -= 1
        now = time.monotonic()
        for made in packets:
            if self._send is not None:
                self._send(self, made, now)
