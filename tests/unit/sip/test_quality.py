"""Loss, jitter and round trip, reckoned by hand."""

from __future__ import annotations

import pytest

from sip.media.flow import Incoming, Outgoing, StreamStats
from sip.media.quality import Figures, Quality
from sip.media.rtcp import Block, Report, middle, ntp_time


class Leg:
    def __init__(self) -> None:
        self.stats = StreamStats()
        self.incoming = Incoming(self.stats)
        self.outgoing = Outgoing(77, 0, 0, 0.0)
        self.quality = Quality(self.incoming, self.outgoing, 1_700_000_000.0, "name")

    def take(self, sequence: int, ssrc: int = 5) -> None:
        self.stats.packets_in += 1
        self.incoming.irregular(sequence & 0xFFFF, sequence * 160 & 0xFFFFFFFF, ssrc, 160)

    def block(self, now: float = 10.0) -> Block:
        report, _ = self.quality.report(now)
        assert isinstance(report, Report)
        return report.blocks[0]


def test_nothing_measured() -> None:
    leg = Leg()
    report, _ = leg.quality.report(1.0)
    assert report == Report(77)
    assert leg.quality.figures == Figures()


def test_the_share_lost_since_the_last_report_and_in_all() -> None:
    leg = Leg()
    for n in range(100):
        leg.take(n)
    leg.block()
    for n in range(100, 200):
        if n % 10 != 5:
            leg.take(n)
    block = leg.block()
    assert (block.fraction, block.lost) == (25, 10)
    assert leg.quality.figures.loss == pytest.approx(0.05)
    for n in range(200, 210):
        leg.take(n)
    assert (leg.block().fraction, leg.block().lost) == (0, 10)


def test_the_highest_sequence_number_counts_its_wraps() -> None:
    leg = Leg()
    for n in range(65530, 65536):
        leg.take(n)
    assert leg.block().highest == 65535
    for n in range(65536, 65540):
        leg.take(n)
    assert leg.block().highest == 65539


def test_another_source_is_counted_afresh() -> None:
    leg = Leg()
    for n in (0, 1, 5):
        leg.take(n)
    assert leg.block().lost == 3
    leg.take(900, ssrc=6)
    block = leg.block()
    assert (block.ssrc, block.lost, block.highest) == (6, 0, 900)


def test_jitter_is_that_of_the_rfc() -> None:
    leg = Leg()
    for n in range(400):
        leg.quality.arrived(n * 0.02 + (0.010 if n % 2 else 0.0), n * 160)
    jitter = leg.quality.figures.jitter
    assert jitter is not None and jitter == pytest.approx(0.010, rel=0.01)  # |D| is 10 ms each time


def test_a_jump_of_the_timestamp_is_no_jitter() -> None:
    leg = Leg()
    for n in range(50):
        leg.quality.arrived(n * 0.02, n * 160)
    leg.quality.arrived(1.0, 50 * 160 + 2**31)
    leg.quality.arrived(1.02, 51 * 160 + 2**31)
    assert leg.quality.figures.jitter == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("delay", "trip"), [(0.0, 0.5), (0.4, 0.1), (0.5, 0.0)])
def test_the_round_trip(delay: float, trip: float) -> None:
    leg = Leg()
    sent = middle(ntp_time(1_700_000_000.0 + 10.0))
    answer = Report(5, None, (Block(77, 0, 0, 0, 0, sent, round(delay * 65536)),))
    leg.quality.take((answer,), 10.5)
    assert leg.quality.figures.round_trip == pytest.approx(trip, abs=1e-3)


def test_a_report_on_somebody_else_or_of_a_wrong_clock_says_nothing() -> None:
    leg = Leg()
    sent = middle(ntp_time(1_700_000_000.0))
    leg.quality.take((Report(5, None, (Block(78, 0, 0, 0, 0, sent, 0),)),), 1.0)
    leg.quality.take((Report(5, None, (Block(77, 0, 0, 0, 0, sent, 0),)),), 100.0)
    leg.quality.take((Report(5, None, (Block(77, 0, 0, 0, 0),)),), 1.0)
    assert leg.quality.figures.round_trip is None
