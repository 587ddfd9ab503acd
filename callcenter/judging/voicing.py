"""How the agent sounds: neither too loud nor too soft, not too fast (A10)."""

from __future__ import annotations

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason, reason
from callcenter.domain.standards import LimitRule
from callcenter.judging.case import Case
from callcenter.judging.outcome import cannot_judge_words, plain, spanned
from callcenter.judging.speech import agent_heard
from transcripts.alignment import spread
from transcripts.rate import speech_rate

UNCERTAIN_LEVEL = 1.0
"""dB by which a level may be off: nobody is blamed for less."""
UNCERTAIN_RATE = 0.2
"""Syllables a second by which a rate may be off."""
ENOUGH = 20
"""Syllables from which on a rate is told."""


def too_loud(rule: LimitRule, case: Case) -> Finding:
    """The agent's level (dBov, ITU-T P.56) is not above the limit."""
    return _level(rule, case, above=True)


def too_soft(rule: LimitRule, case: Case) -> Finding:
    """The agent's level is not below the limit."""
    return _level(rule, case, above=False)


def _level(rule: LimitRule, case: Case, *, above: bool) -> Finding:
    if early := cannot_judge_words(rule, case):
        return early
    if case.agent_voice is None:
        return plain(rule, Verdict.UNSURE, Reason(Code.NOT_MEASURED))
    level = case.agent_voice.level
    if level is None:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.SILENT))
    beyond = level - rule.limit if above else rule.limit - level
    facts = {"level": level, "limit_level": rule.limit}
    if 0 < beyond <= UNCERTAIN_LEVEL:
        return plain(rule, Verdict.UNSURE, Reason(Code.LEVEL_NEAR, facts))
    return plain(rule, Verdict.FAIL if beyond > 0 else Verdict.PASS, Reason(Code.LEVEL, facts))


def too_fast(rule: LimitRule, case: Case) -> Finding:
    """The agent speaks no more than `limit` syllables a second while they speak."""
    if early := cannot_judge_words(rule, case):
        return early
    assert case.agent is not None
    count, rate = len(spread(case.agent.words)), speech_rate(case.agent.words, agent_heard(case))
    if count < ENOUGH or rate is None:
        return plain(rule, Verdict.NOT_APPLICABLE, reason(Code.TOO_FEW_WORDS, count=count))
    facts = {"rate": rate, "limit_rate": rule.limit}
    if 0 < rate - rule.limit <= UNCERTAIN_RATE:
        return plain(rule, Verdict.UNSURE, Reason(Code.RATE_NEAR, facts))
    span = case.agent.words[0].start, case.agent.words[-1].end
    return spanned(rule, Verdict.PASS if rate <= rule.limit else Verdict.FAIL, span, Reason(Code.RATE, facts))
