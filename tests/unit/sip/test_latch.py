"""Whose media is listened to."""

from __future__ import annotations

from sip.media.flow import StreamStats
from sip.media.latch import Latch
from sip.media.rtp import Packet

SIGNALLED, NAT, STRANGER = ("192.0.2.1", 4000), ("198.51.100.1", 61000), ("203.0.113.9", 4000)
SPEECH = bytes(Packet(8, 1, 160, 5, bytes(160)))
KEY = bytes(Packet(101, 1, 160, 5, bytes(4)))


def latch() -> tuple[Latch, StreamStats]:
    stats = StreamStats()
    made = Latch(stats)
    made.expect(SIGNALLED)
    return made, stats


def test_the_signalled_address_is_listened_to() -> None:
    made, stats = latch()
    assert made.accepts(SPEECH, SIGNALLED, {101})
    assert (made.source, stats.retargeted) == (SIGNALLED, 0)


def test_row_14_another_address_once_and_no_third() -> None:
    made, stats = latch()
    assert made.accepts(SPEECH, NAT, {101})
    assert not made.accepts(SPEECH, STRANGER, {101})
    assert (made.source, stats.retargeted, stats.strangers) == (NAT, 1, 1)
    assert made.accepts(SPEECH, SIGNALLED, {101})


def test_row_14_a_latched_stream_cannot_be_taken_over() -> None:
    made, stats = latch()
    assert made.accepts(SPEECH, SIGNALLED, {101})
    assert not made.accepts(SPEECH, STRANGER, {101})
    assert (made.source, stats.strangers) == (SIGNALLED, 1)


def test_only_what_looks_like_the_agreed_media_latches() -> None:
    made, stats = latch()
    other = bytes(Packet(96, 1, 160, 5, bytes(160)))
    assert not any(made.accepts(data, NAT, {101}) for data in (b"", b"x" * 100, other, SPEECH[:12]))
    assert stats.strangers == 4
    assert made.accepts(KEY, NAT, {101})


def test_a_new_address_in_signalling_frees_it() -> None:
    made, _ = latch()
    made.accepts(SPEECH, NAT, {101})
    made.expect(STRANGER)
    assert made.accepts(SPEECH, STRANGER, {101})


def test_nobody_before_signalling() -> None:
    assert not Latch(StreamStats()).accepts(SPEECH, NAT, {101})
