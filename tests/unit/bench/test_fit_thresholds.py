"""The fit prefers no flips, then certainty, then the middle; no dialogue has a say in its own verdicts."""

from __future__ import annotations

from callcenter.corpus.outcomes import Result
from callcenter.domain.findings import Verdict
from tests.bench.fit_thresholds import GRID, SHIPPED, Judged, Point, best, by, left_out, limits, table

RIGHT = Judged("closing", Verdict.PASS, "pass", Result.RIGHT)
UNSURE = Judged("closing", Verdict.PASS, "unsure", Result.UNSURE)
FLIP = Judged("closing", Verdict.PASS, "fail", Result.FLIP)


def tried(*good: Point, otherwise: Judged = FLIP) -> dict[Point, list[Judged]]:
    return {point: [RIGHT if point in good else otherwise] for point in GRID}


def test_what_flips_nothing_wins() -> None:
    assert best({"one": tried((2, 3, 1))}) == (2, 3, 1)
    assert best({"one": tried((2, 3, 1), (0, 0, 0), otherwise=UNSURE), "two": tried((0, 0, 0))}) == (0, 0, 0)


def test_among_equals_the_one_in_the_middle_wins() -> None:
    plateau = [(a, b, c) for a in (1, 2, 3) for b in (1, 2, 3) for c in (1, 2, 3)]
    assert best({"one": tried(*plateau)}) == (2, 2, 2)


def test_a_dialogue_has_no_say_in_its_own_verdicts() -> None:
    results = {"one": tried((0, 0, 0)), "two": tried((3, 3, 3))}
    assert [each.result for each in left_out(results)] == [Result.FLIP, Result.FLIP]


def test_precision_and_recall() -> None:
    failed = Judged("closing", Verdict.FAIL, "fail", Result.RIGHT)
    rows = list(table([RIGHT, RIGHT, UNSURE, FLIP, failed]))
    assert rows[2] == "| `closing` | 5 | 0.500 | 1.000 | 1.000 | 0.500 | 1 | 1 |"
    assert rows[3].startswith("| all | 5 |")


def test_the_thresholds_of_the_handbook_are_among_those_that_are_tried() -> None:
    point = next(each for each in GRID if limits(each) == SHIPPED)
    assert by({"one": tried(point), "two": tried()}, point) == [RIGHT, FLIP]
