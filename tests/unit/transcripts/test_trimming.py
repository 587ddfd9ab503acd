from __future__ import annotations

from array import array

import pytest

from transcripts.audio import Audio
from transcripts.recogniser import Word
from transcripts.trimming import trim


def sound(silence: float, speech: float) -> Audio:
    quiet, loud = array("h", [30, -30]), array("h", [8000, -8000])
    return Audio(quiet * int(silence * 4000) + loud * int(speech * 4000), 8000)


def test_silence_before_a_word_is_taken_off() -> None:
    assert trim(Word("您好", 0.0, 1.1, 1.0), sound(0.6, 0.5)).start == pytest.approx(0.6)


def test_a_word_of_usual_length_stays() -> None:
    word = Word("您好", 0.5, 1.1, 1.0)
    assert trim(word, sound(0.6, 0.5)) is word


def test_something_is_left_of_every_word() -> None:
    assert trim(Word("您好", 0.0, 1.0, 1.0), sound(0.99, 0.01)).start == pytest.approx(0.8)
    assert trim(Word("好", 0.0, 1.0, 1.0), Audio(array("h"), 8000)).start == 0.0
