from __future__ import annotations

import pytest

from callcenter.domain.calls import HungUpBy
from callcenter.domain.findings import Verdict
from callcenter.domain.reasons import Code
from callcenter.judging.facts import JudgeFacts
from tests.unit.judging.every_rule import found
from tests.unit.judging.said import words
from transcripts.voice import Voice

PASS, FAIL, UNSURE, NOT = Verdict.PASS, Verdict.FAIL, Verdict.UNSURE, Verdict.NOT_APPLICABLE
OPENING = words((0.5, "您好 万科 物业"))
BY_AGENT = JudgeFacts(hangup=HungUpBy.AGENT)


@pytest.mark.parametrize(
    ("said", "duration", "verdict"),
    [
        ("你们 到底 什么时候 来", 12.4, FAIL),  # ends at 12.25
        ("你们 到底 什么时候 来", 12.7, UNSURE),
        ("你们 到底 什么时候 来", 13.0, PASS),
        ("好 的 谢谢 再见", 11.8, PASS),  # after a goodbye nobody is cut off
    ],
)
def test_nobody_is_hung_up_on(said: str, duration: float, verdict: Verdict) -> None:
    caller = words((3.0, "你好"), (10.0, said))
    finding = found("forced_hangup", OPENING, caller, BY_AGENT, duration=duration)
    assert finding.verdict is verdict
    if verdict is FAIL:
        assert (finding.start, finding.end) == (10.0, 12.4)


def test_the_callers_voice_is_better_evidence_than_their_words() -> None:
    """A word that took its time ends when the voice does; a sound without words may be noise."""
    voice = Voice(((3.0, 5.0), (8.0, 12.0)), -25.0)
    caller = words((11.0, "你们 到 了"))
    for said, duration, verdict in ((caller, 12.1, FAIL), (caller, 12.6, PASS), ([], 12.1, UNSURE)):
        finding = found("forced_hangup", OPENING, said, BY_AGENT, duration=duration, voices=(None, voice))
        assert finding.verdict is verdict


def test_noise_till_the_end_is_no_caller_who_speaks() -> None:
    """Of people in the background the line has a sound without end."""
    voice = Voice(((0.0, 12.6),), -25.0)
    caller = words((3.0, "你好"), (11.0, "你们 快 一点"))
    finding = found("forced_hangup", OPENING, caller, BY_AGENT, duration=12.9, voices=(None, voice))
    assert finding.verdict is UNSURE


@pytest.mark.parametrize(
    ("facts", "caller", "verdict"),
    [
        (JudgeFacts(hangup=HungUpBy.CALLER), True, PASS),
        (JudgeFacts(hangup=HungUpBy.AGENT, transfer="工程部"), True, PASS),
        (JudgeFacts(interrupted=True), True, PASS),
        (JudgeFacts(), True, UNSURE),
        (JudgeFacts(answered=False), True, NOT),
        (BY_AGENT, False, UNSURE),
    ],
)
def test_who_hung_up(facts: JudgeFacts, caller: bool, verdict: Verdict) -> None:
    heard = words((3.0, "你好")) if caller else None
    assert found("forced_hangup", OPENING, heard, facts, duration=20.0).verdict is verdict


TALK = words((3.0, "我 家 卫生间 漏水 已经 漏 了 三天 了 你们 派 个 人 来 看 一下"))  # to 8.75


@pytest.mark.parametrize(
    ("agent", "verdict"),
    [
        ([(5.0, "您 先 等 我 说完")], FAIL),
        ([(5.0, "嗯")], PASS),
        ([(5.0, "嗯 好 的 是 的 明白")], PASS),
        ([(7.9, "请问 您 的 房 号")], UNSURE),  # hardly longer than allowed
        ([(8.3, "请问 您 的 房 号")], PASS),  # on the last syllable
        ([(9.0, "请问 您 的 房 号")], PASS),
        ([(2.0, "您好 万科 物业 有 什么 可以")], PASS),  # the caller came in upon the agent
    ],
)
def test_interrupting(agent: list[tuple[float, str]], verdict: Verdict) -> None:
    finding = found("interrupting", words((0.5, "您好"), *agent), TALK)
    assert finding.verdict is verdict
    if verdict is FAIL:
        assert (finding.start, finding.heard) == (5.0, "您先等我说完")
        assert finding.why == "the agent spoke over the caller 1 times"


