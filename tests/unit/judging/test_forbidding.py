from __future__ import annotations

import pytest

from callcenter.domain.findings import Verdict
from callcenter.judging.facts import JudgeFacts
from tests.unit.judging.every_rule import found
from tests.unit.judging.said import words

PASS, FAIL, UNSURE = Verdict.PASS, Verdict.FAIL, Verdict.UNSURE


def verdict(*lines: tuple[float, str], spotted: tuple[float, str] | None = None) -> Verdict:
    heard = None if spotted is None else words(spotted)
    return found("forbidden", words(*lines), spotted=heard).verdict


@pytest.mark.parametrize(
    "said",
    [
        "喂 您好",
        "喂 什么事",
        "为什么 是",  # as the model hears it
        "您好 什么 事 啊",
        "哪里",
        "你 找谁",
        "不知道 没办法 师傅 都 出去 了",
        "那 我 不管 你 自己 想办法",
        "他 不在",
        "你 是 谁 啊",
    ],
)
def test_forbidden(said: str) -> None:
    assert verdict((0.6, "您好 万科 物业"), (6.0, said)) is FAIL


@pytest.mark.parametrize(
    "said",
    [
        "请问 漏水 在 哪里",
        "请问 您 住 在 哪里",
        "他 暂时 不在 需要 转告 吗",
        "王 工 现在 不在 座位 上",
        "请问 有 什么 事 可以 帮到 您",
        "为 您 查询 一下",
        "维修 师傅 马上 到",
        "卫生间 的 漏水 吗",
        "为什么 漏水 我们 会 查",
        "您 自己 想 办法 关 一下 水阀",
        "不 知道 您 方便 吗",
        "我 知道 了",
        "请问 您 找谁 帮忙 过",
        "那里 是 五栋",
    ],
)
def test_proper(said: str) -> None:
    assert verdict((0.6, "您好 万科 物业"), (6.0, said)) is PASS


def test_the_evidence_is_the_first_word_that_is_certain() -> None:
    finding = found("forbidden", words((1.0, "他 不在"), (5.0, "我 不管")))
    assert (finding.verdict, finding.start, finding.end, finding.heard) == (FAIL, 1.25, 1.75, "不在")
    assert finding.why == "the forbidden 「不在」 was heard"


def test_the_callers_words_do_not_count() -> None:
    assert found("forbidden", words((0.6, "您好")), words((3.0, "喂 我 不管 你 是 谁"))).verdict is PASS


def test_what_only_sounds_alike_is_left_to_the_narrow_pass() -> None:
    """「部宰」 for 「不在」: by the sounds alone nobody is blamed for two syllables."""
    assert verdict((6.0, "他 部宰")) is UNSURE
    assert verdict((6.0, "他 部宰"), spotted=(6.0, "他 不在")) is FAIL
    assert verdict((6.0, "眉 班法"), spotted=(6.0, "没办法")) is FAIL
    assert verdict((6.0, "眉 班发"), spotted=(6.0, "的")) is FAIL  # three syllables, nearly exact


def test_who_cannot_be_heard() -> None:
    assert found("forbidden", None).verdict is UNSURE
    assert found("forbidden", None, facts=JudgeFacts(answered=False)).verdict is Verdict.NOT_APPLICABLE


def test_what_the_agent_says_to_colleagues_while_the_caller_is_on_hold() -> None:
    agent = words((0.6, "您好"), (12.0, "我 不管 你 自己 想办法"))
    assert found("forbidden", agent, facts=JudgeFacts(holds=((10.0, 20.0),))).verdict is PASS
