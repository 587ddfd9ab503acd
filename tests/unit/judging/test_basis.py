"""What a change of a standard leaves standing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from callcenter.domain.standards import KINDS, Severity, Standard
from callcenter.judging import basis
from callcenter.judging.basis import basis_of, inputs_of
from callcenter.judging.facts import JudgeFacts
from tests.unit.judging.every_rule import EVERY_RULE, rule

AFTER_THE_OPENING = {"repeat_back", "wait_before_transfer", "anything_else", "closing"}
WAITS = {"ask_to_wait", "apology_after_wait", "wait_limit", "long_silence"}


def changed(id: str, **data: Any) -> Standard:
    rules = tuple(rule(id, **data) if each.id == id else each for each in EVERY_RULE.rules)
    return replace(EVERY_RULE, rules=rules)


def falls(standard: Standard, *names: str) -> set[str]:
    """The rules that are to be judged again."""
    now = basis_of(standard, names)
    return set(now.rules) - now.standing(basis_of(EVERY_RULE, ("海棠物业",)).rules)


@pytest.mark.parametrize(
    ("standard", "judged"),
    [
        (replace(EVERY_RULE, version="2", title="x"), set()),
        (changed("closing", title="x", weight=3.0, severity=Severity.SERIOUS, automatic_fail=True), set()),
        (changed("closing", phrases=["【再见】"]), {"closing"}),
        (changed("closing", clause="第九条"), {"closing"}),
        (changed("opening", greetings=["早上好"]), {"opening"}),
        (changed("opening", within=6.0), {"opening", *AFTER_THE_OPENING}),
        (changed("wait_limit", limit=20.0), {"wait_limit"}),
        (changed("wait_limit", silence=4.0), WAITS),
        (changed("ask_to_wait", phrases=["请您【稍等】"]), WAITS),
        (changed("ask_to_wait", window=5.0), {"ask_to_wait"}),
        (replace(EVERY_RULE, max_rings=2), {"three_rings"}),
        (replace(EVERY_RULE, rules=EVERY_RULE.rules[3:]), AFTER_THE_OPENING),
    ],
)
def test_only_what_a_change_concerns_is_judged_again(standard: Standard, judged: set[str]) -> None:
    assert falls(standard, "海棠物业") == judged


def test_thresholds_concern_all_that_looks_for_phrases() -> None:
    again = falls(replace(EVERY_RULE, thresholds=replace(EVERY_RULE.thresholds, sure=0.19)), "海棠物业")
    assert {"opening", "forbidden", "promise", *WAITS} <= again
    assert not again & {"three_rings", "too_loud", "record_in_time", "repeat_back", "interrupting"}


def test_a_desks_new_name_concerns_its_opening() -> None:
    assert falls(EVERY_RULE, "海逸长洲") == {"opening"}


def test_other_code_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = basis_of(EVERY_RULE)
    monkeypatch.setattr(basis, "code_digest", lambda: "another")
    monkeypatch.setattr(basis, "_MADE", {})
    assert basis_of(EVERY_RULE).standing(before.rules) == frozenset()


def test_every_rule_has_a_fingerprint_of_its_own() -> None:
    found = basis_of(EVERY_RULE)
    assert list(found.rules) == list(KINDS)
    assert len(set(found.rules.values())) == len(KINDS)


def test_inputs_are_the_facts_and_what_was_heard() -> None:
    facts, heard = JudgeFacts(rings=2), {"a": 9.5, "b": 3.0}
    same = inputs_of(JudgeFacts(rings=2), {"b": 3.0, "a": 9.5})
    assert inputs_of(facts, heard) == same
    others = [(JudgeFacts(rings=3), heard), (facts, {"a": 9.5}), (facts, {"a": 9.5, "b": 3.1})]
    assert same not in {inputs_of(*each) for each in others}
