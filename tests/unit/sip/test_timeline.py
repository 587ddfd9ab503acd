from __future__ import annotations

import random as randomness

from hypothesis import given, settings
from hypothesis import strategies as st

from sip.media.g711 import PCMA
from sip.media.timeline import HOLD, MAX_PENDING, Timeline

START = 1000.0
QUIET = PCMA.silence
SSRC = 5


def frame(number: int) -> bytes:
    """20 ms that nobody takes for another's."""
    return bytes((number % 200,)) * 160


class Recording:
    """A timeline and the file it would write."""

    def __init__(self) -> None:
        self.timeline = Timeline(PCMA, START)
        self.data = bytearray()

    def hear(
        self,
        number: int,
        now: float,
        timestamp: int | None = None,
        ssrc: int = SSRC,
        sequence: int | None = None,
    ) -> None:
        timestamp = number * 160 if timestamp is None else timestamp
        sequence = number if sequence is None else sequence
        self.timeline.place(
            START + now, ssrc, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, frame(number), number == 0
        )

    def take(self, now: float) -> None:
        for position, data in self.timeline.take(START + now):
            self.data[position : position + len(data)] = data

    def finish(self, now: float) -> bytes:
        for position, data in self.timeline.finish(START + now):
            self.data[position : position + len(data)] = data
        del self.data[self.timeline.written :]
        return bytes(self.data)

    def at(self, seconds: float) -> int:
        return self.data[round(seconds * 8000)]


def test_a_perfect_stream_is_itself() -> None:
    recording = Recording()
    for number in range(100):
        recording.hear(number, 0.02 * (number + 1))
        recording.take(0.02 * (number + 1))
    assert recording.finish(2.0) == b"".join(frame(n) for n in range(100))
    assert recording.timeline.anchorings == 1


def test_sound_begins_where_it_arrived_and_the_end_is_the_call_s() -> None:
    recording = Recording()
    recording.hear(7, 3.02)
    data = recording.finish(10.0)
    assert len(data) == 80000
    assert data.index(frame(7)) == 24000
    assert data.count(QUIET) == 80000 - 160


def test_loss_is_silence_of_the_right_length() -> None:
    recording = Recording()
    for number in range(50):
        if number % 10:
            recording.hear(number, 0.02 * (number + 1))
    data = recording.finish(1.0)
    for number in range(50):
        expected = frame(number) if number % 10 else PCMA.quiet(160)
        assert data[number * 160 : number * 160 + 160] == expected


def test_a_timestamp_jump_of_two_to_the_31_keeps_true_time() -> None:
    recording = Recording()
    for number in range(100):
        jump = 2**31 if number >= 50 else 0
        recording.hear(number, 0.02 * (number + 1), number * 160 + jump)
        recording.take(0.02 * (number + 1))
    assert recording.finish(2.0) == b"".join(frame(n) for n in range(100))


def test_small_jumps_both_ways_keep_true_time() -> None:
    for jump in (-8000, 8000, -160 * 51):
        recording = Recording()
        for number in range(100):
            recording.hear(number, 0.02 * (number + 1), number * 160 + (jump if number >= 50 else 0))
        data = recording.finish(2.0)
        assert data[:8000] == b"".join(frame(n) for n in range(50)), jump
        assert data[8000:] == b"".join(frame(n) for n in range(50, 100)), jump


def test_another_ssrc_is_placed_by_its_arrival() -> None:
    recording = Recording()
    for number in range(50):
        recording.hear(number, 0.02 * (number + 1))
    for number in range(50):
        recording.hear(100 + number, 3 + 0.02 * (number + 1), number * 160 + 12345, ssrc=9, sequence=number)
    data = recording.finish(4.0)
    assert data[: 50 * 160] == b"".join(frame(n) for n in range(50))
    assert data[24000:] == b"".join(frame(100 + n) for n in range(50))


def test_the_numbers_wrap() -> None:
    recording = Recording()
    for number in range(100):
        at = 0.02 * (number + 1)
        recording.hear(number, at, number * 160 + 2**32 - 8000, sequence=65500 + number)
    assert recording.finish(2.0) == b"".join(frame(n) for n in range(100))


def test_a_stalled_network_delivers_late_and_nothing_is_misplaced() -> None:
    recording = Recording()
    for number in range(200):
        due = 0.02 * (number + 1)
        recording.hear(number, 3.0 if 1.0 < due < 3.0 else due)
        recording.take(3.0 if 1.0 < due < 3.0 else due)
    assert recording.finish(4.0) == b"".join(frame(n) for n in range(200))
    assert recording.timeline.anchorings == 1


