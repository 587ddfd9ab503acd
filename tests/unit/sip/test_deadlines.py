"""Deadlines of many, one each."""

from __future__ import annotations

from sip.aio.deadlines import SLACK, Deadlines


def test_they_come_in_order_and_once() -> None:
    wanted: Deadlines[str] = Deadlines()
    wanted.set("b", 2.0)
    wanted.set("a", 1.0)
    wanted.set("c", 3.0)
    assert (wanted.next, len(wanted)) == (1.0, 3)
    assert [wanted.pop(2.0), wanted.pop(2.0), wanted.pop(2.0)] == ["a", "b", None]
    assert wanted.next == 3.0


def test_a_new_deadline_replaces_the_old_one() -> None:
    wanted: Deadlines[str] = Deadlines()
    for when in (5.0, 1.0, 9.0, 5.0):
        wanted.set("a", when)
    assert wanted.pop(4.0) is None
    assert wanted.pop(5.0) == "a"
    assert wanted.pop(100.0) is None
    assert wanted.next is None


def test_none_takes_it_away() -> None:
    wanted: Deadlines[str] = Deadlines()
    wanted.set("a", 1.0)
    wanted.set("a", None)
    wanted.set("b", None)
    assert wanted.next is None and len(wanted) == 0


def test_what_is_over_is_not_kept() -> None:
    wanted: Deadlines[int] = Deadlines()
    for number in range(10 * SLACK):
        wanted.set(number, 1800.0)
        wanted.set(number, None)
    assert len(wanted._heap) <= SLACK + 1
