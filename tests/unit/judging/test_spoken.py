"""Every rule has a call that passes, one that fails and one that nobody can tell: spoken, and heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from callcenter.corpus.dialogues import parse_expect, told_facts
from callcenter.corpus.outcomes import Outcome, Result, compare
from callcenter.domain.findings import Verdict
from callcenter.domain.standards import KINDS
from callcenter.standards import load_standard
from tests.bench.heard import Ear
from tests.bench.trials import findings
from tests.spoken.tables import EXAMPLES, Call, calls

CALLS = calls(EXAMPLES)
SHOWN = {Verdict.PASS, Verdict.FAIL, Verdict.UNSURE}


@pytest.fixture(scope="module")
def ear() -> Ear:
    return Ear()


def outcomes(call: Call, described: Mapping[str, Any], ear: Ear) -> list[Outcome]:
    spoken = call.spoken()
    unknown = described.get("unknown", ())
    told = {key: value for key, value in described.items() if key not in unknown}
    facts = told_facts(call.name, {**told, "timeline": list(spoken.timeline)})
    interrupted = described.get("interrupted", False)
    facts = replace(facts, seconds=described.get("lasted"), interrupted=interrupted)
    found = findings(load_standard(described["standard"]), facts, (spoken.agent, spoken.caller), ear)
    return compare(call.name, parse_expect(call.name, described["expect"]), found)


@pytest.mark.engine
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_verdicts_on_what_was_spoken(call: Call, ear: Ear) -> None:
    found = [each for described in call.judgements for each in outcomes(call, described, ear)]
    wrong = [each for each in found if each.result is not Result.RIGHT]
    assert not wrong, "\n".join(f"{each.rule} {each.wanted} -> {each.given} {each.finding}" for each in wrong)


@pytest.mark.parametrize("rule", KINDS)
def test_every_rule_has_an_example_of_each_verdict(rule: str) -> None:
    told = [described["expect"].get(rule) for call in CALLS for described in call.judgements]
    shown = {Verdict(each) if each in set(Verdict) else Verdict.PASS for each in told if each}
    assert shown == SHOWN
