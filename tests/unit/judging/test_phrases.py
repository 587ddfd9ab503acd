"""The offer of help, the parts of a name; the rest of opening, anything else, closing are in test_judging."""

from __future__ import annotations

import pytest

from callcenter.domain.calls import Line
from callcenter.domain.findings import Verdict
from callcenter.judging.facts import JudgeFacts
from tests.unit.judging.every_rule import found
from tests.unit.judging.said import words

PASS, FAIL, UNSURE, NOT = Verdict.PASS, Verdict.FAIL, Verdict.UNSURE, Verdict.NOT_APPLICABLE
CALLER = words((6.0, "我 家 漏水"))


@pytest.mark.parametrize(
    ("agent", "verdict"),
    [
        ([(0.6, "您好 万科 物业 请问 有 什么 可以 帮 到 您")], PASS),  # together with the opening
        ([(0.6, "您好 万科 物业"), (3.5, "我 能 为 您 做 些 什么 吗")], PASS),
        ([(0.6, "您好 万科 物业"), (12.0, "请问 有 什么 可以 帮 到 您")], FAIL),  # late
        ([(0.6, "喂 什么 事")], FAIL),
    ],
)
def test_offer_help(agent: list[tuple[float, str]], verdict: Verdict) -> None:
    finding = found("offer_help", words(*agent), CALLER, duration=20.0)
    assert finding.verdict is verdict


def test_a_transferred_call_was_opened_too() -> None:
    agent = words((0.6, "您好 万科 物业"), (6.0, "请稍候"))
    assert found("offer_help", agent, CALLER, JudgeFacts(transfer="工程部")).verdict is FAIL


def test_colleagues_say_hello_and_no_more() -> None:
    agent = words((0.6, "您好"))
    assert found("offer_help", agent, CALLER, JudgeFacts(line=Line.INTERNAL)).verdict is NOT


def test_without_words() -> None:
    assert found("offer_help", None).verdict is UNSURE
    assert found("offer_help", [], duration=1.0).verdict is NOT
    assert found("offer_help", [], duration=10.0).verdict is FAIL


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("您好 物业 客服中心 请讲", "您好物业客服中心"),
        ("您好 物业 客服 中心 请讲", "您好物业客服中心"),
        ("物业 客服中心 您好 请讲", "物业客服中心您好"),
        ("您好 物业 请讲 客服中心", "您好物业"),  # apart from it
        ("您好 物业 请讲", "您好物业"),
    ],
)
def test_a_name_of_several_parts_is_shown_whole(said: str, heard: str) -> None:
    finding = found("opening", words((0.6, said)), CALLER, duration=20.0, names=())
    assert finding.verdict is PASS
    assert finding.heard == heard
