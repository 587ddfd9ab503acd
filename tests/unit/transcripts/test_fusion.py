from __future__ import annotations

import pytest

from tests.word_times import spoken
from transcripts.fusion import fused
from transcripts.pieces import as_heard, text_of
from transcripts.recogniser import Word


def heard(*parts: tuple[str, float], start: float = 0.0) -> list[Word]:
    """Words with their confidence, a fifth of a second for each character."""
    words: list[Word] = []
    for text, confidence in parts:
        (word,) = spoken(text, words[-1].end if words else start, confidence)
        words.append(word)
    return words


SURE = 1.0


@pytest.mark.parametrize(
    ("free", "second", "wanted"),
    [
        ([("主位", 0.69), ("天花板", SURE)], [("主", SURE), ("卫", SURE), ("天花板", SURE)], "主卫天花板"),
        ([("的", SURE), ("来", 0.8), ("点", 0.7), ("再", SURE)], [("的", SURE), ("来电", SURE), ("再", SURE)],
         "的来电再"),
        ([("蓉城", 0.4), ("误解", 0.6), ("请问", SURE)], [("融创", SURE), ("物业", SURE), ("请问", SURE)],
         "融创物业请问"),
        ([("请", SURE), ("单位", 0.8), ("转", 0.6)], [("请", SURE), ("帮", SURE), ("我", SURE), ("转", SURE)],
         "请帮我转"),
        ([("不动", 0.6), ("笆斗", 0.2), ("爱好", 0.7)], [("五栋", 1.0), ("八楼", 1.0), ("二号", 1.0)],
         "五栋八楼二号"),
        ([("电话", SURE), ("生气", 0.5), ("就", SURE), ("刘伶利", 0.8)],
         [("电话", SURE), ("三七", 0.6), ("六", 0.5), ("六零零", 0.6)], "电话三七六六零零"),
    ],
)  # fmt: skip
def test_the_trade_s_words_in_place_of_what_sounds_like_them(
    free: list[tuple[str, float]], second: list[tuple[str, float]], wanted: str
) -> None:
    assert text_of(fused(as_heard(heard(*free)), heard(*second))) == wanted


@pytest.mark.parametrize(
    ("free", "second"),
    [
        # the second hearing is not sure
        ([("我", SURE), ("找", 0.9), ("工程部", SURE)], [("我", SURE), ("转", 0.6), ("工程部", SURE)]),
        # the first was sure, and it sounds otherwise
        ([("昨天", 0.97), ("来过", SURE)], [("九点", SURE), ("来过", SURE)]),
        # a long word
        (
            [("请问", SURE), ("游泳池", 0.86), ("开吗", SURE)],
            [("请问", SURE), ("有十七", SURE), ("开吗", SURE)],
        ),
        # nothing beside it agrees
        ([("语音", 0.7), ("识别", 0.7), ("模型", 0.9)], [("您", 0.5), ("十八", SURE), ("那行", 0.5)]),
        # half a word
        (
            [("还有", SURE), ("事情", 0.85), ("吗", SURE)],
            [("还有", SURE), ("是", 0.7), ("请", SURE), ("吗", SURE)],
        ),
        # a particle is no numeral
        ([("对", SURE), ("吧", SURE), ("我", SURE)], [("对", SURE), ("八", SURE), ("我", SURE)]),
        # it is heard elsewhere
        ([("主位", 0.5)], []),
    ],
)
def test_what_stays_as_it_was_heard(free: list[tuple[str, float]], second: list[tuple[str, float]]) -> None:
    pieces = as_heard(heard(*free))
    assert fused(pieces, heard(*second)) == pieces


def test_what_was_said_at_another_time_is_not_compared() -> None:
    pieces = as_heard(heard(("主位", 0.5)))
    assert fused(pieces, heard(("主卫", SURE), start=3.0)) == pieces
    assert fused([], heard(("主卫", SURE))) == []
