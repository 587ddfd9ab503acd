"""The Chinese working calendar."""

from __future__ import annotations

from datetime import date

import pytest

from callcenter.domain.workdays import Calendar, Day, DayKind, published

W, E, H = DayKind.WORKING, DayKind.WEEKEND, DayKind.HOLIDAY


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 10, 1), H),  # National Day
        (date(2026, 10, 10), W),  # a Saturday that is worked for it
        (date(2026, 10, 11), E),
        (date(2026, 10, 12), W),
        (date(2026, 2, 14), W),  # worked for the Spring Festival
        (date(2026, 2, 23), H),
    ],
)
def test_days_as_the_state_council_published_them(day: date, kind: DayKind) -> None:
    assert published().day(day) == Day(kind)


def test_a_year_that_nobody_has_published_is_provisional() -> None:
    assert published().day(date(2099, 10, 1)) == Day(W, provisional=True)
    assert published().day(date(2099, 10, 3)) == Day(E, provisional=True)


def test_a_site_knows_more_and_better() -> None:
    first, second = date(2099, 1, 1), date(2026, 10, 1)
    calendar = published().extended({first: H, second: W}, frozenset())
    assert calendar.day(first) == Day(H)  # this one day is known, its year is not
    assert calendar.day(date(2099, 1, 2)).provisional
    assert calendar.day(second) == Day(W)
    assert published().day(second) == Day(H)
    assert not calendar.extended({}, frozenset({2099})).day(date(2099, 1, 2)).provisional


def test_the_provisional_days_ahead() -> None:
    calendar = Calendar({date(2027, 1, 1): H}, frozenset({2026}))
    days = list(calendar.provisional_days(date(2026, 12, 30), 5))
    assert days == [date(2027, 1, 2), date(2027, 1, 3)]


def test_worked_or_not() -> None:
    assert Day(W).worked
    assert not Day(E).worked
