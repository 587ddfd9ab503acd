from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code
from callcenter.judging.facts import JudgeFacts
from tests.unit.judging.every_rule import UNKNOWN, found
from tests.unit.judging.said import words
from transcripts.voice import Voice

PASS, FAIL, UNSURE, NOT = Verdict.PASS, Verdict.FAIL, Verdict.UNSURE, Verdict.NOT_APPLICABLE
RULES = ("ask_to_wait", "apology_after_wait", "wait_limit")

CALLER = words((4.0, "我 上个月 的 停车费 交 了 没有"), (35.0, "好 的"))
OPENING = (0.5, "您好 融创 物业")
ASKED = (7.0, "请 您 稍 等 我 帮 您 查询 一下")  # ends at 9.75
BACK = (30.0, "对不起 让 您 久等 了 已经 交 了")
HELD = JudgeFacts(holds=((10.0, 29.5),))


def judged(rule: str, *agent: tuple[float, str], facts: JudgeFacts = UNKNOWN) -> Finding:
    beside = tuple(each for each in RULES if each != rule)
    return found(rule, words(OPENING, *agent), CALLER, facts, duration=40.0, beside=beside)


@pytest.mark.parametrize("facts", [HELD, JudgeFacts()])
def test_a_good_wait_held_by_the_signalling_or_by_silence_alone(facts: JudgeFacts) -> None:
    assert {judged(rule, ASKED, BACK, facts=facts).verdict for rule in RULES} == {PASS}
    wait = judged("wait_limit", ASKED, BACK, facts=facts)
    assert (wait.start, wait.end) == (9.75, 30.0)
    assert wait.why == "the caller waited for 20.2 s; the limit is 30.0 s"


@pytest.mark.parametrize("facts", [HELD, JudgeFacts()])
def test_a_wait_for_which_nobody_asked(facts: JudgeFacts) -> None:
    """Held, or in a silence twice as long as the one after 「请稍等」 which the agent breaks."""
    finding = judged("ask_to_wait", (7.0, "我 看看"), BACK, facts=facts)
    if facts.holds:
        assert finding.verdict is FAIL and "not heard to be asked to" in finding.why
    assert judged("ask_to_wait", BACK, facts=facts).verdict is FAIL


@pytest.mark.parametrize(("spotted", "verdict"), [(None, UNSURE), ("等一下", FAIL), ("请 您 等一下", PASS)])
def test_a_curt_word_is_no_request(spotted: str | None, verdict: Verdict) -> None:
    """By the free pass alone nobody can tell whether 「请您」 was swallowed by the line."""
    agent = words(OPENING, (7.0, "等一下"), BACK)
    narrow = None if spotted is None else words(OPENING, (7.0, spotted), BACK)
    finding = found("ask_to_wait", agent, CALLER, HELD, duration=40.0, spotted=narrow)
    assert finding.verdict is verdict


def test_no_apology() -> None:
    finding = judged("apology_after_wait", ASKED, (30.0, "已经 交 了"))
    assert (finding.verdict, finding.start, finding.end) == (FAIL, 9.75, 30.0)
    late = judged("apology_after_wait", ASKED, (30.0, "已经 交 了"), (38.0, "对不起 让 您 久等 了"))
    assert late.verdict is FAIL


def test_half_of_an_apology_is_for_a_person() -> None:
    heard = words(OPENING, ASKED, (30.0, "不好意思 已经 交 了"))
    told = found("apology_after_wait", heard, CALLER, HELD, duration=40.0, partial=("不好意思",))
    assert (told.verdict, told.heard) == (UNSURE, "不好意思")


def test_an_apology_that_was_half_heard() -> None:
    assert judged("apology_after_wait", ASKED, (30.0, "对不起 让 您 久 顶 了")).verdict is UNSURE


@pytest.mark.parametrize(("back", "verdict"), [(38.0, PASS), (39.5, UNSURE), (40.5, UNSURE), (41.5, FAIL)])
def test_the_limit_by_what_was_heard_has_its_uncertainty(back: float, verdict: Verdict) -> None:
    finding = judged("wait_limit", ASKED, (back, "已经 交 了"))
    assert finding.verdict is verdict
    assert finding.reason and finding.reason.code is (Code.WAITED_ABOUT if verdict is UNSURE else Code.WAITED)


def test_who_offers_to_call_back_may_have_them_wait() -> None:
    said = (49.0, "对不起 我 稍后 给 您 回 电话")
    finding = judged("wait_limit", ASKED, said)
    assert finding.verdict is PASS
    assert finding.reason and finding.reason.code is Code.WAITED_OFFERED