def test_so_many_times_are_let_pass() -> None:
    agent = words((5.0, "您 先 等 我 说完"))
    assert found("interrupting", agent, TALK, times=1).verdict is PASS


def test_a_sound_in_which_no_word_was_heard() -> None:
    """Short, it is a listener's; long, somebody speaks, or there is noise."""
    short, long = (Voice(((5.0, 5.0 + seconds),), -25.0) for seconds in (0.7, 2.5))
    agent = words((0.5, "您好"))
    assert found("interrupting", agent, TALK, voices=(short, None), overlap=0.4).verdict is PASS
    assert found("interrupting", agent, TALK, voices=(long, None)).verdict is UNSURE


def test_a_noise_that_swells_while_the_other_speaks_interrupts_nobody() -> None:
    """Both legs of a street: sound where nobody speaks, and on both sides at once."""
    street = Voice(((0.3, 2.0), (4.0, 7.0), (9.0, 11.0)), -25.0), Voice(((0.0, 1.5), (2.5, 9.5)), -25.0)
    agent = words((0.5, "您好 万科 物业"), (9.2, "请问 您 的 房 号"))
    assert found("interrupting", agent, TALK, voices=street).verdict is UNSURE
    over = words((0.5, "您好"), (4.5, "您 先 等 我 说完"))
    assert found("interrupting", over, TALK, voices=street).verdict is FAIL


def test_noise_may_hide_a_silence() -> None:
    voices = Voice(((0.5, 2.0), (12.0, 14.0)), -25.0), Voice(((3.0, 9.0), (20.0, 22.0), (30.0, 31.0)), -25.0)
    caller = [*TALK, *words((30.0, "喂 还 在 吗"))]
    finding = found("long_silence", OPENING, caller, duration=32.0, voices=voices)
    assert finding.verdict is UNSURE
    assert finding.reason and finding.reason.code is Code.SILENCE_OR_SOUND


def test_without_the_callers_side() -> None:
    assert found("interrupting", OPENING, None).verdict is UNSURE
    assert found("interrupting", None, TALK).verdict is UNSURE
    assert found("long_silence", OPENING, None).verdict is UNSURE
    assert found("long_silence", None, TALK).verdict is UNSURE


@pytest.mark.parametrize(("back", "verdict"), [(15.0, PASS), (18.6, UNSURE), (20.0, FAIL)])
def test_long_silence(back: float, verdict: Verdict) -> None:
    """The caller falls silent at 8.75 s; it is they who speak next, so nobody was waiting for the agent."""
    caller = [*TALK, *words((back, "喂 还 在 吗"))]
    finding = found("long_silence", OPENING, caller, duration=30.0)
    assert finding.verdict is verdict
    assert finding.reason and finding.reason.code is (
        Code.SILENCE_NEAR if verdict is UNSURE else Code.SILENCE
    )
    assert (finding.start, finding.end) == (8.75, back)


def test_a_wait_is_no_silence() -> None:
    agent = words((0.5, "您好"), (9.0, "请 您 稍 等"), (30.0, "让 您 久等 了"))
    facts = JudgeFacts(holds=((10.2, 29.0),))
    assert found("long_silence", agent, TALK, facts, duration=32.0).verdict is PASS
    assert found("long_silence", agent, TALK, duration=32.0, beside=("wait_limit",)).verdict is PASS


def test_what_follows_the_last_word_is_the_hanging_up() -> None:
    assert found("long_silence", OPENING, TALK, duration=60.0).verdict is PASS
