from __future__ import annotations

import math

import pytest

from transcripts.readings import KEPT, utterance_of
from transcripts.sound import Syllable, syllables

HELLO = ("您好", 0.5, 1.0)


def test_a_word_is_as_sure_as_the_readings_that_have_it() -> None:
    heard = utterance_of(
        [
            (math.log(0.3), [HELLO, ("问", 1.0, 1.2), ("物业", 1.2, 1.6)]),
            (math.log(0.6), [HELLO, ("万科", 1.0, 1.3), ("物业", 1.3, 1.6)]),
            (math.log(0.1), [("你好", 0.5, 1.0), ("物业", 2.2, 2.6)]),  # at another place
        ]
    )
    assert [word.text for word in heard.words] == ["您好", "万科", "物业"]
    assert [word.confidence for word in heard.words] == pytest.approx([0.9, 0.6, 0.9])
    assert [[word.text for word in other] for other in heard.alternatives] == [
        ["您好", "问", "物业"],
        ["你好", "物业"],
    ]
    assert heard.alternatives[0][0].confidence == pytest.approx(0.3)


def test_of_readings_that_sound_the_same_one_is_kept() -> None:
    heard = utterance_of(
        [
            (0.0, [("再见", 0, 1)]),
            (-1.0, [("在建", 0, 1)]),
            (-2.0, [("再建", 0, 1)]),
            (-3.0, [("来电", 0, 1)]),
        ]
    )
    assert [other[0].text for other in heard.alternatives] == ["来电"]


def test_so_many_are_kept() -> None:
    readings = [(-float(n), [(text, 0.0, 1.0)]) for n, text in enumerate("一二三四五六七八九")]
    heard = utterance_of(readings)
    assert heard.words[0].text == "一"
    assert [other[0].text for other in heard.alternatives] == list("二三四五六七八九")[:KEPT]


def test_the_reading_without_a_word() -> None:
    assert utterance_of([]).words == ()
    heard = utterance_of([(0.0, []), (-5.0, [("嗯", 0.0, 0.5)])])
    assert heard.words == ()
    assert heard.alternatives[0][0].text == "嗯"


def test_how_a_reading_sounds_is_told_of_no_more_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def asked(text: str) -> tuple[Syllable, ...]:
        told.append(text)
        return syllables(text)

    monkeypatch.setattr("transcripts.readings.syllables", asked)
    utterance_of([(-float(n), [(text, 0.0, 1.0)]) for n, text in enumerate("一二三四五六七八九")])
    assert len(told) == KEPT + 1