def test_nobody_offers_to_call_back_before_the_caller_spoke() -> None:
    """What of the opening the free pass garbled, and is not certain of, may be any phrase's sounds."""
    garbled = [replace(word, confidence=0.3) for word in words((2.0, "少 后 会 夫 您"))]
    agent = [*words((0.5, "您好")), *garbled, *words(ASKED, (49.0, "已经 交 了"))]
    held = JudgeFacts(holds=((10.0, 48.0),))
    told = found("wait_limit", agent, CALLER[:6], held, duration=60.0, beside=("ask_to_wait",))
    assert told.verdict is FAIL


def test_what_the_agent_says_during_a_hold_ends_no_wait() -> None:
    held = JudgeFacts(holds=((10.0, 48.0),))
    said = (20.0, "小王 你 看 一下 停车费"), (49.0, "已经 交 了")
    finding = judged("wait_limit", ASKED, *said, facts=held)
    assert (finding.verdict, finding.start, finding.end) == (FAIL, 9.75, 49.0)


def test_the_longest_of_several_waits_counts() -> None:
    held = JudgeFacts(holds=((10.0, 12.5), (20.0, 60.0)))
    said = (13.0, "让 您 久等 了"), (17.0, "请 您 稍 等"), (61.0, "已经 交 了")
    assert judged("wait_limit", ASKED, *said, facts=held).verdict is FAIL
    assert judged("ask_to_wait", ASKED, *said, facts=held).verdict is PASS


def test_a_wait_from_which_nobody_came_back() -> None:
    held = JudgeFacts(holds=((10.0, 20.0),), transfer="工程部")
    found_ = judged("apology_after_wait", ASKED, facts=held)
    assert (found_.verdict, found_.why) == (NOT, "after the wait the agent said nothing more")
    assert judged("ask_to_wait", ASKED, facts=held).verdict is PASS


@pytest.mark.parametrize(
    "agent",
    [
        [(7.0, "已经 交 了")],  # an answer, no wait
        [ASKED, (12.0, "已经 交 了")],  # back at once
        [(7.0, "您 的 房 号 是 多少")],  # the agent asked, and the call ended
    ],
)
def test_no_wait(agent: list[tuple[float, str]]) -> None:
    for rule in RULES:
        said = found(rule, words(OPENING, *agent), words((4.0, "停车费")), duration=13.0)
        assert (said.verdict, said.why) == (NOT, "the caller did not have to wait")


def test_a_noise_while_the_caller_waits_is_nobody_who_speaks() -> None:
    """A street on both legs: what is measured as a voice is never silent for long."""
    street = Voice(tuple((float(at), at + 3.0) for at in range(0, 60, 4)), -25.0)
    agent = words(OPENING, ASKED, (49.0, "已经 交 了"))
    told = found("wait_limit", agent, CALLER[:6], duration=60.0, beside=RULES[:2], voices=(street, street))
    assert told.verdict is FAIL


def test_a_caller_who_goes_on_talking_does_not_wait() -> None:
    caller = words(
        (4.0, "停车费"), *((10.0 + at, "我 还 想 问 一下 物业 费 的 事情") for at in range(0, 15, 3))
    )
    agent = words(OPENING, ASKED, (26.0, "好 的"))
    assert found("wait_limit", agent, caller, duration=30.0).verdict is NOT


LOOKS = ("等一下", "我查一下", "我看一下")


@pytest.mark.parametrize("said", ["等一下 我 去 看看 表", "好 的 我 看 一下", "你 等一下"])
def test_the_agent_waits_for_a_caller_who_asked_for_it(said: str) -> None:
    caller = words((4.0, said), (45.0, "五百"))
    agent = words(OPENING, (40.0, "您 慢慢 来"))
    assert found("wait_limit", agent, caller, duration=50.0, asks=LOOKS).verdict is NOT


@pytest.mark.parametrize("said", ["帮 我 查 一下 我 的 车位", "你 给 我查 一下", "你 看 一下 我 的 车位"])
def test_a_caller_who_wants_it_looked_up_waits(said: str) -> None:
    agent = words(OPENING, (40.0, "是 二三六 号"))
    assert found("wait_limit", agent, words((4.0, said)), duration=45.0, asks=LOOKS).verdict is FAIL


def test_a_hold_of_a_moment_made_nobody_wait() -> None:
    facts = JudgeFacts(holds=((6.0, 7.0),))
    assert judged("ask_to_wait", (8.0, "已经 交 了"), facts=facts).verdict is NOT


def test_nothing_is_known_without_a_recording_or_of_a_call_that_nobody_answered() -> None:
    assert found("wait_limit", None).verdict is UNSURE
    assert found("wait_limit", None, facts=JudgeFacts(answered=False)).verdict is NOT
