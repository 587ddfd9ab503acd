from __future__ import annotations

import pytest

from tests.word_times import spoken
from transcripts.names import named
from transcripts.pieces import as_heard, text_of

NAMES = ("融创物业", "海逸长洲", "高卫物业", "高卫")


def shown(text: str, confidence: float = 0.6) -> str:
    return text_of(named(as_heard(spoken(text, confidence=confidence)), NAMES))


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("你好|蓉城|物业|请问", "你好融创物业请问"),
        ("你好|还|一场|常州|请问", "你好海逸长洲请问"),
        ("您好|高位|物业", "您好高卫物业"),
        ("高位|物业|再见|高位|物业", "高卫物业再见高卫物业"),
    ],
)
def test_a_name_by_its_sound(heard: str, wanted: str) -> None:
    assert shown(heard) == wanted


@pytest.mark.parametrize("text", ["我去|蓉城", "在|高位", "您好|万科|物业", "常州|的|物业", "融创|物业", ""])
def test_ordinary_words_stay(text: str) -> None:
    assert shown(text) == text.replace("|", "")


def test_what_was_surely_heard_stays() -> None:
    assert shown("高位|物业", confidence=0.99) == "高位物业"


def test_what_was_heard_is_kept() -> None:
    pieces = named(as_heard(spoken("你好|蓉城|物业", confidence=0.5)), NAMES)
    assert [(piece.text, piece.heard) for piece in pieces] == [("你好", "你好"), ("融创物业", "蓉城物业")]
