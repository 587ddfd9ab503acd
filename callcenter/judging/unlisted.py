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
from callcenter.judging.judging import plain

DOUBTED: Final[Mapping[type[Rule], Set[Verdict]]] = {
    ForbiddenRule: {Verdict.PASS},
    WaitRule: {Verdict.PASS, Verdict.FAIL},
}
"""The verdicts that rest on a phrase that was not heard, by the kind of rule; of all others a fail does."""


def doubt_unlisted(
    findings: Iterable[Finding], standard: Standard, names: Sequence[str], listed: Collection[str]
) -> list[Finding]:
    """The findings, with UNSURE in place of what rests on a phrase that is not in `listed` (plain text)."""
    rules = {rule.id: rule for rule in standard.rules}
    return [_doubted(each, rules[each.rule], names, listed) for each in findings]


def _doubted(finding: Finding, rule: Rule, names: Sequence[str], listed: Collection[str]) -> Finding:
    if finding.verdict not in DOUBTED.get(type(rule), {Verdict.FAIL}):
        return finding
    wanted = (*(names if rule.id == "opening" else ()), *rule.listened_for())
    missing = next((phrase for phrase in map(plain, wanted) if phrase not in listed), None)
    return finding if missing is None else _unsure(finding, missing)


def _unsure(finding: Finding, phrase: str) -> Finding:
    return replace(finding, verdict=Verdict.UNSURE, reason=reason(Code.NOT_LISTENED_FOR, phrase=phrase))
