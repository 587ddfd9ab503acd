from __future__ import annotations

from sip.challenged import Challenged


def test_who_does_not_answer_is_asked_by_one_algorithm_from_then_on() -> None:
    seen = Challenged()
    assert not seen.one_alone("1001")
    assert seen.one_alone("1001")
    seen.answered("1001")
    assert seen.needs_one("1001")
    assert seen.one_alone("1001")


def test_who_answers_goes_on_being_offered_them_all() -> None:
    seen = Challenged()
    for _ in range(3):
        assert not seen.one_alone("1001")
        seen.answered("1001")
    assert not seen.needs_one("1001")


def test_names_are_forgotten_within_a_bound() -> None:
    seen = Challenged(most=2)
    for name in ("a", "b", "c"):
        assert not seen.one_alone(name)
    assert not seen.one_alone("a")
    assert seen.one_alone("c")


def test_an_answer_of_a_stranger_means_nothing() -> None:
    seen = Challenged()
    seen.answered("nobody")
    assert not seen.needs_one("nobody")
