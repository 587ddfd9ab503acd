from __future__ import annotations

import pytest

from tests.word_times import spoken
from transcripts.rate import speech_rate

WORDS = spoken("您好|万科|物业|请问|有什么|可以帮到您…感谢您的来电|再见")


def test_syllables_a_second_of_the_words_own_time() -> None:
    assert speech_rate(WORDS) == pytest.approx(5.0)


def test_time_in_which_somebody_speaks_and_no_other() -> None:
    assert speech_rate(WORDS, [(0.0, 2.6), (2.0, 3.4)]) == pytest.approx(16 / 3.4)
    assert speech_rate(WORDS, [(0.0, 8.0)]) == pytest.approx(24 / 8.0)


def test_too_little_speech_has_no_rate() -> None:
    assert speech_rate(spoken("喂")) is None
    assert speech_rate([]) is None
    assert speech_rate([], [(0.0, 5.0)]) == 0.0
