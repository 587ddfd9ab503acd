"""The order in which the tests run."""

from __future__ import annotations

from tests.dealing import deal

WAITING = [f"tests/acceptance/test_{module}.py::test_{n}" for module in "abcd" for n in range(3)]
OTHERS = [f"tests/unit/test_{n}.py::test" for n in range(28)]


def test_each_stretch_has_its_share_of_those_that_wait_at_another_time() -> None:
    dealt = deal([*WAITING, *OTHERS], 4, str)
    assert sorted(dealt) == sorted([*WAITING, *OTHERS])
    for hand, module in enumerate("abcd"):
        stretch = dealt[hand * 10 : hand * 10 + 10]
        first = 3 if hand % 2 else 0
        assert stretch[first : first + 3] == [
            f"tests/acceptance/test_{module}.py::test_{n}" for n in range(3)
        ]
        assert sum(name.startswith("tests/unit/") for name in stretch) == 7


def test_none_is_lost_where_there_are_more_that_wait_than_a_stretch_holds() -> None:
    for hands in (1, 2, 3, 50):
        assert sorted(deal([*WAITING, *OTHERS[:2]], hands, str)) == sorted([*WAITING, *OTHERS[:2]])
