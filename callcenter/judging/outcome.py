"""How findings are made: with evidence, without, and where something is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callcenter.domain.calls import HungUpBy
from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason, reason
from callcenter.domain.standards import Rule
from callcenter.judging.case import Case
from callcenter.judging.hearing import Evidence, Said
from transcripts.voice import Span

SHORTEST_CALL = 3.0
"""Seconds an agent has before silence is a missing greeting, and not a caller who hung up at once."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Why nothing was found: of a call that ended as it should, that came back, that was cut off."""

    ended: Code
    returned: Code
    cut_off: Code


SILENT = Lack(Code.SILENT, Code.SILENT_RETURNED, Code.SILENT_CUT_OFF)
NO_PHRASE = Lack(Code.NO_PHRASE, Code.NO_PHRASE_RETURNED, Code.NO_PHRASE_CUT_OFF)


def missing(rule: Rule, case: Case, found: Evidence, lack: Lack) -> Finding:
    """Not heard: a failure of the agent, unless neither the agent nor the caller ended the call."""
    facts = case.facts
    if facts.transfer is not None:
        return plain(rule, Verdict.UNSURE, Reason(lack.returned))
    if facts.hangup in (HungUpBy.SYSTEM, HungUpBy.NETWORK) or facts.interrupted:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(lack.cut_off))
    return with_evidence(rule, Verdict.FAIL, found, Reason(lack.ended))


def cannot_judge_words(rule: Rule, case: Case) -> Finding | None:
    """Where nothing of the agent could be heard."""
    if not case.facts.answered:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NOT_ANSWERED))
    if case.agent is None:
        return plain(rule, Verdict.UNSURE, Reason(Code.NO_RECORDING))
    return None


def cannot_judge_end(rule: Rule, case: Case) -> Finding | None:
    """Where the agent, moreover, was not there when the call ended."""
    facts = case.facts
    if facts.answered and facts.gone:
        return plain(rule, Verdict.NOT_APPLICABLE, reason(Code.TRANSFERRED_TO, target=facts.transfer))
    return cannot_judge_words(rule, case)


def gravest(findings: Sequence[Finding]) -> Finding:
    """Of several findings by one rule: the first failure, else the first that is unsure, else the first."""
    return min(findings, key=lambda finding: _GRAVITY[finding.verdict])


_GRAVITY = {Verdict.FAIL: 0, Verdict.UNSURE: 1, Verdict.PASS: 2, Verdict.NOT_APPLICABLE: 3}


def spanned(rule: Rule, verdict: Verdict, span: Span, why: Reason, heard: str = "") -> Finding:
    """A finding on a stretch of the call."""
    return Finding(rule.id, verdict, clause(rule), span[0], span[1], heard, why)


def silent(rule: Rule, case: Case) -> Finding:
    if case.duration < SHORTEST_CALL:
        return plain(rule, Verdict.NOT_APPLICABLE, reason(Code.TOO_SHORT, seconds=case.duration))
    return plain(rule, Verdict.FAIL, Reason(Code.SILENT))


def heard_all(*parts: Evidence) -> Reason:
    return reason(Code.HEARD, phrases="，".join(f"「{part.phrase}」" for part in parts))


def with_evidence(rule: Rule, verdict: Verdict, evidence: Evidence, why: Reason) -> Finding:
    match = evidence.match
    if match is None or evidence.said is Said.NO:
        return plain(rule, verdict, why)
    return Finding(rule.id, verdict, clause(rule), match.start, match.end, match.heard, why)


def plain(rule: Rule, verdict: Verdict, why: Reason) -> Finding:
    return Finding(rule.id, verdict, clause(rule), reason=why)


def clause(rule: Rule) -> str:
    return f"{rule.source} {rule.clause}"
