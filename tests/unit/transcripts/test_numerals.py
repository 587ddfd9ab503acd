from __future__ import annotations

import pytest

from transcripts.numerals import amount, digits, value


@pytest.mark.parametrize(
    ("numeral", "wanted"),
    [("十二", 12), ("两百零五", 205), ("一千二", 1200), ("二零二六", 2026), ("幺三八", 138), ("48", 48)],
)
def test_value(numeral: str, wanted: int) -> None:
    assert value(numeral) == wanted


@pytest.mark.parametrize("numeral", ["百", "十百", "三点五", "好", ""])
def test_what_is_no_number(numeral: str) -> None:
    assert value(numeral) is None


def test_digits_keep_what_stands_in_front() -> None:
    assert (digits("零二"), digits("幺三八〇"), digits("12零")) == ("02", "1380", "120")
    assert (digits("十二"), digits("")) == (None, None)


def test_an_amount_may_be_a_range() -> None:
    assert (amount("两三"), amount("三五"), amount("十五"), amount("二")) == (3, 5, 15, 2)
