"""The bench counts loss by what was sent, and finds the most calls that hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.bench.bench_media import Run
from tests.bench.bench_media_load import Result, Row, judge
from tests.bench.bench_relay import STEPS, capacity_table, most_calls

MS = 1_000_000


def rows(streams: int, numbers: range, delay: float = 1.0) -> list[Row]:
    """Every stream's packets, each `delay` milliseconds on its way."""
    return [(port, round((n * 20 + delay) * MS), n * 20 * MS, n) for port in range(streams) for n in numbers]


def test_what_came_is_held_against_what_was_sent() -> None:
    came = rows(10, range(100, 200))
    whole = judge(came, 10, 2.0, relayed=True)
    assert (whole.missing, whole.offered) == (0.0, 1.0)
    assert whole.transit_p99 == pytest.approx(1.0)
    assert judge(came[:50] + came[51:], 10, 2.0, relayed=True).missing == pytest.approx(0.001)
    assert judge(came[100:], 10, 2.0, relayed=True).missing == pytest.approx(0.1)  # a stream that is silent


def test_a_load_that_sends_less_is_no_loss() -> None:
    result = judge(rows(10, range(80)), 10, 2.0, relayed=True)
    assert (result.missing, result.offered) == (0.0, 0.8)


def subject(most: int, *, load: int = 10_000) -> Callable[[str, int, float], Run]:
    def measured(name: str, calls: int, seconds: float) -> Run:
        delay = 1.0 if calls <= most else 6.0
        result = Result(0.0, 20.0, 20.0, 0.5, delay, offered=min(1.0, load / calls))
        return Run(
            name, calls, calls, {"cpu": calls / 1000, "user": 0.0, "system": 0.0, "threads": 1}, result
        )

    return measured


def test_the_most_calls_are_those_before_the_first_step_that_fails_twice() -> None:
    found = {
        "sanxiang": most_calls("sanxiang", 1.0, subject(500)),
        "rtpengine": most_calls("rtpengine", 1.0, subject(10_000, load=650)),
        "pyvoip": most_calls("pyvoip", 1.0, subject(0)),
    }
    ours, theirs = found["sanxiang"], found["rtpengine"]
    assert ours[0] is not None and (ours[0].calls, ours[1]) == (500, True)
    assert theirs[0] is not None and (theirs[0].calls, theirs[1]) == (600, False)
    assert found["pyvoip"] == (None, True)
    cells = [list(column.cells) for column in capacity_table(found).columns]
    assert cells[1] == ["500", "600 or more", f"below {STEPS['pyvoip'][0]}"]
    assert cells[4] == ["", "0.8 times", ""]
