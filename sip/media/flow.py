"""The two directions of a leg's RTP as plain state: what comes in is counted, what goes out numbered."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sip.media.g711 import SAMPLE_RATE
from sip.media.rtp import HEADER, MARKER, PLAIN, sequence_delta, timestamp_delta

MAX_DROPOUT = 3000
"""A sequence number further ahead begins a new stream (RFC 3550 appendix A.1)."""
MAX_MISORDER = 100
"""A sequence number further behind begins a new stream (RFC 3550 appendix A.1)."""

LONGEST_PAUSE = 60
"""A timestamp further ahead than a minute of suppressed silence is a jump. Seconds."""

_pack = HEADER.pack


def head_of(second: int, sequence: int, timestamp: int) -> int:
    """How a packet with a plain header begins: its first eight bytes as one number."""
    return PLAIN << 56 | second << 48 | sequence << 32 | timestamp


@dataclass(slots=True)
class StreamStats:
    """Counters of one leg since it opened."""

    packets_in: int = 0
    bytes_in: int = 0
    packets_out: int = 0
    bytes_out: int = 0
    lost: int = 0
    """Sequence numbers that never came (those that came late are taken off again)."""
    late: int = 0
    """Packets that came after their successors."""
    duplicates: int = 0
    strangers: int = 0
    """Datagrams from an address that is neither signalled nor latched."""
    malformed: int = 0
    unknown: int = 0
    """Packets of a payload type that is neither G.711 nor agreed on."""
    rejected: int = 0
    """SRTP datagrams that were not authentic, or replays."""
    unsent: int = 0
    """Packets the system refused to send (no route, buffers full)."""
    retargeted: int = 0
    """How often media came from elsewhere than signalled and was followed (symmetric RTP)."""
    last_received: float | None = None
    """Monotonic seconds of the last valid packet."""
    last_comfort: float | None = None
    """Monotonic seconds of the last comfort noise."""


class Incoming:
    """Judges sequence numbers and timestamps of what arrives; counts into `stats`.

    The regular case is for the caller to test: where `sequence`, `timestamp` and SSRC equal `next_sequence`,
    `next_timestamp` and `ssrc`, it advances the first two itself and needs not call `irregular`.
    """

    __slots__ = ("_missing", "clock_rate", "next_sequence", "next_timestamp", "ssrc", "stats", "token")

    def __init__(self, stats: StreamStats) -> None:
        self.stats = stats
        self.clock_rate = SAMPLE_RATE
        """Timestamp units a second, as the codec has it."""
        self.ssrc = -1
        self.next_sequence = 0
        self.next_timestamp = 0
        self.token = object()
        """Changes whenever numbering breaks off, so that who relays numbers afresh."""
        self._missing: deque[int] = deque(maxlen=MAX_MISORDER)

    def advance(self, packets: int, samples: int) -> None:
        """So many packets came, each the one that comes next, of so many samples each."""
        self.next_sequence = (self.next_sequence + packets) & 0xFFFF
        self.next_timestamp = (self.next_timestamp + packets * samples) & 0xFFFFFFFF

    def irregular(self, sequence: int, timestamp: int, ssrc: int, samples: int) -> bool:
        """Takes a packet that is not simply the next one; False where it is a duplicate to be dropped."""
        ahead = sequence_delta(sequence, self.next_sequence)
        if ssrc != self.ssrc or not -MAX_MISORDER <= ahead <= MAX_DROPOUT:
            self._begin(ssrc)
        elif ahead < 0:
            return self._behind(sequence)
        else:
            advance = timestamp_delta(timestamp, self.next_timestamp)
            rate = self.clock_rate
            if samples and not -rate <= advance - ahead * samples <= LONGEST_PAUSE * rate:
                self._begin(ssrc)
            else:
                self._gap(ahead)
        self.next_sequence = (sequence + 1) & 0xFFFF
        self.next_timestamp = (timestamp + samples) & 0xFFFFFFFF
        return True

    def _begin(self, ssrc: int) -> None:
        self.ssrc = ssrc
        self.token = object()
        self._missing.clear()

    def _gap(self, ahead: int) -> None:
        self.stats.lost += ahead
        first = max(0, ahead - MAX_MISORDER)
        self._missing.extend((self.next_sequence + step) & 0xFFFF for step in range(first, ahead))

    def _behind(self, sequence: int) -> bool:
        if sequence not in self._missing:
            self.stats.duplicates += 1
            return False
        self._missing.remove(sequence)
        self.stats.lost -= 1
        self.stats.late += 1
        return True


class Outgoing:
    """Writes headers of one SSRC whose sequence and timestamps go on through every change of source."""

    __slots__ = (
        "_base",
        "_base_at",
        "_sequence",
        "_sequence_offset",
        "_source",
        "_timestamp",
        "_timestamp_offset",
        "clock_rate",
        "ssrc",
    )

    def __init__(self, ssrc: int, sequence: int, timestamp: int, now: float) -> None:
        """Begins at random values as RFC 3550 §5.1 wants; `now` in monotonic seconds."""
        self.ssrc = ssrc
        self.clock_rate = SAMPLE_RATE
        """Timestamp units a second, as the codec has it."""
        self._sequence = sequence
        self._timestamp = timestamp
        self._base, self._base_at = timestamp, now
        self._source: object = None
        self._sequence_offset = 0
        self._timestamp_offset = 0

    def packet(
        self, source: object, sequence: int, timestamp: int, second: int, payload: bytes, now: float
    ) -> bytes:
        """A datagram for a packet of `source`, whose own sequence and timestamp it is given with.

        `second` is the header's second byte (marker and our payload type). The first packet of another source
        follows the last one sent without a gap in sequence and gets the marker (a new talkspurt).
        """
        if source is not self._source:
            self._switch(source, sequence, timestamp, now)
            second |= MARKER
        sequence = (sequence + self._sequence_offset) & 0xFFFF
        timestamp = (timestamp + self._timestamp_offset) & 0xFFFFFFFF
        if (sequence - self._sequence) & 0x8000 == 0:
            self._sequence, self._timestamp = sequence, timestamp
        return _pack(PLAIN, second, sequence, timestamp, self.ssrc) + payload

    def head(self, sequence: int, timestamp: int, second: int) -> int:
        """The first eight bytes of the packet that `packet` made last for these numbers, as one number."""
        sequence = (sequence + self._sequence_offset) & 0xFFFF
        timestamp = (timestamp + self._timestamp_offset) & 0xFFFFFFFF
        return head_of(second, sequence, timestamp)

    def advance(self, packets: int, samples: int) -> None:
        """So many packets were sent without being asked for here, each the one that comes next."""
        self._sequence = (self._sequence + packets) & 0xFFFF
        self._timestamp = (self._timestamp + packets * samples) & 0xFFFFFFFF

    def omit(self, source: object) -> None:
        """A packet of `source` is not passed on: the next one takes its sequence number."""
        if source is self._source:
            self._sequence_offset -= 1

    def timestamp_at(self, now: float) -> int:
        """The timestamp that belongs to an instant, for sender reports (RFC 3550 §6.4.1)."""
        return (self._base + round((now - self._base_at) * self.clock_rate)) & 0xFFFFFFFF

    def interrupt(self) -> None:
        """What is sent next begins a talkspurt, whoever it comes from."""
        self._source = None

    def _switch(self, source: object, sequence: int, timestamp: int, now: float) -> None:
        # RFC 3550 §5.1: the timestamp goes on with the time that passed, whether or not anything was sent.
        elapsed = self._base + round((now - self._base_at) * self.clock_rate)
        ahead = max(self.clock_rate // 50, timestamp_delta(elapsed & 0xFFFFFFFF, self._timestamp))
        begins = (self._timestamp + ahead) & 0xFFFFFFFF
        self._base, self._base_at = begins, now
        self._source = source
        self._sequence_offset = self._sequence + 1 - sequence
        self._timestamp_offset = begins - timestamp
