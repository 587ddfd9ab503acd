"""The working calendar of a site, read from its files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from callcenter.domain.workdays import Calendar, Day, DayKind, published
from callcenter.flows import FlowError, load_calendar
from callcenter.flows.calendar import parse_calendar, site_file


def refused(text: str) -> str:
    with pytest.raises(FlowError) as caught:
        parse_calendar(text, "calendar.toml", Calendar())
    return str(caught.value)


def test_what_ships_knows_what_was_published_and_what_the_law_names(tmp_path: Path) -> None:
    calendar = load_calendar(tmp_path)
    assert calendar.day(date(2026, 10, 1)) == published().day(date(2026, 10, 1)) == Day(DayKind.HOLIDAY)
    assert calendar.day(date(2027, 10, 2)) == Day(DayKind.HOLIDAY)  # not published yet, but fixed by law
    assert calendar.day(date(2027, 3, 1)).kind is DayKind.WORKING


def test_a_sites_own_days_go_first(tmp_path: Path) -> None:
    site_file(tmp_path).write_text(
        'years = [2031]\nholidays = ["2031-01-02"]\nworking = [2031-01-04]\nweekends = ["2026-10-01"]\n',
        "utf-8",
    )
    calendar = load_calendar(tmp_path)
    assert calendar.day(date(2031, 1, 2)) == Day(DayKind.HOLIDAY)
    assert calendar.day(date(2031, 1, 4)) == Day(DayKind.WORKING)  # a Saturday, written as TOML's own date
    assert calendar.day(date(2031, 1, 3)) == Day(DayKind.WORKING)  # and the year is known now
    assert calendar.day(date(2026, 10, 1)) == Day(DayKind.WEEKEND)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("holiday = []", "calendar.toml: holiday: Extra inputs are not permitted"),
        ("years = [1999]", "calendar.toml: years.0: "),
        ('holidays = ["2027-02-30"]', "calendar.toml: holidays.0: "),
        ("holidays = [", "calendar.toml: file: is not valid TOML"),
        ('holidays = ["2027-01-01"]\nworking = ["2027-01-01"]', "2027-01-01 is written as two kinds of day"),
    ],
)
def test_a_mistake_is_told_with_its_key(text: str, told: str) -> None:
    assert told in refused(text)


def test_a_mistake_in_the_sites_file_names_that_file(tmp_path: Path) -> None:
    site_file(tmp_path).write_bytes(b"\xff")
    with pytest.raises(FlowError, match=r"calendar\.toml: file: is not UTF-8 text"):
        load_calendar(tmp_path)
