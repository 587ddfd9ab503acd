"""The rules, each a pure function from what is known of a call to one finding.

A fact that is missing gives `unsure`, and so do words that fit in part; a rule that cannot apply gives
`not_applicable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callcenter.domain.calls import HungUpBy, Line
from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason, reason
from callcenter.domain.rings import limit_seconds
from callcenter.domain.standards import LengthRule, OpeningRule, PhraseRule, Rule, Standard
from callcenter.scribe.facts import JudgeFacts
from callcenter.scribe.hearing import Evidence, Hearing, Said
from transcripts.recogniser import Word
from transcripts.utterances import join_text

GOODBYES = ("再见", "拜拜", "再会")
SHORTEST_CALL = 3.0
"""Seconds an agent has before silence is a missing greeting, and not a caller who hung up at once."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of a call. `agent` is None where no recording of the agent could be read."""

    standard: Standard
    facts: JudgeFacts
    agent: Hearing | None
    caller: Sequence[Word]
    names: tuple[str, ...]
    duration: float


def three_rings(rule: Rule, case: Case) -> Finding:
    facts = case.facts
    limit = facts.max_rings or case.standard.max_rings
    verdict = facts.three_rings
    if verdict is None and facts.rings is None:
        return _plain(rule, Verdict.UNSURE, Reason(Code.RINGS_UNKNOWN))
    if verdict is None:
        verdict = Verdict.PASS if (facts.rings or 0) <= limit else Verdict.FAIL
    return _plain(rule, verdict, _rung(facts, limit, limit_seconds(limit, case.standard.cadence)))


def _rung(facts: JudgeFacts, limit: int, limit_seconds: float) -> Reason:
    args = {"rings": facts.rings or 0, "limit": limit, "limit_seconds": limit_seconds}
    if facts.ring_seconds is None:
        code = Code.ANSWERED_AFTER_UNTIMED if facts.answered else Code.NOT_ANSWERED_AFTER_UNTIMED
        return Reason(code, args)
    code = Code.ANSWERED_AFTER if facts.answered else Code.NOT_ANSWERED_AFTER
    return Reason(code, args | {"seconds": facts.ring_seconds})


def opening(rule: OpeningRule, case: Case) -> Finding:
    if early := _cannot_judge_words(rule, case):
        return early
    assert case.agent is not None
    words = case.agent.words
    if not words:
        return _silent(rule, case)
    end = words[0].start + rule.within
    greeting = case.agent.best(rule.greetings, 0.0, end)
    if case.facts.line is Line.INTERNAL:
        return _heard(rule, words, end, greeting)
    names = (*case.names, *rule.names)
    rivals = [rival for rival in rule.rivals if rival not in names]
    name = case.agent.best(names or rule.any_name, 0.0, end, rivals)
    return _heard(rule, words, end, greeting, _near(name, greeting, rule.gap))


def anything_else(rule: PhraseRule, case: Case) -> Finding:
    if early := _cannot_judge_words(rule, case):
        return early
    return _phrase(rule, case)


def closing(rule: PhraseRule, case: Case) -> Finding:
    if early := _cannot_judge_words(rule, case):
        return early
    return _phrase(rule, case)


def caller_hangs_up_first(rule: Rule, case: Case) -> Finding:
    facts = case.facts
    if not facts.answered:
        return _plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NOT_ANSWERED))
    if facts.transfer is not None and not facts.returned:
        return _plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.TRANSFERRED))
    match facts.hangup:
        case HungUpBy.CALLER:
            return _plain(rule, Verdict.PASS, Reason(Code.CALLER_FIRST))
        case HungUpBy.AGENT:
            return _released(rule, case)
        case HungUpBy.SYSTEM:
            return _plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.ENDED_BY_SYSTEM))
        case HungUpBy.NETWORK:
            return _plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.ENDED_BY_NETWORK))
    if facts.interrupted:
        return _plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.INTERRUPTED))
    return _plain(rule, Verdict.UNSURE, Reason(Code.HANGUP_UNKNOWN))


