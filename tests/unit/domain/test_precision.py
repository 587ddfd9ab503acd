"""What people made of a rule's findings."""

from __future__ import annotations

import pytest

from callcenter.domain.findings import Verdict
from callcenter.domain.precision import Decided, precision_by_rule, wilson

FAIL, PASS, UNSURE, NONE = Verdict.FAIL, Verdict.PASS, Verdict.UNSURE, Verdict.NOT_APPLICABLE


def decided(machine: Verdict, people: Verdict, rule: str = "opening", version: str = "1") -> Decided:
    return Decided(rule, "vanke", version, "small", machine, people)


def test_precision_is_of_the_fails_alone() -> None:
    found = [decided(FAIL, FAIL)] * 8 + [decided(FAIL, PASS), decided(FAIL, NONE), decided(PASS, FAIL)]
    (row,) = precision_by_rule([*found, decided(PASS, PASS), decided(UNSURE, FAIL), decided(NONE, PASS)])
    assert (row.fails, row.fails_confirmed, row.precision) == (10, 8, 0.8)
    assert (row.passes, row.passes_confirmed, row.unsure, row.overturned) == (2, 1, 1, 3)


def test_versions_and_engines_stand_apart() -> None:
    rows = precision_by_rule(
        [decided(FAIL, FAIL), decided(FAIL, PASS, version="2"), decided(PASS, PASS, "closing")]
    )
    assert [(row.rule, row.version, row.precision) for row in rows] == [
        ("closing", "1", None),
        ("opening", "1", 1.0),
        ("opening", "2", 0.0),
    ]
    assert rows[0].interval is None


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (10, 10, 0.7225, 1.0), (0, 10, 0.0, 0.2775), (81, 263, 0.2553, 0.3662)],
)
def test_wilsons_interval(hits: int, total: int, low: float, high: float) -> None:
    """The last is the example of Newcombe (1998), table I."""
    assert list(wilson(hits, total)) == pytest.approx([low, high], abs=1e-4)


def test_no_share_of_nothing() -> None:
    with pytest.raises(ValueError, match="3 of 0"):
        wilson(3, 0)
