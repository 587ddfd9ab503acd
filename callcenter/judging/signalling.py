"""Rules that the signalling decides."""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.domain.calls import HungUpBy, Line
from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason, reason
from callcenter.domain.rings import limit_seconds
from callcenter.domain.standards import LimitRule, Rule
from callcenter.judging.case import Case
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.outcome import clause, plain
from transcripts.recogniser import Word

GOODBYES = ("再见", "拜拜", "再会")


def three_rings(rule: Rule, case: Case) -> Finding:
    facts = case.facts
    limit = facts.max_rings or case.standard.max_rings
    verdict = facts.three_rings
    if verdict is None and facts.rings is None:
        return plain(rule, Verdict.UNSURE, Reason(Code.RINGS_UNKNOWN))
    if verdict is None:
        verdict = Verdict.PASS if (facts.rings or 0) <= limit else Verdict.FAIL
    return plain(rule, verdict, _rung(facts, limit, limit_seconds(limit, case.standard.cadence)))


def _rung(facts: JudgeFacts, limit: int, limit_seconds: float) -> Reason:
    args = {"rings": facts.rings or 0, "limit": limit, "limit_seconds": limit_seconds}
    if facts.ring_seconds is None:
        code = Code.ANSWERED_AFTER_UNTIMED if facts.answered else Code.NOT_ANSWERED_AFTER_UNTIMED
        return Reason(code, args)
    code = Code.ANSWERED_AFTER if facts.answered else Code.NOT_ANSWERED_AFTER
    return Reason(code, args | {"seconds": facts.ring_seconds})


def caller_hangs_up_first(rule: Rule, case: Case) -> Finding:
    facts = case.facts
    if not facts.answered:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NOT_ANSWERED))
    if facts.gone:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.TRANSFERRED))
    match facts.hangup:
        case HungUpBy.CALLER:
            return plain(rule, Verdict.PASS, Reason(Code.CALLER_FIRST))
        case HungUpBy.AGENT:
            return _released(rule, case)
        case HungUpBy.SYSTEM:
            return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.ENDED_BY_SYSTEM))
        case HungUpBy.NETWORK:
            return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.ENDED_BY_NETWORK))
    if facts.interrupted:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.INTERRUPTED))
    return plain(rule, Verdict.UNSURE, Reason(Code.HANGUP_UNKNOWN))


def _released(rule: Rule, case: Case) -> Finding:
    """The agent hung up: where the desk allows it, not before some seconds after both goodbyes."""
    allowed = case.facts.agent_may_release
    if allowed and case.agent is None:
        return plain(rule, Verdict.UNSURE, Reason(Code.NO_RECORDING))
    said = [goodbye(party.words) if party else None for party in (case.agent, case.caller)]
    ends = [end for end in said if end is not None]
    since = case.duration - max(ends, default=case.duration)
    if not allowed or len(ends) < len(said) or since < allowed:
        return plain(rule, Verdict.FAIL, Reason(Code.AGENT_FIRST))
    why = reason(Code.AGENT_AFTER_GOODBYES, seconds=since)
    return Finding(rule.id, Verdict.PASS, clause(rule), max(ends), case.duration, reason=why)


def goodbye(words: Sequence[Word]) -> float | None:
    """When a party's last goodbye ended, in seconds of call time."""
    return next((word.end for word in reversed(words) if any(bye in word.text for bye in GOODBYES)), None)


def hotline_held(rule: LimitRule, case: Case) -> Finding | None:
    """A call from or to the outside."""
    return _lasted(rule, case.facts, case.facts.line is Line.EXTERNAL, Code.NO_HOTLINE)


def private_call(rule: LimitRule, case: Case) -> Finding | None:
    """A call between two extensions. What is said in it is not listened to: its length alone counts."""
    return _lasted(rule, case.facts, case.facts.line is Line.INTERNAL, Code.NO_EXTENSIONS_CALL)


def _lasted(rule: LimitRule, facts: JudgeFacts, concerned: bool, otherwise: Code) -> Finding | None:
    """Within the limit, or not; then the evidence is what lies beyond it. None: no signalling is known.

    A call that was interrupted may have lasted longer than is known of it.
    """
    limit, seconds = rule.limit if facts.longest is None else facts.longest, facts.seconds
    if seconds is None:
        return None
    if not facts.answered:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NOT_ANSWERED))
    if not concerned:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(otherwise))
    if not limit:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.ANY_LENGTH))
    held = seconds > limit
    if facts.interrupted and not held:
        return plain(rule, Verdict.UNSURE, Reason(Code.END_UNKNOWN))
    verdict, start = (Verdict.FAIL, limit) if held else (Verdict.PASS, 0.0)
    why = reason(Code.LASTED, seconds=seconds, limit_seconds=limit)
    return Finding(rule.id, verdict, clause(rule), start, seconds, reason=why)
