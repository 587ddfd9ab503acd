"""What is doubted where the narrow pass did not know a phrase."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.standards import Forbidden, ForbiddenRule, Standard
from callcenter.judging.judging import spot_phrases
from callcenter.judging.unlisted import doubt_unlisted
from callcenter.standards import load_standard

VANKE = load_standard("vanke")
LISTED = set(spot_phrases(VANKE))
CLOSING = VANKE.rule("closing")
assert CLOSING is not None
CHANGED = replace(
    VANKE,
    rules=tuple(
        replace(rule, phrases=("愿您天天好心情",)) if rule.id == "closing" else rule  # type: ignore[call-arg]
        for rule in VANKE.rules
    ),
)


def doubted(standard: Standard, *findings: Finding, names: tuple[str, ...] = ()) -> list[str]:
    return [each.verdict.value for each in doubt_unlisted(findings, standard, names, LISTED)]


def test_nothing_is_doubted_that_was_listened_for() -> None:
    found = [Finding(rule.id, Verdict.FAIL, "x") for rule in VANKE.rules]
    assert doubt_unlisted(found, VANKE, (), LISTED) == found


@pytest.mark.parametrize(("verdict", "told"), [("fail", "unsure"), ("pass", "pass"), ("unsure", "unsure")])
def test_that_a_new_phrase_was_not_heard_proves_nothing(verdict: str, told: str) -> None:
    assert doubted(CHANGED, Finding("closing", Verdict(verdict), "x")) == [told]
    (found,) = doubt_unlisted([Finding("closing", Verdict.FAIL, "x")], CHANGED, (), LISTED)
    assert "愿您天天好心情" in found.why


def test_other_rules_of_the_changed_standard_stand() -> None:
    assert doubted(CHANGED, Finding("opening", Verdict.FAIL, "x")) == ["fail"]


def test_a_desks_new_name_makes_the_opening_doubtful() -> None:
    assert doubted(VANKE, Finding("opening", Verdict.FAIL, "x"), names=("海棠物业",)) == ["unsure"]


def test_of_a_word_that_must_not_be_said_the_pass_is_doubtful() -> None:
    rule = ForbiddenRule(id="forbidden", title="x", source="x", clause="x", words=(Forbidden(word="滚"),))
    standard = replace(VANKE, rules=(rule,))
    found = [Finding("forbidden", verdict, "x") for verdict in (Verdict.PASS, Verdict.FAIL)]
    assert doubted(standard, *found) == ["unsure", "fail"]
