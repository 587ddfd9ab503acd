from __future__ import annotations

import pytest

from tests.word_times import spoken
from transcripts.characters import Characters, breaths


def test_a_word_s_time_is_divided_among_its_characters() -> None:
    said = Characters.of(spoken("您好|万科"))
    assert said.text == "您好万科"
    assert said.span(1, 3) == pytest.approx((0.2, 0.6))


def test_a_silence_parts_breaths() -> None:
    assert [each.text for each in breaths(spoken("您|好…再见"), 1.5)] == ["您好", "再见"]
    assert list(breaths([], 1.5)) == []
