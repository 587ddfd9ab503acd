"""The rules on words written by hand; what the real model hears is tested in test_judge_files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from callcenter.domain.calls import HungUpBy, Line
from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.judging import spot_phrases
from callcenter.standards import load_standard
from tests.judged import judged
from tests.unit.judging.said import BYE, CALLER, GOOD, MORE, OPENING, words
from transcripts.recogniser import Word

RULES = {"three_rings", "opening", "anything_else", "closing", "caller_hangs_up_first"}
LINES = {"private_call", "hotline_held"}
WHOLE = load_standard("vanke")
VANKE = replace(WHOLE, rules=tuple(rule for rule in WHOLE.rules if rule.id in RULES | LINES))
FACTS = JudgeFacts(rings=2, hangup=HungUpBy.CALLER)
PASS, FAIL, UNSURE, NOT = Verdict.PASS, Verdict.FAIL, Verdict.UNSURE, Verdict.NOT_APPLICABLE


def findings(
    agent: Sequence[Word] | None = GOOD,
    facts: JudgeFacts = FACTS,
    names: Sequence[str] = (),
    spotted: Sequence[Word] | None = None,
    duration: float = 20.0,
) -> dict[str, Finding]:
    found = judged(VANKE, facts, agent, CALLER, names, duration, spotted)
    return {each.rule: each for each in found}


def verdicts(*args: object, **kwargs: object) -> dict[str, Verdict]:
    return {rule: finding.verdict for rule, finding in findings(*args, **kwargs).items()}  # type: ignore[arg-type]


def test_a_good_call() -> None:
    found = findings()
    assert {finding.verdict for finding in found.values()} == {PASS}
    assert list(found) == ["three_rings", "opening", "anything_else", "closing", "caller_hangs_up_first"]
    closing = found["closing"]
    assert (closing.start, closing.end, closing.heard) == (16.0, 18.0, "感谢您的来点再见")
    assert closing.clause.startswith("handbook A8")
    assert found["opening"].clause.startswith("vanke A2")


@pytest.mark.parametrize(("rings", "verdict"), [(0, PASS), (1, PASS), (3, PASS), (4, FAIL), (None, UNSURE)])
def test_three_rings(rings: int | None, verdict: Verdict) -> None:
    assert verdicts(facts=replace(FACTS, rings=rings))["three_rings"] is verdict


def test_a_desk_may_allow_more_rings() -> None:
    assert verdicts(facts=replace(FACTS, rings=4, max_rings=4))["three_rings"] is PASS


def test_the_switchboards_verdict_on_the_rings_stands() -> None:
    facts = JudgeFacts(rings=4, ring_seconds=15.0, answered=False, three_rings=FAIL)
    finding = findings(agent=None, facts=facts)["three_rings"]
    assert finding.verdict is FAIL
    assert finding.why == "not answered after 4 rings (15.000 s); the limit is 3 rings (15.000 s)"


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("您好 万科 物业", PASS),
        ("你好 万科 物业", PASS),
        ("万科 物业 您好", PASS),
        ("您好 这里 是 万科 物业", PASS),
        ("喂 什么 事", FAIL),
        ("为什么 是", FAIL),
        ("您好 请问 有 什么 可以 帮 到 您", FAIL),
        ("万科 物业 请问 有 什么 可以 帮 到 您", FAIL),
        ("您好 绿城 服务 中心", FAIL),
    ],
)
def test_opening(said: str, verdict: Verdict) -> None:
    assert verdicts(words((0.6, said), MORE, BYE))["opening"] is verdict


def test_an_opening_that_comes_late_is_none() -> None:
    assert verdicts(words((0.6, "喂 找谁"), (7.0, "您好 万科 物业")))["opening"] is FAIL


def test_a_name_far_from_the_greeting_is_no_part_of_it() -> None:
    assert verdicts(words((0.6, "您好"), (4.0, "万科 物业")))["opening"] is FAIL


def test_internal_lines_need_no_name() -> None:
    internal = replace(FACTS, line=Line.INTERNAL)
    assert verdicts(words((0.6, "您好 哪位")), internal)["opening"] is PASS
    assert verdicts(words((0.6, "喂 哪位")), internal)["opening"] is FAIL


def test_the_desks_own_name_is_accepted_too() -> None:
    said = words((0.6, "你好 蓉城 误解 秦桧 有 什么"))
    narrow = words((0.6, "您好 融创 物业 请问 有 什么"))
    assert verdicts(said, names=["融创物业"], spotted=narrow)["opening"] is PASS
    assert verdicts(said, names=["融创物业"], spotted=[])["opening"] is UNSURE
    assert verdicts(said, spotted=narrow)["opening"] is FAIL


def test_where_the_narrow_pass_decides() -> None:
    """As the model really hears 「您好，万科物业」 in late-answer."""
    said = words((0.6, "您好 问 物业"))
    assert verdicts(said, spotted=words((0.6, "您好 万科 物业")))["opening"] is PASS
    assert verdicts(said, spotted=words((0.6, "您好 物业")))["opening"] is UNSURE


def test_another_companys_name_is_wrong_not_unsure() -> None:
    said = words((0.6, "您好 融创 物业"))
    assert verdicts(said, spotted=said)["opening"] is FAIL


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("请问 还有什么 可以 帮 到 您 吗", PASS),
        ("请问 您 还有 其他 要求 吗", PASS),
        ("您 还有 别的 事 吗", PASS),
        ("请问 有 什么 可以 帮 到 您", FAIL),
        ("师傅 明天 上午 过去", FAIL),
    ],
)
def test_anything_else(said: str, verdict: Verdict) -> None:
    narrow = words(OPENING, (12.0, said), BYE)
    assert verdicts(words(OPENING, (12.0, said), BYE), spotted=narrow)["anything_else"] is verdict


def test_what_is_said_before_the_caller_spoke_asks_nothing_more() -> None:
    assert (
        verdicts(words((0.6, "您好 万科 物业"), (2.0, "还有什么 可以 帮 到 您 吗"), BYE))["anything_else"]
        is FAIL
    )


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("感谢您 的 来电 再见", PASS),
        ("谢谢 您 的 电话 再见", PASS),
        ("谢谢 再见", PASS),
        ("有 需要 请 随时 打电话 给 我们", PASS),
        ("感谢您 对 我们 工作 的 支持", PASS),
        ("再见", UNSURE),
        ("感谢您 的 来电", UNSURE),
        ("好 就 这样", FAIL),
        ("我 不管 你 自己 想办法", FAIL),
    ],
)
def test_closing(said: str, verdict: Verdict) -> None:
    assert verdicts(words(OPENING, MORE, (16.0, said)))["closing"] is verdict


def test_a_closing_long_before_the_end_is_none() -> None:
    agent = words(OPENING, (8.0, "感谢您 的 来电 再见"), (30.0, "那 我 帮 您 登记"))
    assert verdicts(agent, duration=40.0)["closing"] is FAIL


@pytest.mark.parametrize(
    ("hangup", "verdict"),
    [
        (HungUpBy.CALLER, PASS),
        (HungUpBy.AGENT, FAIL),
        (HungUpBy.SYSTEM, NOT),
        (HungUpBy.NETWORK, NOT),
        (None, UNSURE),
    ],
)
def test_caller_hangs_up_first(hangup: HungUpBy | None, verdict: Verdict) -> None:
    assert verdicts(facts=replace(FACTS, hangup=hangup))["caller_hangs_up_first"] is verdict


def test_a_call_that_was_transferred() -> None:
    found = verdicts(words((0.6, "您好 万科 物业"), (5.0, "请稍候")), replace(FACTS, transfer="工程部"))
    assert found == {
        "three_rings": PASS,
        "opening": PASS,
        "anything_else": NOT,
        "closing": NOT,
        "caller_hangs_up_first": NOT,
    }


def test_a_call_that_came_back_is_closed_by_its_last_agent() -> None:
    back = replace(FACTS, transfer="工程部", returned=True)
    assert set(verdicts(facts=back).values()) == {PASS}
    found = verdicts(words(OPENING), back)
    assert (found["closing"], found["caller_hangs_up_first"]) == (UNSURE, PASS)


def test_a_call_that_nobody_answered() -> None:
    found = verdicts(None, JudgeFacts(rings=1, answered=False, three_rings=NOT, hangup=HungUpBy.CALLER))
    assert set(found.values()) == {NOT}


def test_a_call_that_was_cut_off_needs_no_closing() -> None:
    found = verdicts(words(OPENING), replace(FACTS, hangup=HungUpBy.NETWORK, interrupted=True))
    assert (found["opening"], found["anything_else"], found["closing"]) == (PASS, NOT, NOT)


def test_without_a_recording_nobody_knows() -> None:
    found = verdicts(None)
    assert (found["opening"], found["closing"], found["three_rings"]) == (UNSURE, UNSURE, PASS)


def test_an_agent_who_says_nothing() -> None:
    assert verdicts([])["opening"] is FAIL
    assert verdicts([])["closing"] is FAIL
    quick = judged(VANKE, FACTS, [], [], (), 1.5)
    assert quick[1].verdict is NOT  # the caller hung up before the agent could speak


@pytest.mark.parametrize("gone", ["您好", "万科", "物业", "还有什么", "感谢您", "再见"])
def test_a_word_taken_out_never_passes(gone: str) -> None:
    less = [word for word in GOOD if word.text != gone]
    rule = {"还有什么": "anything_else", "感谢您": "closing", "再见": "closing"}.get(gone, "opening")
    assert verdicts(less, spotted=less)[rule] is not PASS


def test_what_the_narrow_pass_listens_for() -> None:
    phrases = spot_phrases(VANKE, ["海逸长洲"])
    assert {"您好", "万科物业", "海逸长洲", "融创物业", "感谢您的来电再见", "请问有什么可以帮到您"} <= set(
        phrases
    )
    assert not any(mark in phrase for phrase in phrases for mark in "【】，")
    assert len(phrases) == len(set(phrases))


BACK = replace(FACTS, transfer="工程部", returned=True)
CUT_OFF = replace(FACTS, hangup=HungUpBy.NETWORK)
REASONS: list[tuple[Sequence[Word] | None, JudgeFacts, set[Code]]] = [
    (GOOD, replace(FACTS, ring_seconds=7.0), {Code.ANSWERED_AFTER, Code.HEARD, Code.CALLER_FIRST}),
    (words((0.6, "喂")), replace(FACTS, rings=None), {Code.RINGS_UNKNOWN, Code.NOT_HEARD_AT_BEGINNING}),
    (
        words((0.6, "您好 问 物业"), (16.0, "再见")),
        FACTS,
        {Code.ANSWERED_AFTER_UNTIMED, Code.HEARD_SHORTENED},
    ),
    (GOOD, JudgeFacts(rings=2, hangup=HungUpBy.AGENT), {Code.AGENT_FIRST}),
    (GOOD, JudgeFacts(rings=2, hangup=HungUpBy.SYSTEM), {Code.ENDED_BY_SYSTEM}),
    (GOOD, JudgeFacts(rings=2, interrupted=True), {Code.INTERRUPTED}),
    (GOOD, JudgeFacts(rings=2), {Code.HANGUP_UNKNOWN}),
    (GOOD, replace(FACTS, transfer="工程部"), {Code.TRANSFERRED, Code.TRANSFERRED_TO}),
    (None, FACTS, {Code.NO_RECORDING}),
    (None, JudgeFacts(rings=1, answered=False), {Code.NOT_ANSWERED, Code.NOT_ANSWERED_AFTER_UNTIMED}),
    (None, JudgeFacts(rings=1, answered=False, ring_seconds=2.0), {Code.NOT_ANSWERED_AFTER}),
    (words(OPENING), FACTS, {Code.NO_PHRASE}),
    (words(OPENING), BACK, {Code.NO_PHRASE_RETURNED}),
    (words(OPENING), CUT_OFF, {Code.NO_PHRASE_CUT_OFF, Code.ENDED_BY_NETWORK}),
    ([], FACTS, {Code.SILENT}),
    ([], BACK, {Code.SILENT_RETURNED}),
    ([], CUT_OFF, {Code.SILENT_CUT_OFF}),
    (GOOD, replace(FACTS, seconds=20.0), {Code.LASTED, Code.NO_EXTENSIONS_CALL}),
    (GOOD, replace(FACTS, seconds=20.0, line=Line.INTERNAL), {Code.LASTED, Code.NO_HOTLINE}),
    (GOOD, replace(FACTS, seconds=20.0, longest=0.0), {Code.ANY_LENGTH}),
]


def codes(found: Iterable[Finding]) -> set[Code]:
    return {finding.reason.code for finding in found if finding.reason}


@pytest.mark.parametrize(("agent", "facts", "told"), REASONS)
def test_why(agent: Sequence[Word] | None, facts: JudgeFacts, told: set[Code]) -> None:
    found = findings(agent, facts).values()
    assert all(finding.reason for finding in found)
    assert told <= codes(found)


def test_why_it_is_unsure_of_half_a_phrase_and_what_a_short_call_lacks() -> None:
    in_part = findings(words((0.6, "您好 问 物业")), spotted=words((0.6, "您好 物业")))
    assert Code.HEARD_IN_PART in codes(in_part.values())
    assert Code.TOO_SHORT in codes(judged(VANKE, FACTS, [], [], (), 1.5))


def lengths(**facts: object) -> dict[str, Finding]:
    found = findings(facts=replace(FACTS, **facts))  # type: ignore[arg-type]
    return {rule: found[rule] for rule in ("hotline_held", "private_call")}


@pytest.mark.parametrize(
    ("line", "rule", "other", "limit"),
    [
        (Line.EXTERNAL, "hotline_held", "private_call", 600.0),
        (Line.INTERNAL, "private_call", "hotline_held", 180.0),
    ],
)
def test_a_line_is_not_held_too_long(line: Line, rule: str, other: str, limit: float) -> None:
    found = lengths(line=line, seconds=limit)
    assert found[rule].verdict is PASS
    assert (found[rule].start, found[rule].end) == (0.0, limit)
    assert found[other].verdict is NOT
    assert (found[other].start, found[other].end) == (None, None)
    late = lengths(line=line, seconds=limit + 1.5)[rule]
    assert late.verdict is FAIL
    assert (late.start, late.end) == (limit, limit + 1.5)  # what lies beyond it
    assert late.why == f"the call lasted {limit + 1.5:.1f} s; the limit is {limit:.1f} s"
    assert " A11 " in late.clause


def test_an_interrupted_call_may_have_lasted_longer_than_is_known() -> None:
    known = lengths(seconds=20.0, interrupted=True)["hotline_held"]
    assert (known.verdict, known.reason) == (UNSURE, Reason(Code.END_UNKNOWN))
    assert lengths(seconds=601.0, interrupted=True)["hotline_held"].verdict is FAIL


def test_a_desk_has_its_own_limit_or_none() -> None:
    assert lengths(seconds=100.0, longest=99.0)["hotline_held"].verdict is FAIL
    any_length = lengths(seconds=7200.0, longest=0.0)["hotline_held"]
    assert (any_length.verdict, any_length.why) == (NOT, "at this desk a call may last any time")


def test_the_length_of_a_call_that_nobody_answered_and_of_one_made_elsewhere() -> None:
    assert {each.verdict for each in lengths(seconds=0.0, answered=False).values()} == {NOT}
    assert "hotline_held" not in findings()  # a recording holds no line of ours


BOTH = words(OPENING, MORE, (16.0, "感谢您 的 来 电 再见"))


@pytest.mark.parametrize(
    ("allowed", "duration", "caller", "verdict"),
    [
        (0.0, 60.0, "再见", FAIL),  # the caller hangs up first
        (5.0, 23.0, "好 的 再见", PASS),
        (5.0, 22.0, "好 的 再见", FAIL),  # too soon
        (5.0, 23.0, "好 的", FAIL),  # the caller has not said it
    ],
)
def test_a_desk_may_let_the_agent_hang_up_after_both_goodbyes(
    allowed: float, duration: float, caller: str, verdict: Verdict
) -> None:
    facts = replace(FACTS, hangup=HungUpBy.AGENT, agent_may_release=allowed)
    found = judged(VANKE, facts, BOTH, words((5.0, "你好"), (17.0, caller)), (), duration)
    finding = next(each for each in found if each.rule == "caller_hangs_up_first")
    assert finding.verdict is verdict
    if verdict is PASS:
        assert (finding.start, finding.end) == (18.0, 23.0)
        assert finding.why == "the agent's BYE came 5.0 s after both had said goodbye"


def test_without_a_recording_nobody_knows_whether_goodbye_was_said() -> None:
    facts = replace(FACTS, hangup=HungUpBy.AGENT, agent_may_release=5.0)
    assert findings(agent=None, facts=facts)["caller_hangs_up_first"].verdict is UNSURE
