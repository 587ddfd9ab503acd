from __future__ import annotations

import pytest

from transcripts.alignment import Pattern, Track, find
from transcripts.recogniser import Word


def words(text: str, start: float = 0.0, step: float = 0.2) -> list[Word]:
    """Words with spaces between, each syllable `step` seconds long; `…` is a pause of 2 s."""
    out = []
    for each in text.split():
        if each == "…":
            start += 2.0
            continue
        out.append(Word(each, start, start + step * len(each), 1.0))
        start += step * len(each)
    return out


def test_a_core_is_marked_by_brackets() -> None:
    pattern = Pattern.parse("请问【还有】什么")
    assert (pattern.text, sorted(pattern.core), len(pattern.sounds)) == ("请问还有什么", [2, 3], 6)
    assert len(Pattern.parse("再见").core) == 2


@pytest.mark.parametrize("wrong", ["", "hello", "【还有什么"])
def test_a_pattern_needs_chinese_and_closed_brackets(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"Chinese|bracket"):
        Pattern.parse(wrong)


def test_an_exact_phrase_is_found_with_its_span() -> None:
    match = find(Pattern.parse("万科物业"), words("您好 万科 物业 请问"))
    assert match is not None
    assert (match.cost, match.core_cost, match.heard) == (0.0, 0.0, "万科物业")
    assert match.start == pytest.approx(0.4)
    assert match.end == pytest.approx(1.2)


@pytest.mark.parametrize(
    ("wanted", "heard", "most"),
    [
        ("融创物业", "你好 蓉城 误解 秦桧 有 什么", 0.3),
        ("感谢您的来电，再见", "感谢您 的 来 点 再见", 0.05),
        ("高卫物业", "您好 高位 物业", 0.05),
        ("您好", "你好", 0.1),
    ],
)
def test_other_characters_of_the_same_sound(wanted: str, heard: str, most: float) -> None:
    match = find(Pattern.parse(wanted), words(heard))
    assert match is not None
    assert match.worst <= most


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        ("您好", "为什么 是"),
        ("万科物业", "你好 蓉城 误解"),
        ("再见", "我 不管 你 自己 想办法"),
        ("再见", "的"),
    ],
)
def test_something_else(wanted: str, heard: str) -> None:
    match = find(Pattern.parse(wanted), words(heard))
    assert match is None or match.worst > 0.4


def test_a_missing_core_weighs_more_than_a_missing_syllable() -> None:
    match = find(Pattern.parse("请问【还有】什么可以帮到您"), words("请问 有 什么 可以 帮 到 您"))
    assert match is not None
    assert match.cost < 0.1 < 0.45 < match.core_cost == match.worst


def test_a_pause_tears_a_phrase_apart() -> None:
    together, apart = words("谢谢 再见"), words("谢谢 … 再见")
    pattern = Pattern.parse("谢谢再见")
    near, far = find(pattern, together), find(pattern, apart)
    assert near is not None and far is not None
    assert near.cost == 0.0
    assert far.cost == 0.25


def test_a_window_limits_what_is_looked_at() -> None:
    said = words("再见 … 好的")
    assert find(Pattern.parse("再见"), said, start=1.0) is None or _cost("再见", said, 1.0) > 0.4
    assert _cost("再见", said, 0.0) == 0.0
    assert find(Pattern.parse("再见"), said, start=50.0) is None
    assert find(Pattern.parse("再见"), []) is None


def _cost(phrase: str, said: list[Word], start: float) -> float:
    match = find(Pattern.parse(phrase), said, start)
    return 1.0 if match is None else match.worst


def test_words_without_chinese_have_no_sound() -> None:
    assert find(Pattern.parse("再见"), [Word("ok", 0.0, 1.0, 1.0)]) is None


def test_one_track_serves_many_phrases() -> None:
    said = words("您好 万科 物业 请问")
    track = Track(said, 0.0, 1.0)
    for text in ("您好", "万科物业", "请问【还有】什么", "再见"):
        wanted = Pattern.parse(text)
        fit = track.find(wanted)
        assert fit == find(wanted, said, 0.0, 1.0)
        assert fit is None or track.bound(wanted) <= fit.worst
    assert Track([]).find(Pattern.parse("您好")) is None
    assert Track([]).bound(Pattern.parse("您好")) == 1.0
