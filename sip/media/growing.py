"""A leg's recording as a file that grows: what is to be written where, so that it plays at every moment.

G.711 and G.722 lie in a WAV byte by byte, with patches for what comes late; Opus in Ogg, page by page.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import getrandbits
from typing import Protocol

from sip.media import ogg
from sip.media.codecs import Codec, Packed, opus_ticks
from sip.media.g711 import SAMPLE_RATE, TRANSLATE
from sip.media.timeline import MAX_PENDING, Axis, Quiet, Timeline
from sip.media.wav import HEADER_SIZE, header

Write = tuple[int, bytes | bytearray]
"""A place in the file, in bytes from its beginning, and the bytes for it. The order is to be kept."""

Packet = tuple[float, int, int, int, int, bytes]
"""Monotonic seconds of its arrival, SSRC, sequence, timestamp, the header's second byte, payload."""


class Growing(Protocol):
    """One file. Lengths in seconds, `now` and `ended` in monotonic seconds."""

    @property
    def seconds(self) -> float:
        """What has been given to be written."""

    @property
    def dropped(self) -> int:
        """Packets left out: too many at once, or too late."""

    def head(self) -> list[Write]: ...

    def place(self, packets: Sequence[Packet | list[bytes]]) -> None:
        """Takes packets; payloads alone are those that come next in their stream."""

    def take(self, now: float) -> list[Write]: ...

    def finish(self, ended: float) -> tuple[list[Write], int]:
        """The rest, up to `ended` exactly, and the file's size."""


def growing(codec: Codec, started: float) -> Growing:
    """The file for a codec, whose beginning is at `started` (monotonic seconds)."""
    if isinstance(codec, Packed) and codec.name == "opus":
        return GrowingOgg(started)
    return GrowingWav(codec, started)


def suffix(codec: str) -> str:
    """How the name of a file with that codec ends."""
    return ".opus" if codec.lower() == "opus" else ".wav"


class _QuietG722:
    def quiet(self, samples: int, /) -> bytes:
        # The code that a decoder in whatever state turns into the quietest sound: 61 dB below full scale.
        return b"\xfd" * samples


class GrowingWav:
    """A WAV whose sizes in the header are written after the data they speak of."""

    def __init__(self, codec: Codec, started: float) -> None:
        self._codec = codec
        quiet: Quiet = _QuietG722() if isinstance(codec, Packed) else codec
        self._timeline = Timeline(quiet, started)
        self._told = 0

    @property
    def seconds(self) -> float:
        return self._told / SAMPLE_RATE

    @property
    def dropped(self) -> int:
        return self._timeline.dropped

    def head(self) -> list[Write]:
        return [(0, header(self._codec, 0))]

    def place(self, packets: Sequence[Packet | list[bytes]]) -> None:
        for item in packets:
            if isinstance(item, list):
                if item:
                    self._timeline.follow(item)
                continue
            now, ssrc, sequence, timestamp, second, payload = item
            if second & 0x7F != self._codec.payload_type:
                payload = payload.translate(TRANSLATE[second & 0x7F])
            self._timeline.place(now, ssrc, sequence, timestamp, payload, second > 0x7F)

    def take(self, now: float) -> list[Write]:
        return self._told_of(self._timeline.take(now))

    def finish(self, ended: float) -> tuple[list[Write], int]:
        writes = self._told_of(self._timeline.finish(ended))
        size = HEADER_SIZE + self._told
        if self._told % 2:
            writes.append((size, b"\0"))
        return writes, size + self._told % 2

    def _told_of(self, sound: list[Write]) -> list[Write]:
        writes: list[Write] = [(HEADER_SIZE + at, data) for at, data in sound]
        if self._told != self._timeline.written:
            self._told = self._timeline.written
            writes.append((0, header(self._codec, self._told)))
        return writes


class GrowingOgg:
    """Ogg with Opus. What comes after its place was written is left out: a page is never changed."""

    def __init__(self, started: float) -> None:
        self.dropped = 0
        self._axis = Axis(started, ogg.RATE)
        self._ogg = ogg.OggOpus(getrandbits(32))
        self._pending: list[tuple[int, int, bytes]] = []
        self._end = 0
        self._size = 0

    @property
    def seconds(self) -> float:
        return self._end / ogg.RATE

    def head(self) -> list[Write]:
        return self._append(self._ogg.head())

    def place(self, packets: Sequence[Packet | list[bytes]]) -> None:
        for item in packets:
            if isinstance(item, list):
                assert not item  # the media path feeds Opus in full
                continue
            now, ssrc, sequence, timestamp, second, payload = item
            ticks = opus_ticks(payload)
            if not ticks or len(self._pending) >= MAX_PENDING:
                self.dropped += 1
                continue
            at = self._axis.locate(now, ssrc, sequence, timestamp, ticks, marker=second > 0x7F)
            self._pending.append((at, ticks, payload))

    def take(self, now: float) -> list[Write]:
        begins, limit = self._end, self._axis.sample(now) - ogg.RATE // 10
        packets = self._ready(limit) + self._fill(limit - limit % 960)
        return self._append(self._ogg.pages(packets, begins)) if packets else []

    def finish(self, ended: float) -> tuple[list[Write], int]:
        begins, end = self._end, self._axis.sample(ended)
        # A last packet of silence that is cut where the recording ends.
        packets = self._ready(end) + self._fill(end) + ogg.silence(960)
        self._end = max(begins, end)
        return self._append(self._ogg.pages(packets, begins, self._end)), self._size

    def _ready(self, limit: int) -> list[tuple[bytes, int]]:
        """The packets that begin before `limit`, in their order, with silence where there are none."""
        ready = sorted(item for item in self._pending if item[0] < limit)
        self._pending = [item for item in self._pending if item[0] >= limit]
        packets: list[tuple[bytes, int]] = []
        for at, ticks, payload in ready:
            if at + ticks <= self._end:  # too late: its place is taken
                self.dropped += 1
                continue
            packets += self._fill(at)
            packets.append((payload, ticks))
            self._end += ticks
        return packets

    def _fill(self, until: int) -> list[tuple[bytes, int]]:
        packets = ogg.silence(max(0, until - self._end))
        self._end += sum(ticks for _, ticks in packets)
        return packets

    def _append(self, raw: bytes) -> list[Write]:
        self._size += len(raw)
        return [(self._size - len(raw), raw)]
