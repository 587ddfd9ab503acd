from __future__ import annotations

import pytest

from callcenter.domain.calls import HungUpBy
from callcenter.domain.findings import Verdict
from callcenter.flows import parse_flow
from callcenter.scribe.case import facts_of, judge_work
from callcenter.scribe.hands import Transcript
from callcenter.standards import load_standard
from callcenter.store.jobs import Work
from callcenter.store.tables import Hold
from tests.unit.judging.said import words
from tests.unit.scribe.rows import at, call, leg, recording

FLOW = """
[start]
open = "ring"
[talk]
long_call = 9
[after]
agent_may_release = 5
[group.all]
agents = ["8001"]
[step.ring]
do = "ring"
group = "all"
"""
HOLD = Hold(call_id="c1", leg_id="c1-agent", started_at=at(10), ended_at=at(12.5))


def test_what_signalling_says() -> None:
    work = Work(call("c1"), [leg("c1", "caller", 0), leg("c1", "agent", 1, bound=4)], [HOLD], [])
    facts = facts_of(work)
    assert (facts.rings, facts.hangup, facts.max_rings) == (2, HungUpBy.CALLER, 4)
    assert facts.holds == ((3.0, 5.5),)
    assert facts.three_rings is Verdict.PASS
    assert facts.answered and not facts.returned and not facts.interrupted


def test_what_the_desks_flow_allows() -> None:
    flow = parse_flow(FLOW, "x.toml")
    work = Work(call("c1", hold_seconds=2.5), [leg("c1", "caller", 0), leg("c1", "agent", 1)], [HOLD], [])
    assert facts_of(work).longest is None
    facts = facts_of(work, flow)
    assert (facts.seconds, facts.longest, facts.agent_may_release) == (10.5, 9.0, 5.0)
    assert facts_of(Work(call("c1", line="internal"), [], [], []), flow).longest == 180.0
    found = {each.rule: each.verdict for each in judge_work(work, VANKE, (), {}, flow)}
    assert found["hotline_held"] is Verdict.FAIL


@pytest.mark.parametrize(("again", "returned"), [(None, False), (at(30), True)])
def test_a_transfer_comes_back_when_an_agent_answers_again(again: object, returned: bool) -> None:
    legs = [leg("c1", "agent", 0), leg("c1", "target", 1, invite_at=at(20), answered_at=None)]
    if again:
        legs.append(leg("c1", "agent", 2, invite_at=again, answered_at=at(33)))
    facts = facts_of(Work(call("c1", transfer_to="8100"), legs, [], []))
    assert (facts.transfer, facts.returned) == ("8100", returned)


def test_recordings_are_put_on_the_calls_clock() -> None:
    """The second agent's file begins 20 s into the call: there the closing is looked for."""
    legs = [leg("c1", "caller", 0), leg("c1", "agent", 1)]
    files = [recording("c1", "caller", "c.wav"), recording("c1", "agent", "a.wav", offset=20.0)]
    heard = {
        "c1-caller-recording": Transcript(tuple(words((1.0, "你好")))),
        "c1-agent-recording": Transcript(tuple(words((5.0, "感谢您 的 来电 再见"))), (), 9.0),
    }
    found = {each.rule: each for each in judge_work(Work(call("c1"), legs, [], files), VANKE, (), heard)}
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
    found = judge_work(work, VANKE, ("万科物业",), heard)
    assert found and {each.verdict for each in found} == {Verdict.NOT_APPLICABLE}


def test_an_interrupted_call() -> None:
    work = Work(call("c1", outcome="interrupted", hung_up_by="network"), [leg("c1", "agent", 0)], [], [])
    assert facts_of(work).interrupted


VANKE = load_standard("vanke")
