"""An instant in both clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sip.moment import Moment


def test_durations_come_from_the_monotonic_clock() -> None:
    earlier = Moment(datetime(2025, 1, 1, tzinfo=UTC), 10.0)
    stepped = Moment(datetime(2024, 1, 1, tzinfo=UTC), 12.5)  # the wall clock was set back meanwhile
    assert stepped.since(earlier) == 2.5


def test_a_moment_can_be_moved() -> None:
    at = Moment(datetime(2025, 1, 1, tzinfo=UTC), 10.0).plus(1.5)
    assert (at.utc, at.mono) == (datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=1.5), 11.5)
