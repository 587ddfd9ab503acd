from __future__ import annotations

import pytest

from transcripts.sound import Syllable, cost, syllables


@pytest.mark.parametrize(
    ("pinyin", "initial", "final", "tone"),
    [
        ("zhong1", "zh", "ong", 1),
        ("yi1", "", "i", 1),
        ("wu4", "", "u", 4),
        ("wan4", "", "uan", 4),
        ("wen4", "", "un", 4),
        ("yuan2", "", "üan", 2),
        ("yue4", "", "üe", 4),
        ("you3", "", "iu", 3),
        ("wei2", "", "ui", 2),
        ("ye4", "", "ie", 4),
        ("ju1", "j", "ü", 1),
        ("lv4", "l", "ü", 4),
        ("er2", "", "er", 2),
        ("ma", "m", "a", 5),
    ],
)
def test_parse(pinyin: str, initial: str, final: str, tone: int) -> None:
    assert Syllable.parse(pinyin) == Syllable(initial, final, tone)


@pytest.mark.parametrize("wrong", ["", "12", "您", "ni hao"])
def test_parse_refuses(wrong: str) -> None:
    with pytest.raises(ValueError, match="no syllable"):
        Syllable.parse(wrong)


def test_syllables_of_a_sentence() -> None:
    assert [str(each) for each in syllables("您好，万科 ABC 8！")] == ["nin2", "hao3", "uan4", "ke1"]
    assert syllables("OK, 123.") == ()


def one(text: str) -> Syllable:
    (syllable,) = syllables(text)
    return syllable


@pytest.mark.parametrize(("a", "b"), [("您", "你"), ("内", "类"), ("之", "资"), ("新", "星"), ("电", "点")])
def test_what_recognisers_confuse_is_cheap(a: str, b: str) -> None:
    assert 0 < cost(one(a), one(b)) <= 0.16
    assert cost(one(a), one(b)) == cost(one(b), one(a))


@pytest.mark.parametrize(("a", "b"), [("喂", "好"), ("万", "绿"), ("科", "通"), ("见", "说")])
def test_what_sounds_different_is_dear(a: str, b: str) -> None:
    assert cost(one(a), one(b)) >= 0.5


def test_the_same_costs_nothing() -> None:
    assert cost(one("来"), one("莱")) == 0.0
