"""What may be said of a stored call by a standard whose phrases the narrow pass did not all know.

The narrow pass hears only the phrases that it was given. Where a changed standard wants another one, the free
pass may have heard it all the same (then it was said), but that it was not heard proves nothing: nobody can
tell until the sound is read again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Final

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, reason
from callcenter.domain.standards import ForbiddenRule, Rule, Standard, WaitRule
from callcenter.judging.judging import spot_phrases

DOUBTED: Final[Mapping[type[Rule], Set[Verdict]]] = {
    ForbiddenRule: {Verdict.PASS},
    WaitRule: {Verdict.PASS, Verdict.FAIL},
}
"""The verdicts that rest on a phrase that was not heard, by the kind of rule; of all others a fail does."""


def doubt_unlisted(
    findings: Iterable[Finding], standard: Standard, names: Sequence[str], listed: Collection[str]
) -> list[Finding]:
    """The findings, with UNSURE in place of what rests on a phrase that is not in `listed` (plain text)."""
    missing = {rule.id: _missing(standard, rule, names, listed) for rule in standard.rules}
    kinds = {rule.id: DOUBTED.get(type(rule), {Verdict.FAIL}) for rule in standard.rules}
    return [
        _unsure(each, missing[each.rule]) if missing[each.rule] and each.verdict in kinds[each.rule] else each
        for each in findings
    ]


def _missing(standard: Standard, rule: Rule, names: Sequence[str], listed: Collection[str]) -> str:
    """The first phrase of the rule that the narrow pass did not know; nothing where it knew them all."""
    wanted = spot_phrases(replace(standard, rules=(rule,)), names if rule.id == "opening" else ())
    return next((phrase for phrase in wanted if phrase not in listed), "")


def _unsure(finding: Finding, phrase: str) -> Finding:
    return replace(finding, verdict=Verdict.UNSURE, reason=reason(Code.NOT_LISTENED_FOR, phrase=phrase))
