from __future__ import annotations

import pytest

from tests.bench.bench_recognition import Cost, least, print_costs

DENSE, QUIET = Cost(10.0, 8.0, 2.0, 1.5), Cost(10.0, 2.0, 1.0, 0.25)


def test_of_each_leg_the_run_that_was_disturbed_least_counts() -> None:
    assert least([[DENSE, QUIET], [Cost(10.0, 8.0, 1.9, 1.6), QUIET]]) == [Cost(10.0, 8.0, 1.9, 1.5), QUIET]


def test_the_table_tells_speech_from_pauses(capsys: pytest.CaptureFixture[str]) -> None:
    print_costs([DENSE, QUIET])
    printed = capsys.readouterr().out
    assert "| more speech than not (1) | 10 | 80% | 0.200 | 0.150 | 0.75 | 6.7 |" in printed
    assert "| with pauses (1) | 10 | 20% | 0.100 | 0.025 | 0.25 | 40.0 |" in printed
    assert "| all (2) | 20 | 50% | 0.150 | 0.087 | 0.58 | 11.4 |" in printed
