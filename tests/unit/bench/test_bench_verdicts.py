from __future__ import annotations

from tests.bench.bench_verdicts import BYTES, Run, row, so_far


def test_recordings_that_end_together_grow_from_their_own_beginning() -> None:
    long, short = bytes(3 * BYTES), bytes(range(100)) * 80
    assert [len(so_far(long, left)) // BYTES for left in (3, 2, 1, 0)] == [0, 1, 2, 3]
    assert [len(so_far(short, left)) // BYTES for left in (3, 2, 1, 0)] == [0, 0, 0, 1]
    assert so_far(short, 0) == short


def test_a_row_has_the_middle_and_the_slowest_but_one_in_twenty() -> None:
    twenty = Run([float(n) for n in range(1, 21)], cpu=15.0, followed=0)
    assert row("afterwards", twenty) == "| 20 | afterwards | 10.5 | 19.0 | 0.75 |"
    assert row("afterwards", Run([3.04], 1.0, 0)) == "| 1 | afterwards | 3.0 | 3.0 | 1.00 |"
