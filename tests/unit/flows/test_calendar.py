"""The working calendar of a site."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from callcenter.domain.workdays import Calendar, Day, DayKind, published
from callcenter.flows import FlowError, load_calendar
from callcenter.flows.calendar import parse_calendar


def own(folder: Path, text: str) -> Path:
    (folder / "calendar.toml").write_text(text, "utf-8")
    return folder


def test_without_a_file_it_is_what_ships(tmp_path: Path) -> None:
    calendar = load_calendar(tmp_path)
    assert calendar.day(date(2027, 2, 6)) == Day(DayKind.HOLIDAY)  # by law, before anything is published
    assert calendar.day(date(2026, 10, 10)) == Day(DayKind.WORKING)


def test_what_ships_agrees_with_what_was_published() -> None:
    """When a release of chinesecalendar knows these years, it must say the same of these days."""
    known = published()
    for day, kind in load_calendar(Path("/nonexistent")).exceptions.items():
        if day.year in known.years:
            assert known.day(day).kind is kind, day


def test_a_site_s_file_goes_first(tmp_path: Path) -> None:
    text = 'years = [2027]\nholidays = [2027-02-09]\nworking = ["2027-02-06"]\nweekends = ["2027-02-10"]\n'
    calendar = load_calendar(own(tmp_path, text))
    assert calendar.day(date(2027, 2, 9)) == Day(DayKind.HOLIDAY)
    assert calendar.day(date(2027, 2, 6)) == Day(DayKind.WORKING)
    assert calendar.day(date(2027, 2, 10)) == Day(DayKind.WEEKEND)
    assert calendar.day(date(2027, 2, 7)) == Day(DayKind.HOLIDAY)
    assert calendar.day(date(2027, 3, 1)) == Day(DayKind.WORKING)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("years = [3]", "x.toml: years.0: "),
        ("holiday = []", "x.toml: holiday: Extra inputs"),
        ('holidays = ["tomorrow"]', "x.toml: holidays.0: "),
        ('holidays = ["2027-01-01"]\nworking = ["2027-01-01"]', "x.toml: file: 2027-01-01 is written as two"),
    ],
)
def test_a_mistake_is_told(text: str, told: str) -> None:
    with pytest.raises(FlowError) as caught:
        parse_calendar(text, "x.toml", Calendar())
    assert told in str(caught.value)
