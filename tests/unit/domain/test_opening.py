"""When a desk is open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.opening import ALL_DAY, Hours, OpenState, Span
from callcenter.domain.workdays import Calendar, DayKind, published

ZONE = ZoneInfo("Asia/Shanghai")
DESK = Hours(
    working_days=(Span.parse("08:30-12:00"), Span.parse("13:30-18:00")),
    weekends=(Span.parse("09:00-17:00"),),
    dates={date(2026, 10, 1): (Span.parse("10:00-12:00"),)},
)
NIGHT = Hours(working_days=(Span.parse("22:00-06:00"),))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def at(hours: Hours, text: str, calendar: Calendar | None = None) -> OpenState:
    return hours.open_at(local(text), ZONE, calendar or published())


@pytest.mark.parametrize(
    ("when", "is_open", "until"),
    [
        ("2026-11-23 08:29:59", False, "2026-11-23 08:30"),  # a Monday
        ("2026-11-23 08:30:00", True, "2026-11-23 12:00"),
        ("2026-11-23 12:00:00", False, "2026-11-23 13:30"),
        ("2026-11-23 17:59:59", True, "2026-11-23 18:00"),
        ("2026-11-28 10:00:00", True, "2026-11-28 17:00"),  # a Saturday
        ("2026-10-10 17:30:00", True, "2026-10-10 18:00"),  # a Saturday that is worked
        ("2026-10-01 10:30:00", True, "2026-10-01 12:00"),  # a holiday with hours of its own
        ("2026-10-02 10:30:00", False, "2026-10-08 08:30"),  # closed until the holiday is over
    ],
)
def test_by_kind_of_day(when: str, is_open: bool, until: str) -> None:
    assert at(DESK, when) == OpenState(is_open, False, local(until))


@pytest.mark.parametrize(
    ("when", "is_open"),
    [
        ("2026-09-30 23:00", True),  # a Wednesday; the holiday begins at midnight
        ("2026-10-01 05:59", True),  # still Wednesday's night
        ("2026-10-01 06:00", False),
        ("2026-10-01 22:30", False),
        ("2026-10-08 03:00", False),  # the night before was a holiday's
    ],
)
def test_a_night_belongs_to_the_evening_on_which_it_begins(when: str, is_open: bool) -> None:
    assert at(NIGHT, when).open is is_open


def test_round_the_clock_never_changes() -> None:
    always = Hours((ALL_DAY,), (ALL_DAY,), (ALL_DAY,))
    assert at(always, "2026-10-01 00:00") == OpenState(True)
    assert at(Hours(), "2026-10-01 00:00") == OpenState(False)


def test_spans_that_touch_are_one() -> None:
    two = Hours(working_days=(Span.parse("08:00-12:00"), Span.parse("12:00-18:00")))
    assert at(two, "2026-11-23 09:00").until == local("2026-11-23 18:00")
    over = Hours(working_days=(Span.parse("20:00-08:00"), Span.parse("08:00-20:00")))
    assert at(over, "2026-11-23 09:00").until == local("2026-11-28 08:00")  # Friday's night ends on Saturday


def test_a_day_that_nobody_has_published_is_marked() -> None:
    assert at(DESK, "2099-03-02 09:00").provisional
    assert not at(Hours(dates={date(2099, 3, 2): (ALL_DAY,)}), "2099-03-02 09:00").provisional


def test_the_calendar_of_the_night_s_beginning_counts() -> None:
    calendar = Calendar({}, frozenset({2026}))
    assert not at(NIGHT, "2027-01-01 03:00", calendar).provisional  # begun on 31 December 2026
    assert at(NIGHT, "2027-01-01 23:00", calendar).provisional


@pytest.mark.parametrize("text", ["8:30-12:00", "08:30", "08:30-12:60", "25:00-26:00", "09:00-09:00", "", 3])
def test_what_is_no_span(text: object) -> None:
    with pytest.raises(ValueError, match=r"is no time|is past"):
        Span.parse(text)


@pytest.mark.parametrize("text", ["08:30-12:00", "22:00-06:00", "00:00-24:00"])
def test_a_span_is_written_as_it_is_read(text: str) -> None:
    assert str(Span.parse(text)) == text


@given(
    start=st.integers(0, 1439),
    length=st.integers(1, 1440),
    kind=st.sampled_from(list(DayKind)),
    hour=st.integers(0, 24 * 14),
)
def test_until_is_when_it_changes(start: int, length: int, kind: DayKind, hour: int) -> None:
    spans = (Span(start, start + length),)
    fields = {DayKind.WORKING: "working_days", DayKind.WEEKEND: "weekends", DayKind.HOLIDAY: "holidays"}
    hours = Hours(**{fields[kind]: spans})  # type: ignore[arg-type]
    now = datetime(2026, 9, 28, tzinfo=UTC) + timedelta(hours=hour)
    state = hours.open_at(now, ZONE, published())
    if state.until is None:
        return
    assert state.until > now
    assert hours.open_at(state.until - timedelta(seconds=1), ZONE, published()).open is state.open
    assert hours.open_at(state.until, ZONE, published()).open is not state.open
