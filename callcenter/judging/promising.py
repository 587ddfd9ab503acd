"""What the agent promises: a time (B3), and a call back (B5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from math import inf
from typing import Any, Final
from zoneinfo import ZoneInfo

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason, reason
from callcenter.domain.standards import PromisedTimeRule, PromiseRule
from callcenter.domain.workdays import published
from callcenter.judging.case import Case
from callcenter.judging.hearing import Evidence, Said
from callcenter.judging.outcome import cannot_judge_words, plain, spanned, with_evidence
from transcripts.recogniser import Word
from transcripts.times import SpokenTime, find_times
from transcripts.utterances import join_text

BEFORE, AFTER = 4.0, 6.0
"""Seconds before and after a time in which it is said what is promised for it."""

SOME_DAY: Final = datetime(2026, 1, 5, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
ANOTHER: Final = datetime(2026, 1, 6, 15, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
"""Two days for a call of which none is known: what lies as far off on both is counted from the call."""


def promise(rule: PromisedTimeRule, case: Case) -> Finding:
    """A time that is promised: found, with the instant at which it is due, and no later than a matter of its
    kind may take. It is for a person to confirm; as long as no kind is written down any time will do.
    """
    if early := cannot_judge_words(rule, case):
        return early
    assert case.agent is not None
    words, begun = case.agent.words, case.facts.begun
    told = [(each, _promises(rule, case, each)) for each in find_times(words, begun or SOME_DAY, _works)]
    for level, verdict in ((Said.YES, Verdict.PASS), (Said.MAYBE, Verdict.UNSURE)):
        found = [(each, evidence) for each, evidence in told if evidence.said is level]
        if found:
            each, evidence = min(found, key=lambda pair: pair[0].due)
            return _promised(rule, case, each, evidence, verdict)
    return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NO_PROMISE))


def _works(day: date) -> bool:
    return published().day(day).worked


def _promises(rule: PromisedTimeRule, case: Case, time: SpokenTime) -> Evidence:
    """Whether something is promised for that time."""
    assert case.agent is not None
    return case.agent.best(rule.phrases, time.start - BEFORE, time.end + AFTER)


def _promised(
    rule: PromisedTimeRule, case: Case, time: SpokenTime, evidence: Evidence, verdict: Verdict
) -> Finding:
    assert case.agent is not None and evidence.match is not None
    span = min(time.start, evidence.match.start), max(time.end, evidence.match.end)
    heard = join_text([word for word in case.agent.words if word.end > span[0] and word.start < span[1]])
    begun = case.facts.begun
    within = time.due - (begun or SOME_DAY) - timedelta(seconds=time.end)
    if begun is None and not (
        _counted_from_the_call(case.agent.words, time) and _within_any_calendar(rule, case, within)
    ):
        return spanned(rule, Verdict.UNSURE, span, reason(Code.PROMISED_UNDATED, text=time.text), heard)
    facts = {"text": time.text, "within": 60 * round(within.total_seconds() / 60)}
    if verdict is Verdict.PASS and (late := _late(rule, case, time, facts)):
        return spanned(rule, Verdict.FAIL, span, late, heard)
    if begun is None:
        code = Code.PROMISED_WITHIN if verdict is Verdict.PASS else Code.PROMISED_WITHIN_PERHAPS
        return spanned(rule, verdict, span, Reason(code, facts), heard)
    code = Code.PROMISED if verdict is Verdict.PASS else Code.PROMISED_PERHAPS
    due = time.due.isoformat(timespec="minutes")
    return spanned(rule, verdict, span, Reason(code, {**facts, "due": due}), heard)


def _late(rule: PromisedTimeRule, case: Case, time: SpokenTime, facts: Mapping[str, Any]) -> Reason | None:
    """Why a promised time is later than a matter of this kind may take; None where it is not."""
    matter, begun = case.facts.matter, case.facts.begun
    if matter is None:
        return None
    at_most, workdays = rule.limits.get(matter, inf), rule.workdays.get(matter)
    if facts["within"] > at_most:
        return Reason(Code.PROMISED_LATE, {**facts, "kind": matter, "at_most": round(at_most)})
    if workdays is None or begun is None:
        return None
    if time.due.date() <= published().workday_after(begun.date(), workdays):
        return None
    due = time.due.isoformat(timespec="minutes")
    return reason(Code.PROMISED_DAYS_LATE, text=time.text, due=due, kind=matter, workdays=workdays)


def _within_any_calendar(rule: PromisedTimeRule, case: Case, within: timedelta) -> bool:
    """Whether its working days are enough on whatever day the call was."""
    workdays = rule.workdays.get(case.facts.matter or "")
    return workdays is None or within <= timedelta(days=workdays)


def _counted_from_the_call(words: Sequence[Word], time: SpokenTime) -> bool:
    """「两小时内」, and not 「下午五点以前」."""
    again = [each for each in find_times(words, ANOTHER, _works) if each.start == time.start]
    return any(each.due - ANOTHER == time.due - SOME_DAY for each in again)


def callback_promised(rule: PromiseRule, case: Case) -> Finding | None:
    """Who promises to call back has it on record; None while the agent may still enter it."""
    if early := cannot_judge_words(rule, case):
        return early
    assert case.agent is not None
    found = case.agent.best(rule.phrases, 0.0, inf)
    if found.said is Said.NO:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NO_CALLBACK))
    if found.said is Said.MAYBE:
        return with_evidence(rule, Verdict.UNSURE, found, reason(Code.HEARD_IN_PART, phrase=found.phrase))
    if case.facts.pending:
        return None
    verdict, code = _KEPT[case.facts.callback]
    return with_evidence(rule, verdict, found, reason(code, phrase=found.phrase))


_KEPT = {
    True: (Verdict.PASS, Code.CALLBACK_KEPT),
    False: (Verdict.FAIL, Code.CALLBACK_MISSING),
    None: (Verdict.UNSURE, Code.CALLBACK_UNKNOWN),
}