def _released(rule: Rule, case: Case) -> Finding:
    """The agent hung up: where the desk allows it, not before some seconds after both goodbyes."""
    allowed = case.facts.agent_may_release
    if allowed and case.agent is None:
        return _plain(rule, Verdict.UNSURE, Reason(Code.NO_RECORDING))
    said = [_goodbye(words) for words in (case.agent.words if case.agent else (), case.caller)]
    ends = [end for end in said if end is not None]
    since = case.duration - max(ends, default=case.duration)
    if not allowed or len(ends) < len(said) or since < allowed:
        return _plain(rule, Verdict.FAIL, Reason(Code.AGENT_FIRST))
    why = reason(Code.AGENT_AFTER_GOODBYES, seconds=since)
    return Finding(rule.id, Verdict.PASS, _clause(rule), max(ends), case.duration, reason=why)


def _goodbye(words: Sequence[Word]) -> float | None:
    """When a party's last goodbye ended, in seconds of call time."""
    return next((word.end for word in reversed(words) if any(bye in word.text for bye in GOODBYES)), None)


def hotline_held(rule: LengthRule, case: Case) -> Finding:
    """A call from or to the outside."""
    if case.facts.answered and case.facts.line is Line.INTERNAL:
        return _plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NO_HOTLINE))
    return _lasted(rule, case.facts)


def private_call(rule: LengthRule, case: Case) -> Finding:
    """A call between two extensions. What is said in it is not listened to: its length alone counts."""
    if case.facts.answered and case.facts.line is not Line.INTERNAL:
        return _plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NO_EXTENSIONS_CALL))
    return _lasted(rule, case.facts)


def _lasted(rule: LengthRule, facts: JudgeFacts) -> Finding:
    """Within the limit, or not; then the evidence is what lies beyond it."""
    limit = rule.limit if facts.longest is None else facts.longest
    if not facts.answered:
        return _plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NOT_ANSWERED))
    if not limit:
        return _plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.ANY_LENGTH))
    seconds = facts.seconds or 0.0
    held = seconds > limit
    verdict, start = (Verdict.FAIL, limit) if held else (Verdict.PASS, 0.0)
    why = reason(Code.LASTED, seconds=seconds, limit_seconds=limit)
    return Finding(rule.id, verdict, _clause(rule), start, seconds, reason=why)


def _phrase(rule: PhraseRule, case: Case) -> Finding:
    """A phrase said once the caller has spoken, and near the end where the rule asks for that."""
    assert case.agent is not None
    words = case.agent.words
    if not words:
        return _missing(rule, case, Evidence(Said.NO, ""), _SILENT)
    start = _after_the_caller_spoke(case)
    if rule.last is not None:
        start = max(start, words[-1].end - rule.last)
    found = case.agent.best(rule.phrases, start, case.duration, rule.others)
    if found.said is Said.YES:
        return _with(rule, Verdict.PASS, found, _heard_all(found))
    if found.said is Said.MAYBE:
        return _with(rule, Verdict.UNSURE, found, reason(Code.HEARD_IN_PART, phrase=found.phrase))
    half = case.agent.best(rule.partial, start, case.duration)
    if half.said is Said.YES and half.match and half.match.worst <= case.standard.thresholds.sure / 2:
        return _with(rule, Verdict.UNSURE, half, reason(Code.HEARD_SHORTENED, phrase=half.phrase))
    return _missing(rule, case, found, _NO_PHRASE)


def _after_the_caller_spoke(case: Case) -> float:
    """What is said before the caller's first word belongs to the opening, whatever its words."""
    first = next((word.start for word in case.caller), None)
    if first is not None:
        return first
    rule = case.standard.opening
    agent = case.agent.words if case.agent else ()
    return agent[0].start + rule.within if rule and agent else 0.0


@dataclass(frozen=True, slots=True)
class _Lack:
    """Why nothing was found: of a call that ended as it should, that came back, that was cut off."""

    ended: Code
    returned: Code
    cut_off: Code


