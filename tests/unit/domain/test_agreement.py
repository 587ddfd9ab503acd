"""Cohen's kappa against worked examples."""

from __future__ import annotations

import pytest

from callcenter.domain.agreement import cohen


def table(yes_yes: int, yes_no: int, no_yes: int, no_no: int) -> list[tuple[str, str]]:
    cells = {("y", "y"): yes_yes, ("y", "n"): yes_no, ("n", "y"): no_yes, ("n", "n"): no_no}
    return [pair for pair, number in cells.items() for _ in range(number)]


@pytest.mark.parametrize(
    ("cells", "observed", "expected", "kappa"),
    [
        # The usual example of 50 grant proposals read by two people.
        ((20, 5, 10, 15), 0.70, 0.50, 0.40),
        # Two tables with the same observed agreement and different chance.
        ((45, 15, 25, 15), 0.60, 0.54, 0.1304),
        ((25, 35, 5, 35), 0.60, 0.46, 0.2593),
    ],
)
def test_textbook_values(
    cells: tuple[int, int, int, int], observed: float, expected: float, kappa: float
) -> None:
    found = cohen(table(*cells))
    assert [found.observed, found.expected] == pytest.approx([observed, expected])
    assert found.kappa == pytest.approx(kappa, abs=5e-5)


def test_cohens_own_example_of_1960() -> None:
    """Three diagnoses of 200 cases (table 1 of the paper, as counts): kappa is .492."""
    cells = {
        ("a", "a"): 88, ("a", "b"): 14, ("a", "c"): 18,
        ("b", "a"): 10, ("b", "b"): 40, ("b", "c"): 10,
        ("c", "a"): 2, ("c", "b"): 6, ("c", "c"): 12,
    }  # fmt: skip
    found = cohen([pair for pair, number in cells.items() for _ in range(number)])
    assert found.kappa == pytest.approx(0.492, abs=5e-4)


def test_full_agreement_and_full_opposition() -> None:
    assert cohen(table(5, 0, 0, 5)).kappa == 1.0
    assert cohen(table(0, 5, 5, 0)).kappa == -1.0


def test_where_chance_explains_it_all_there_is_no_kappa() -> None:
    assert cohen(table(9, 0, 0, 0)).kappa is None
    assert cohen([]).kappa is None and cohen([]).pairs == 0
