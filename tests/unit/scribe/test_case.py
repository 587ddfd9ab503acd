from __future__ import annotations

from callcenter.domain.findings import Verdict
from callcenter.flows import parse_flow
from callcenter.scribe.case import judge_work
from callcenter.scribe.hands import Transcript
from callcenter.standards import load_standard
from callcenter.store.jobs import Work
from tests.unit.judging.every_rule import only
from tests.unit.judging.said import words
from tests.unit.scribe.rows import FLOW, at, call, leg, recording


def test_what_the_desks_flow_allows() -> None:
    flow = parse_flow(FLOW, "x.toml")
    work = Work(call("c1", hold_seconds=2.5), [leg("c1", "caller", 0), leg("c1", "agent", 1)], [], [])
    found = {each.rule: each.verdict for each in judge_work(work, VANKE, (), {}, flow).findings}
    assert found["hotline_held"] is Verdict.FAIL


def test_what_has_to_be_written_down_is_judged_when_its_time_is_up() -> None:
    work = Work(call("c1"), [leg("c1", "caller", 0), leg("c1", "agent", 1)], [], [])
    standard = only("record_in_time", limit=60.0)
    assert judge_work(work, standard, (), {}, now=at(74)).findings == []
    (finding,) = judge_work(work, standard, (), {}, now=at(75)).findings
    assert finding.verdict is Verdict.FAIL


def test_recordings_are_put_on_the_calls_clock() -> None:
    """The second agent's file begins 20 s into the call: there the closing is looked for."""
    legs = [leg("c1", "caller", 0), leg("c1", "agent", 1)]
    files = [recording("c1", "caller", "c.wav"), recording("c1", "agent", "a.wav", offset=20.0)]
    heard = {
        "c1-caller-recording": Transcript(tuple(words((1.0, "你好")))),
        "c1-agent-recording": Transcript(tuple(words((5.0, "感谢您 的 来电 再见"))), (), 9.0),
    }
    judged = judge_work(Work(call("c1"), legs, [], files), VANKE, (), heard)
    found = {each.rule: each for each in judged.findings}
    assert found["closing"].verdict is Verdict.PASS
    assert found["closing"].start == 25.0


def test_a_message_at_night_is_heard_and_no_rule_applies_to_it() -> None:
    """Nobody was rung and nobody answered: there is nobody whose words could be judged."""
    message = call(
        "c1", outcome="message", answered_at=None, first_ringing_at=None, rings=0, ring_seconds=None,
        three_rings="not_applicable",
    )  # fmt: skip
    files = [recording("c1", "caller", "c.wav")]
    heard = {"c1-caller-recording": Transcript(tuple(words((0.5, "我家 的 水管 坏 了"))), (), 6.0)}
    work = Work(message, [leg("c1", "caller", 0)], [], files)
    found = judge_work(work, VANKE, ("万科物业",), heard).findings
    assert found and {each.verdict for each in found} == {Verdict.NOT_APPLICABLE}


VANKE = load_standard("vanke")
