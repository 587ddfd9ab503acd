from __future__ import annotations

import pytest

from callcenter.domain.findings import Verdict
from callcenter.judging.facts import JudgeFacts, Played, Transfer
from tests.unit.judging.every_rule import found
from tests.unit.judging.said import words

PASS, FAIL, UNSURE, NOT = Verdict.PASS, Verdict.FAIL, Verdict.UNSURE, Verdict.NOT_APPLICABLE
OPENING = (0.5, "您好 万科 物业")
CALLER = words((3.0, "请 帮 我 转 工程部"))


def sent(result: str | None = None, at: float | None = None, **changes: object) -> JudgeFacts:
    facts = {"transfer": "工程部", "transfers": (Transfer("工程部", at, result),), **changes}
    return JudgeFacts(**facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("agent", "facts", "verdict"),
    [
        ([(5.0, "请稍候 我 帮 您 转接")], sent(), PASS),
        ([(5.0, "请稍候 我 帮 您 转接")], sent(at=8.0), PASS),
        ([(5.0, "好")], sent(), FAIL),
        ([(5.0, "请稍候"), (30.0, "好 那 我 转 了")], sent(at=32.0), FAIL),  # long before it
        ([(5.0, "请稍候"), (30.0, "对不起")], sent(returned=True), PASS),  # when is not known
        ([(5.0, "请稍候")], JudgeFacts(), NOT),
    ],
)
def test_please_wait_before_a_transfer(
    agent: list[tuple[float, str]], facts: JudgeFacts, verdict: Verdict
) -> None:
    assert found("wait_before_transfer", words(OPENING, *agent), CALLER, facts).verdict is verdict


def test_half_of_what_is_wanted_before_a_transfer_or_after_one_is_for_a_person() -> None:
    agent = words(OPENING, (5.0, "马上 为 您 转接"), (20.0, "电话 占线"))
    half = ("马上为您转接", "电话占线")
    before = found("wait_before_transfer", agent, CALLER, sent(at=8.0), partial=half)
    assert (before.verdict, before.heard) == (UNSURE, "马上为您转接")
    failed = sent("busy", 8.0, returned=True)
    after = found("busy_notice", agent, CALLER, failed, phrases=("请【稍后打来】",), partial=half)
    assert (after.verdict, after.heard) == (UNSURE, "电话占线")


def test_each_transfer_counts() -> None:
    twice = JudgeFacts(transfer="b", transfers=(Transfer("a", 8.0, "busy"), Transfer("b", 30.0, "connected")))
    agent = words(OPENING, (6.0, "请稍候"), (25.0, "占线"))
    assert found("wait_before_transfer", agent, CALLER, twice).verdict is FAIL


def test_before_a_transfer_without_a_recording_or_a_word() -> None:
    assert found("wait_before_transfer", None, CALLER, sent()).verdict is UNSURE
    assert found("wait_before_transfer", [], CALLER, sent()).verdict is FAIL
    assert found("wait_before_transfer", None, CALLER, JudgeFacts(answered=False)).verdict is NOT


BUSY = (20.0, "您好 先生 电话 占线 请 稍后 打 来")
NOBODY = (20.0, "您好 总机 电话 无人 接听 请 您 稍后 再 拨")


@pytest.mark.parametrize(
    ("rule", "result", "said", "prompt"),
    [("busy_notice", "busy", BUSY, "busy-to-desk"), ("no_answer_notice", "no_answer", NOBODY, "no-answer")],
)
def test_a_transfer_that_failed(rule: str, result: str, said: tuple[float, str], prompt: str) -> None:
    failed = sent(result, 8.0, returned=True)
    told = found(rule, words(OPENING, said), CALLER, failed)
    assert (told.verdict, told.start) == (PASS, 21.0)
    assert found(rule, words(OPENING, (20.0, "工程部 没有 空")), CALLER, failed).verdict is FAIL
    played = sent(result, 8.0, returned=True, prompts=(Played(prompt, 12.0, 15.0),))
    by_prompt = found(rule, words(OPENING), CALLER, played)
    assert (by_prompt.verdict, by_prompt.start, by_prompt.end) == (PASS, 12.0, 15.0)
    assert by_prompt.why == f"the announcement 「{prompt}」 was played"
    assert found(rule, None, CALLER, failed).verdict is UNSURE


def test_a_prompt_before_the_transfer_tells_nothing_of_it() -> None:
    early = sent("busy", 8.0, returned=True, prompts=(Played("busy", 2.0, 4.0),))
    assert found("busy_notice", words(OPENING), CALLER, early).verdict is FAIL


@pytest.mark.parametrize("facts", [sent("connected", 8.0), sent(), JudgeFacts(), sent("no_answer")])
def test_no_transfer_was_busy(facts: JudgeFacts) -> None:
    assert found("busy_notice", words(OPENING), CALLER, facts).verdict is NOT
    assert found("busy_notice", None, CALLER, facts).verdict is NOT


def test_who_asked_by_another_call_and_tells_of_it_has_told() -> None:
    assert found("busy_notice", words(OPENING, BUSY), CALLER).verdict is PASS


def test_a_call_came_back_and_nobody_knows_why() -> None:
    finding = found("busy_notice", words(OPENING), CALLER, sent(returned=True))
    assert (finding.verdict, finding.why) == (
        UNSURE,
        "the call came back from 工程部, and it is not known why",
    )
    assert found("busy_notice", words(OPENING), CALLER, JudgeFacts(answered=False)).verdict is NOT