def test_a_clock_that_stands_still_during_hold_is_anchored_again() -> None:
    recording = Recording()
    for number in range(50):
        recording.hear(number, 0.02 * (number + 1))
    for number in range(50, 100):  # thirty seconds later, timestamps as if nothing had happened
        recording.hear(number, 30 + 0.02 * (number + 1))
    data = recording.finish(32.0)
    assert data.index(frame(50)) == 31 * 8000


def test_a_drifting_clock_stays_within_two_hundred_milliseconds() -> None:
    for parts_per_million in (-300, 300):
        recording = Recording()
        for number in range(0, 180_000, 5):  # an hour, every fifth packet
            now = 0.02 * (number + 1)
            recording.hear(number, now * (1 + parts_per_million / 1e6))
            if number % 50 == 0:
                recording.timeline.take(START + now)
        true = 0.02 * 180_000 * (1 + parts_per_million / 1e6)
        placed = recording.timeline._next_position / 8000 + 0.08
        assert abs(true - placed) < 0.25


def test_an_end_before_what_was_written_is_the_end() -> None:
    recording = Recording()
    for number in range(50):
        recording.hear(number, 0.02 * (number + 1))
    recording.take(1.0)
    recording.hear(10, 1.0)
    recording.finish(0.5)
    assert recording.timeline.written == 4000
    assert recording.data[1600:1760] == frame(10)


def test_packets_that_follow_are_placed_as_if_they_came_in_full() -> None:
    recording = Recording()
    recording.hear(0, 0.02)
    recording.timeline.follow([frame(n) for n in range(1, 16)])
    recording.hear(16, 0.34)
    recording.timeline.follow([frame(17)])
    recording.hear(5, 0.36)  # a duplicate
    recording.timeline.follow([frame(18)])
    assert recording.finish(0.38) == b"".join(frame(n) for n in range(19))


def test_memory_is_bounded_under_a_flood() -> None:
    recording = Recording()
    for number in range(5 * MAX_PENDING):
        recording.hear(number, 0.5, timestamp=number * 999_999_937)
    assert len(recording.timeline._pending) == MAX_PENDING
    assert recording.timeline.dropped == 4 * MAX_PENDING
    assert len(recording.finish(1.0)) == 8000


def test_the_tail_held_back_is_bounded() -> None:
    recording = Recording()
    for number in range(50):
        recording.hear(number, 0.02 * (number + 1))
    recording.take(1.0)
    assert len(recording.data) == 8000 - HOLD
    recording.take(5.0)  # silence grows the file too
    assert len(recording.data) == 40000 - HOLD


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    loss=st.floats(0, 0.5),
    jitter=st.floats(0, 0.18),
    duplicates=st.floats(0, 0.3),
    start=st.integers(0, 2**32 - 1),
)
def test_network_faults_never_move_sound(
    seed: int, loss: float, jitter: float, duplicates: float, start: int
) -> None:
    """Property: each packet that arrives is in its place, all else is silence."""
    random = randomness.Random(seed)
    arrivals = [(0.02, 0)]
    for number in range(1, 150):
        copies = (random.random() >= loss) * (1 + (random.random() < duplicates))
        arrivals += [(0.02 * (number + 1) + random.random() * jitter, number) for _ in range(copies)]
    recording = Recording()
    drained = 0.0
    for now, number in sorted(arrivals):
        if now > drained + 0.2:
            drained = now
            recording.take(now)
        recording.hear(number, now, start + number * 160)
    came = {number for _, number in arrivals}
    expected = b"".join(frame(n) if n in came else PCMA.quiet(160) for n in range(150))
    assert recording.finish(3.0) == expected


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 65535), st.integers(0, 2**32 - 1)), max_size=80))
def test_nonsense_never_breaks_the_axis(packets: list[tuple[int, int, int]]) -> None:
    """Property: any packets whatever leave a recording of the call's length, written without holes."""
    recording = Recording()
    for index, (ssrc, sequence, timestamp) in enumerate(packets):
        recording.hear(index, index * 0.02, timestamp, ssrc, sequence)
        length = len(recording.data)
        for position, data in recording.timeline.take(START + index * 0.02):
            assert position <= max(length, len(recording.data))
            recording.data[position : position + len(data)] = data
    assert len(recording.finish(5.0)) == 40000
