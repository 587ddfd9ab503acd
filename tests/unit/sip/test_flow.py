from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sip.media.flow import Incoming, Outgoing, StreamStats
from sip.media.rtp import Packet

SSRC = 77


def take(incoming: Incoming, sequence: int, timestamp: int | None = None, ssrc: int = SSRC) -> bool:
    timestamp = sequence * 160 if timestamp is None else timestamp
    return incoming.irregular(sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc, 160)


def counted(sequences: list[int]) -> StreamStats:
    incoming = Incoming(StreamStats())
    for sequence in sequences:
        take(incoming, sequence)
    return incoming.stats


def test_loss_lateness_and_duplicates_are_counted_apart() -> None:
    stats = counted([10, 11, 14, 13, 13, 15])
    assert (stats.lost, stats.late, stats.duplicates) == (1, 1, 1)


def test_a_duplicate_is_to_be_dropped_a_late_packet_is_not() -> None:
    incoming = Incoming(StreamStats())
    assert [take(incoming, n) for n in (1, 3, 2, 2, 3)] == [True, True, True, False, False]


def test_the_sequence_wraps_without_loss() -> None:
    stats = counted([65534, 65535, 65536, 65537])
    assert (stats.lost, stats.late, stats.duplicates) == (0, 0, 0)


def test_breaks_in_numbering_change_the_token() -> None:
    incoming = Incoming(StreamStats())
    tokens = []
    for sequence, timestamp, ssrc in (
        (1, 160, SSRC),
        (2, 320, SSRC),
        (3, 480 + 2**31, SSRC),  # the timestamp jumps
        (4, 640 + 2**31, SSRC),
        (5, 0, 99),  # another sender
        (30000, 160, 99),  # the sequence jumps
    ):
        take(incoming, sequence, timestamp, ssrc)
        tokens.append(incoming.token)
    assert [tokens[n] is tokens[n - 1] for n in range(1, 6)] == [True, False, True, False, False]
    assert incoming.stats.lost == 0


def test_suppressed_silence_is_no_break() -> None:
    incoming = Incoming(StreamStats())
    take(incoming, 1, 160)
    token = incoming.token
    take(incoming, 2, 160 + 8000 * 20)
    assert incoming.token is token


def outgoing() -> Outgoing:
    return Outgoing(SSRC, 65530, 2**32 - 500, 0.0)


def test_sources_change_without_a_gap_and_time_goes_on() -> None:
    out, prompt, bridge = outgoing(), object(), object()
    sent = [Packet.parse(out.packet(prompt, n, n * 160, 8, b"", n * 0.02)) for n in range(10)]
    sent += [
        Packet.parse(out.packet(bridge, 500 + n, 9000 + n * 160, 8, b"", 1 + n * 0.02)) for n in range(10)
    ]
    assert [packet.sequence for packet in sent] == [(65531 + n) & 0xFFFF for n in range(20)]
    assert [n for n, packet in enumerate(sent) if packet.marker] == [0, 10]
    assert (sent[10].timestamp - sent[0].timestamp) & 0xFFFFFFFF == 8000
    assert {packet.ssrc for packet in sent} == {SSRC}


def test_loss_and_order_of_the_source_are_passed_on() -> None:
    out, source = outgoing(), object()
    sent = [Packet.parse(out.packet(source, n, n * 160, 8, b"", 0)) for n in (100, 103, 102, 104)]
    assert [(packet.sequence - sent[0].sequence) & 0xFFFF for packet in sent] == [0, 3, 2, 4]


def test_what_is_left_out_leaves_no_gap() -> None:
    out, source = outgoing(), object()
    first = Packet.parse(out.packet(source, 10, 0, 8, b"", 0))
    out.omit(source)
    out.omit(object())
    second = Packet.parse(out.packet(source, 12, 320, 8, b"", 0.04))
    assert (second.sequence - first.sequence) & 0xFFFF == 1


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 5)), min_size=1, max_size=60))
def test_whoever_speaks_numbers_go_on(turns: list[tuple[int, float]]) -> None:
    """Property: in any order of sources each packet has the next sequence and a later timestamp."""
    out, now, counts = outgoing(), 0.0, [0, 30000, 65000]
    previous: Packet | None = None
    for source, pause in turns:
        now += 0.02 + pause
        counts[source] += 1
        raw = out.packet(f"source {source}", counts[source] & 0xFFFF, counts[source] * 160, 8, b"", now)
        packet = Packet.parse(raw)
        if previous is not None:
            assert (packet.sequence - previous.sequence) & 0xFFFF == 1
            assert 160 <= (packet.timestamp - previous.timestamp) & 0xFFFFFFFF < 2**31
        previous = packet


def test_another_clock_counts_otherwise() -> None:
    made = outgoing()
    made.clock_rate = 48000
    first = Packet.parse(made.packet("a", 0, 0, 111, b"", 0.0))
    other = Packet.parse(made.packet("b", 0, 0, 111, b"", 1.0))
    assert (other.timestamp - first.timestamp) & 0xFFFFFFFF == 48000
    assert (made.timestamp_at(2.0) - made.timestamp_at(1.0)) & 0xFFFFFFFF == 48000
    incoming = Incoming(StreamStats())
    incoming.clock_rate = 48000
    incoming.irregular(1, 0, SSRC, 960)
    token = incoming.token
    incoming.irregular(2, 50 * 48000, SSRC, 960)  # a pause of 50 s is no break
    assert incoming.token is token
