"""Numbers, telephone numbers and times as names of recordings, and that each of them is rendered."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.carriers import carriers
from prompts.numbers import MOST, PAUSE, say_counted, say_digits, say_number, say_time

RECORDED = {code: {name for _, names in carriers(code) for name in names} for code in ("zh-CN", "en")}


def short(names: list[str]) -> str:
    return " ".join(name.removeprefix("number.") for name in names)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0"),
        (1, "1"),
        (2, "2.counted"),
        (10, "10"),
        (12, "12"),
        (35, "35"),
        (100, "100"),
        (101, "100 0 1"),
        (110, "100 10.counted"),
        (115, "100 15.counted"),
        (220, "200 20"),
        (1000, "1000"),
        (1001, "1000 0 1"),
        (1015, "1000 0 15.counted"),
        (1100, "1000 100"),
        (1102, "1000 100 0 2"),
        (9999, "9000 900 99"),
    ],
)
def test_a_number_that_counts_in_chinese(number: int, said: str) -> None:
    assert short(say_number(number, "zh-CN", end=False)) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (2, "2.end"),
        (10, "10.end"),
        (15, "15.end"),
        (35, "30 5.end"),
        (115, "100 10.counted 5.end"),
        (30, "30.end"),
        (110, "100 10.counted.end"),
        (300, "300"),
        (4050, "4000 0 50.end"),
    ],
)
def test_a_number_at_the_end_in_chinese(number: int, said: str) -> None:
    assert short(say_number(number, "zh-CN")) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0"), (2, "2"), (19, "19"), (35, "30 5"), (100, "100"), (1015, "1000 15"), (9999, "9000 900 90 9")],
)
def test_a_number_in_english(number: int, said: str) -> None:
    assert short(say_number(number, "en", end=False)) == said
    assert short(say_number(number, "en")) == said if number == 100 else said + ".end"


@given(st.integers(0, MOST), st.booleans(), st.sampled_from(["zh-CN", "en"]))
def test_every_number_is_recorded(number: int, end: bool, language: str) -> None:
    assert set(say_number(number, language, end=end)) <= RECORDED[language]


@given(st.times(), st.booleans(), st.sampled_from(["zh-CN", "en"]))
def test_every_time_is_recorded(at: time, end: bool, language: str) -> None:
    assert set(say_time(at, language, end=end)) <= RECORDED[language]


@given(st.text("0123456789*#", min_size=1, max_size=20), st.booleans(), st.sampled_from(["zh-CN", "en"]))
def test_every_digit_is_recorded(digits: str, end: bool, language: str) -> None:
    names = say_digits(digits, language, end=end)
    assert set(names) <= RECORDED[language] | {PAUSE}
    assert len([name for name in names if name != PAUSE]) == len(digits)


@pytest.mark.parametrize("number", [-1, 10_000])
def test_what_is_not_recorded_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=f"{number} cannot be said: it is not between 0 and 9999"):
        say_number(number, "zh-CN")


@pytest.mark.parametrize(
    ("number", "before", "whole"),
    [(3, "", 3), (99, "", 99), (100, "100", None), (135, "100", 35), (105, "100 0", 5), (0, "0", None)],
)
def test_a_number_recorded_with_its_unit(number: int, before: str, whole: int | None) -> None:
    names, found = say_counted(number, "zh-CN", 99)
    assert (short(names), found) == (before, whole)


def test_above_those_recorded_with_their_unit() -> None:
    assert say_counted(75, "zh-CN", 60) == (["number.75"], None)


@pytest.mark.parametrize(
    ("written", "groups"),
    [
        ("13800138000", ["138", "0013", "8000"]),
        ("+8613800138000", ["8613", "8001", "3800", "0"]),
        ("62283030", ["6228", "3030"]),
        ("8001", ["8001"]),
        ("010-6228 3030", ["010", "6228", "3030"]),
        ("4008001234", ["400", "800", "1234"]),
    ],
)
def test_a_telephone_number_in_groups(written: str, groups: list[str]) -> None:
    said = "".join(
        name.removesuffix(".end").removeprefix("digit.") or " " for name in say_digits(written, "zh-CN")
    )
    assert said.split() == groups


@pytest.mark.parametrize("written", ["", "abc", "12a", "-"])
def test_no_telephone_number(written: str) -> None:
    with pytest.raises(ValueError, match="cannot be said"):
        say_digits(written, "zh-CN")


@pytest.mark.parametrize(
    ("at", "chinese", "english"),
    [
        (time(9), "morning 9", "9 am"),
        (time(9, 30), "morning 9.half", "9 30 am"),
        (time(0, 5), "night 0 minute.5", "12 oh 5 am"),
        (time(12, 15), "noon 12 minute.15", "12 15 pm"),
        (time(17, 45), "afternoon 5 minute.45", "5 40 5 pm"),
        (time(21), "evening 9", "9 pm"),
    ],
)
def test_times(at: time, chinese: str, english: str) -> None:
    assert " ".join(say_time(at, "zh-CN", end=False)).replace("clock.", "") == chinese
    said = " ".join(say_time(at, "en", end=False)).replace("clock.", "").replace("number.", "")
    assert said == english
