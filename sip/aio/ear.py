"""What a stream's party says, as samples, in place of the bridge: to be mixed, or to hear if they speak."""

from __future__ import annotations

from collections.abc import Callable

from sip.aio.passage import Passage
from sip.aio.rtp import MediaStream
from sip.media.codecs import Codec, Packed
from sip.media.g711 import PCMA, Samples
from sip.media.transcoding import Made


class Ear:
    """Of one stream, from now until `close`. `put(timestamp, samples)` gets each packet at 8000 samples a
    second; `restart` is told where the next one has nothing to do with the timestamps so far.

    G.711 is decoded at once, at some microseconds; G.722 and Opus in a lane, a millisecond later.
    """

    def __init__(
        self, stream: MediaStream, put: Callable[[int, Samples], None], restart: Callable[[], None]
    ) -> None:
        self._stream, self._put, self._restart = stream, put, restart
        self._token: object = None
        self._passage: Passage | None = None
        stream._crossing.divert(self)

    def close(self) -> None:
        """The stream's sound goes to its bridge again."""
        self._stream._crossing.divert(None)
        if self._passage is not None:
            self._passage.close()

    def heard(self, now: float, sequence: int, timestamp: int, payload: bytes) -> None:
        """A packet of the stream's; called by its `Crossing`."""
        codec, token = self._stream.codec, self._stream._incoming.token
        fresh = token is not self._token
        self._token = token
        if isinstance(codec, Packed):
            self._passage_of(codec, fresh=fresh).take(sequence, timestamp, payload)
            return
        if fresh:
            self._restart()
        self._put(timestamp, codec.decode(payload))

    def _passage_of(self, codec: Codec, *, fresh: bool) -> Passage:
        passage = self._passage
        if fresh or passage is None or passage.source != codec:
            if passage is not None:
                passage.close()
            self._restart()
            passage = self._passage = Passage(codec, PCMA, self._decoded)
        return passage

    def _decoded(self, passage: Passage, made: Made, now: float) -> None:
        if passage is self._passage:
            self._put(made.timestamp, PCMA.decode(made.payload))
