"""When a party's silence means that it is gone."""

from __future__ import annotations

from sip.media.flow import StreamStats
from sip.media.inactivity import Inactivity


def heard(at: float | None, comfort: float | None = None) -> StreamStats:
    return StreamStats(last_received=at, last_comfort=comfort)


def test_it_counts_from_the_last_packet() -> None:
    watch = Inactivity(20.0)
    assert watch.gone_at(101.0, heard(100.0), expected=True) == 120.0
    assert watch.gone_at(130.0, heard(129.5), expected=True) == 149.5


def test_who_never_sent_is_left_alone() -> None:
    assert Inactivity(20.0).gone_at(1000.0, heard(None), expected=True) is None


def test_time_on_hold_does_not_count() -> None:
    watch = Inactivity(20.0)
    watch.gone_at(101.0, heard(100.0), expected=True)
    assert watch.gone_at(500.0, heard(102.0), expected=False) is None
    assert watch.gone_at(501.0, heard(102.0), expected=True) == 521.0


def test_after_comfort_noise_nothing_needs_to_follow() -> None:
    watch = Inactivity(20.0)
    assert watch.gone_at(500.0, heard(100.0, comfort=100.0), expected=True) is None
    assert watch.gone_at(502.0, heard(501.0, comfort=100.0), expected=True) == 521.0
