"""A1: rings are counted from ring time, and «within n rings» is before ring n+1 would begin."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.findings import Verdict
from callcenter.domain.rings import CHINA, Cadence, count_rings, judge_rings, limit_seconds

SECONDS = st.floats(min_value=0, max_value=3600)


@pytest.mark.parametrize(
    ("seconds", "rings"),
    [(None, 0), (0.0, 1), (0.2, 1), (4.999, 1), (5.0, 2), (9.999, 2), (10.0, 3), (14.999, 3), (15.0, 4)],
)
def test_a_ring_begins_every_five_seconds(seconds: float | None, rings: int) -> None:
    assert count_rings(seconds) == rings


@pytest.mark.parametrize(
    ("seconds", "answered", "verdict"),
    [
        (None, True, Verdict.PASS),
        (0.0, True, Verdict.PASS),
        (14.999, True, Verdict.PASS),
        (15.0, True, Verdict.FAIL),
        (None, False, Verdict.NOT_APPLICABLE),
        (14.999, False, Verdict.NOT_APPLICABLE),
        (15.0, False, Verdict.FAIL),
    ],
)
def test_three_rings_are_less_than_fifteen_seconds(
    seconds: float | None, answered: bool, verdict: Verdict
) -> None:
    assert judge_rings(seconds, answered=answered, max_rings=3) is verdict


@given(SECONDS, st.integers(min_value=1, max_value=10))
def test_within_n_rings_is_no_more_than_n_counted(seconds: float, limit: int) -> None:
    passed = judge_rings(seconds, answered=True, max_rings=limit) is Verdict.PASS
    assert passed == (count_rings(seconds) <= limit)


@given(SECONDS, SECONDS)
def test_a_longer_ring_has_no_fewer_rings(one: float, other: float) -> None:
    shorter, longer = sorted((one, other))
    assert count_rings(shorter) <= count_rings(longer)


def test_another_country_has_another_cadence() -> None:
    american = Cadence(tone=2.0, pause=4.0)
    assert math.isclose(limit_seconds(3, american), 18.0)
    assert count_rings(11.9, american) == 2
    assert count_rings(11.9, CHINA) == 3
