"""Where each packet's sound belongs on a recording's axis of time, whatever the network did to it.

RTP timestamps say how sound follows sound inside a stream, arrival says when it was. So the first packet is
placed by its arrival and those after it by their timestamps: loss and pauses are silence, reordering and
duplicates fall into their places. Where timestamps and arrival contradict each other (another SSRC, a jump, a
sender's clock that drifts, one that stops during hold) the stream is anchored again by arrival.

Sound that comes after its place was handed out is not lost: it is handed out as a patch further back.
"""

from __future__ import annotations

from typing import Protocol

from sip.media.g711 import SAMPLE_RATE
from sip.media.rtp import sequence_delta, timestamp_delta

HOLD = SAMPLE_RATE // 10
"""Samples held back before they are handed out, so that reordered packets need no patch: 100 ms."""

EARLY_SECONDS = 0.2
"""Sound cannot be in the future: beyond 200 ms of burst its anchor was wrong."""

LATE_SECONDS = 0.2
"""Sound later than 200 ms is a network's stall if it ends soon, else a wrong anchor."""

STALL_SECONDS = 1.0
"""How long sound may stay late before its anchor is taken for wrong."""

LIMIT_SECONDS = 5.0
"""No network delivers after 5 s: the timestamp jumped."""

MAX_PENDING = 1000
"""Pieces between two calls of `take`; what exceeds them is a flood and is dropped and counted."""


Write = tuple[int, bytes | bytearray]
"""A place in the recording, in samples from its beginning, and the bytes for it."""


class Quiet(Protocol):
    """A codec whose silence can be written byte by byte, one a sample."""

    def quiet(self, samples: int, /) -> bytes: ...


class Axis:
    """Where packets belong, in samples at `rate` from `started` (monotonic seconds)."""

    def __init__(self, started: float, rate: int = SAMPLE_RATE) -> None:
        self.anchorings = 0
        """How often a stream was placed by arrival; 1 for a stream without faults."""
        self._started, self._rate = started, rate
        self._early, self._late = round(EARLY_SECONDS * rate), round(LATE_SECONDS * rate)
        self._limit = round(LIMIT_SECONDS * rate)
        self._ssrc = -1
        self._sequence = 0
        self._next_timestamp = 0
        self._next_position = 0
        self._late_since: float | None = None

    def sample(self, now: float) -> int:
        """The place of an instant, in samples."""
        return max(0, round((now - self._started) * self._rate))

    def locate(
        self, now: float, ssrc: int, sequence: int, timestamp: int, length: int, *, marker: bool
    ) -> int:
        """The place of a packet of `length` samples that arrived at `now`; below 0 before the beginning."""
        # What arrives has been spoken before.
        arrival = round((now - self._started) * self._rate) - length
        advance = timestamp_delta(timestamp, self._next_timestamp)
        position = self._next_position + advance
        if ssrc != self._ssrc or self._contradiction(
            now, arrival - position, advance, sequence_delta(sequence, self._sequence), marker
        ):
            self._anchor(ssrc)
            position, advance = max(0, arrival), 0
        if advance >= 0:
            self._sequence = sequence
            self._next_timestamp = (timestamp + length) & 0xFFFFFFFF
            self._next_position = position + length
        return position

    def _contradiction(self, now: float, lateness: int, advance: int, steps: int, marker: bool) -> bool:
        """Whether timestamp and arrival cannot both be true (`lateness` in samples, negative if early)."""
        if -self._early <= lateness <= self._late:
            self._late_since = None
            return False
        if lateness < -self._early or lateness > self._limit:
            return True
        if steps > 0 and (advance < 0 or marker):
            return True
        if self._late_since is None:
            self._late_since = now
        return now - self._late_since > STALL_SECONDS

    def _anchor(self, ssrc: int) -> None:
        self._ssrc = ssrc
        self._late_since = None
        self.anchorings += 1


class Timeline(Axis):
    """The sound of one leg's recording, byte by byte: `codec` has a byte for a sample."""

    def __init__(self, codec: Quiet, started: float) -> None:
        super().__init__(started)
        self.codec = codec
        self.dropped = 0
        """Packets too many (see `MAX_PENDING`)."""
        self._written = 0
        # Sound that continues the last piece is added to it: mostly there is one.
        self._pending: list[tuple[int, bytearray]] = []

    @property
    def written(self) -> int:
        """Samples handed out so far: the length of the recording."""
        return self._written

    def place(
        self, now: float, ssrc: int, sequence: int, timestamp: int, payload: bytes, marker: bool = False
    ) -> None:
        """Takes the audio of one packet that arrived at `now`; `payload` in the recording's codec."""
        if len(self._pending) >= MAX_PENDING:
            self.dropped += 1
            return
        position = self.locate(now, ssrc, sequence, timestamp, len(payload), marker=marker)
        if position < 0:
            payload, position = payload[-position:], 0
        self._add(position, payload)

    def follow(self, payloads: list[bytes]) -> None:
        """Takes packets that come next, each in sequence and in timestamp, after the newest one placed."""
        data = b"".join(payloads)
        self._add(self._next_position, data)
        self._sequence = (self._sequence + len(payloads)) & 0xFFFF
        self._next_timestamp = (self._next_timestamp + len(data)) & 0xFFFFFFFF
        self._next_position += len(data)

    def take(self, now: float) -> list[Write]:
        """What is ready at `now`: patches of earlier sound, then the next stretch, silence included."""
        return self._take_until(self.sample(now) - HOLD)

    def finish(self, ended: float) -> list[Write]:
        """The rest, so that the recording ends at `ended` exactly; cut the file to `written` then."""
        end = self.sample(ended)
        self._pending = [(at, data[: end - at]) for at, data in self._pending if at < end]
        writes = self._take_until(end)
        self._written = end
        return writes

    def _add(self, position: int, data: bytes) -> None:
        if self._pending:
            begin, piece = self._pending[-1]
            if begin + len(piece) == position:
                piece += data
                return
        self._pending.append((position, bytearray(data)))

    def _take_until(self, limit: int) -> list[Write]:
        start, pending = self._written, self._pending
        if len(pending) == 1 and pending[0][0] == start and len(pending[0][1]) >= limit - start > 0:
            return [self._take_from(pending[0][1], limit)]
        if limit <= start and not pending:
            return []
        limit = max(limit, start)
        writes: list[Write] = []
        rest: list[tuple[int, bytearray]] = []
        stretch = bytearray(self.codec.quiet(limit - start))
        for position, data in pending:
            if position >= limit:
                rest.append((position, data))
                continue
            if position < start:
                writes.append((position, data[: start - position]))
                data, position = data[start - position :], start
            if position + len(data) > limit:
                rest.append((limit, data[limit - position :]))
                data = data[: limit - position]
            stretch[position - start : position - start + len(data)] = data
        self._pending, self._written = rest, limit
        if stretch:
            writes.append((start, stretch))
        return writes

    def _take_from(self, piece: bytearray, limit: int) -> Write:
        """The usual case: sound without a gap, from where the recording ends to beyond `limit`."""
        start, length = self._written, limit - self._written
        taken = piece[:length]
        del piece[:length]
        self._pending, self._written = [(limit, piece)], limit
        return start, taken