_SILENT = _Lack(Code.SILENT, Code.SILENT_RETURNED, Code.SILENT_CUT_OFF)
_NO_PHRASE = _Lack(Code.NO_PHRASE, Code.NO_PHRASE_RETURNED, Code.NO_PHRASE_CUT_OFF)


def _missing(rule: Rule, case: Case, found: Evidence, lack: _Lack) -> Finding:
    """Not heard: a failure of the agent, unless neither the agent nor the caller ended the call."""
    facts = case.facts
    if facts.transfer is not None:
        return _plain(rule, Verdict.UNSURE, Reason(lack.returned))
    if facts.hangup in (HungUpBy.SYSTEM, HungUpBy.NETWORK) or facts.interrupted:
        return _plain(rule, Verdict.NOT_APPLICABLE, Reason(lack.cut_off))
    return _with(rule, Verdict.FAIL, found, Reason(lack.ended))


def _cannot_judge_words(rule: Rule, case: Case) -> Finding | None:
    facts = case.facts
    if not facts.answered:
        return _plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NOT_ANSWERED))
    if facts.transfer is not None and not facts.returned and rule.id != "opening":
        return _plain(rule, Verdict.NOT_APPLICABLE, reason(Code.TRANSFERRED_TO, target=facts.transfer))
    if case.agent is None:
        return _plain(rule, Verdict.UNSURE, Reason(Code.NO_RECORDING))
    return None


def _silent(rule: Rule, case: Case) -> Finding:
    if case.duration < SHORTEST_CALL:
        return _plain(rule, Verdict.NOT_APPLICABLE, reason(Code.TOO_SHORT, seconds=case.duration))
    return _plain(rule, Verdict.FAIL, Reason(Code.SILENT))


def _near(name: Evidence, greeting: Evidence, gap: float) -> Evidence:
    """A name that stands apart from the greeting is no part of it."""
    if name.match is None or greeting.match is None or greeting.said is Said.NO:
        return name
    apart = max(name.match.start - greeting.match.end, greeting.match.start - name.match.end)
    return name if apart <= gap else Evidence(Said.NO, name.phrase, name.match)


def _heard(rule: Rule, words: Sequence[Word], end: float, *parts: Evidence) -> Finding:
    """The verdict on several parts that are all wanted is the worst; the evidence is where they stand."""
    worst = min(parts, key=lambda part: part.rank)
    heard = [word for word in words if word.start <= end]
    matches = [part.match for part in parts if part.said is Said.YES and part.match is not None]
    if worst.said is Said.YES:
        start, stop = min(each.start for each in matches), max(each.end for each in matches)
        heard = [word for word in words if word.end > start and word.start < stop]
    verdict = {Said.YES: Verdict.PASS, Said.MAYBE: Verdict.UNSURE, Said.NO: Verdict.FAIL}[worst.said]
    why = {
        Said.YES: _heard_all(*parts),
        Said.MAYBE: reason(Code.HEARD_IN_PART, phrase=worst.phrase),
        Said.NO: reason(Code.NOT_HEARD_AT_BEGINNING, phrase=worst.phrase),
    }[worst.said]
    return Finding(rule.id, verdict, _clause(rule), heard[0].start, heard[-1].end, join_text(heard), why)


def _heard_all(*parts: Evidence) -> Reason:
    return reason(Code.HEARD, phrases="，".join(f"「{part.phrase}」" for part in parts))


def _with(rule: Rule, verdict: Verdict, evidence: Evidence, why: Reason) -> Finding:
    match = evidence.match
    if match is None or evidence.said is Said.NO:
        return _plain(rule, verdict, why)
    return Finding(rule.id, verdict, _clause(rule), match.start, match.end, match.heard, why)


def _plain(rule: Rule, verdict: Verdict, why: Reason) -> Finding:
    return Finding(rule.id, verdict, _clause(rule), reason=why)


def _clause(rule: Rule) -> str:
    return f"{rule.source} {rule.clause}"
