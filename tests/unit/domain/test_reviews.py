"""What people's words come to."""

from __future__ import annotations

import pytest

from callcenter.domain.findings import Verdict
from callcenter.domain.reviews import (
    RANK,
    Cause,
    Opinion,
    ReviewError,
    Standing,
    blind_pair,
    check_opinion,
    is_blind,
    standing,
)

FAIL, PASS, UNSURE, NONE = Verdict.FAIL, Verdict.PASS, Verdict.UNSURE, Verdict.NOT_APPLICABLE
A, B, C = Opinion("a", PASS), Opinion("b", FAIL), Opinion("c", FAIL)


@pytest.mark.parametrize(
    ("opinions", "wanted", "comes_to"),
    [
        ([], 1, Standing(None, 1)),
        ([A], 1, Standing(PASS)),
        ([A, B], 1, Standing(FAIL)),
        ([], 2, Standing(None, 2)),
        ([A], 2, Standing(None, 1)),
        ([A, Opinion("b", PASS)], 2, Standing(PASS)),
        ([A, B], 2, Standing(None, 1, disputed=True)),
        ([A, B, C], 2, Standing(FAIL, disputed=True)),
        ([A, B, Opinion("c", NONE)], 2, Standing(NONE, disputed=True)),
        ([A, Opinion("b", PASS), C], 2, Standing(FAIL)),
        ([A, Opinion("d", PASS, appeal=True)], 2, Standing(PASS)),
    ],
)
def test_what_opinions_come_to(opinions: list[Opinion], wanted: int, comes_to: Standing) -> None:
    assert standing(opinions, wanted) == comes_to


def check(
    new: Opinion, *earlier: Opinion, machine: Verdict = FAIL, wanted: int = 1, reason: str = ""
) -> None:
    check_opinion(machine, earlier, wanted, new, reason, ("8001",))


def test_confirming_needs_no_reason_and_overturning_does() -> None:
    check(Opinion("a", FAIL))
    check(Opinion("a", PASS), reason="12 秒处说了您好")
    with pytest.raises(ReviewError, match="wants a reason"):
        check(Opinion("a", PASS), reason="  ")


def test_what_the_machine_left_open_is_decided_without_a_reason() -> None:
    check(Opinion("a", PASS), machine=UNSURE)
    with pytest.raises(ReviewError, match="pass, fail or not_applicable"):
        check(Opinion("a", UNSURE), machine=UNSURE)


def test_overturning_what_people_decided_needs_a_reason_too() -> None:
    check(Opinion("b", PASS), A)
    with pytest.raises(ReviewError, match="wants a reason"):
        check(Opinion("b", FAIL), A)


def test_nobody_reviews_their_own_call() -> None:
    with pytest.raises(ReviewError, match="8001 took this call"):
        check(Opinion("8001", FAIL))


def test_nobody_speaks_twice_while_others_are_asked() -> None:
    check(Opinion("b", FAIL), A, wanted=2)
    with pytest.raises(ReviewError, match="has reviewed it already"):
        check(Opinion("a", FAIL), A, wanted=2, reason="x")
    with pytest.raises(ReviewError, match="has reviewed it already"):
        check(Opinion("b", PASS), A, B, wanted=2, reason="x")
    check(Opinion("a", FAIL), A, B, C, wanted=2)  # decided: anybody may look again


def test_double_reviews_are_blind_until_they_are_decided() -> None:
    assert is_blind([A], 2) and is_blind([A, B], 2)
    assert not is_blind([A, B, C], 2)
    assert not is_blind([A], 1)
    assert blind_pair([A, B, C], 2) == (PASS, FAIL)
    assert blind_pair([A], 2) is None and blind_pair([A, B], 1) is None
    assert blind_pair([A, Opinion("b", FAIL, appeal=True)], 2) is None


def test_every_cause_has_its_place() -> None:
    assert set(RANK) == set(Cause)
    assert RANK[Cause.COMPLAINT] < RANK[Cause.UNSURE] < RANK[Cause.RANDOM] < RANK[Cause.HISTORY]
