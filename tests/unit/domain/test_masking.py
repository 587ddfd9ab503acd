"""What of a number may stand in a log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.masking import masked


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800138000", "138****8000"),
        ("+8613800138000", "+86****8000"),
        ("82345678", "8****78"),
        ("823456", "8****56"),
        ("8001", "8001"),
        ("12345", "12345"),
        ("", ""),
    ],
)
def test_the_middle_is_hidden(number: str, shown: str) -> None:
    assert masked(number) == shown


@given(st.from_regex(r"\A\+?[0-9]{6,20}\Z"))
def test_no_telephone_number_is_shown_whole(number: str) -> None:
    shown = masked(number)
    assert shown != number
    assert len(shown.replace("*", "")) <= len(number) - 2
