"""Rules of what the agent says, and when: opening, offer of help, anything else, closing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

from callcenter.domain.calls import Line
from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason, reason
from callcenter.domain.standards import OpeningRule, PhraseRule, Rule
from callcenter.judging.case import Case, once
from callcenter.judging.hearing import NOTHING, Evidence, Hearing, Said
from callcenter.judging.outcome import (
    NO_PHRASE,
    SILENT,
    cannot_judge_end,
    cannot_judge_words,
    clause,
    heard_all,
    missing,
    plain,
    silent,
    with_evidence,
)
from callcenter.judging.speech import caller_spans
from transcripts.recogniser import Word
from transcripts.utterances import join_text, split_utterances
from transcripts.voice import Span

TOUCHING = 0.2
"""Seconds between the parts of a name at most."""
TITLE = 2.0
"""Seconds that a part of a name lasts at most."""
OPENED = 8.0
"""Seconds from the agent's first word within which the opening is over."""


def opening(rule: OpeningRule, case: Case) -> Finding:
    if early := cannot_judge_words(rule, case):
        return early
    assert case.agent is not None
    words = case.agent.words
    if not words:
        return silent(rule, case)
    end = words[0].start + rule.within
    greeting = case.agent.best(rule.greetings, 0.0, end)
    if case.facts.line is Line.INTERNAL:
        return _heard(rule, words, end, greeting)
    names = (*case.names, *rule.names)
    rivals = [rival for rival in rule.rivals if rival not in names]
    name = case.agent.best(names or rule.any_name, 0.0, end, rivals)
    beside = () if names else _beside(name, rule.any_name, case.agent)
    return _heard(rule, words, end, greeting, _near(name, greeting, rule.gap), *beside)


def _beside(name: Evidence, names: Sequence[str], agent: Hearing) -> Iterator[Evidence]:
    """The other parts of a name of several: 「物业」 and 「客服中心」."""
    if name.said is not Said.YES or name.match is None:
        return
    since, until = name.match.start, name.match.end
    while after := _touching(agent.best(names, until, until + TITLE), since, until):
        yield after
        if after.match is None or after.match.end <= until:
            break
        until = after.match.end
    if before := _touching(agent.best(names, since - TITLE, since - TOUCHING), since, until):
        yield before


def _touching(part: Evidence, since: float, until: float) -> Evidence | None:
    """A part that begins where the name ends or ends where it begins; None where there is none."""
    if part.said is not Said.YES or part.match is None:
        return None
    after, before = part.match.start - until, since - part.match.end
    return part if 0.0 <= after < TOUCHING or 0.0 <= before < TOUCHING else None


def offer_help(rule: PhraseRule, case: Case) -> Finding:
    """Said within the first seconds of the agent's speech, with the opening or after it; to outsiders."""
    if early := cannot_judge_words(rule, case):
        return early
    if case.facts.line is Line.INTERNAL:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.COLLEAGUES))
    assert case.agent is not None
    if not case.agent.words:
        return silent(rule, case)
    end = inf if rule.within is None else case.agent.words[0].start + rule.within
    found = _wanted(rule, case, 0.0, end)
    why = reason(Code.NOT_HEARD_AT_BEGINNING, phrase=found.phrase)
    return heard_phrase(rule, case, found, (0.0, end)) or with_evidence(rule, Verdict.FAIL, found, why)


def once_the_caller_spoke(rule: PhraseRule, case: Case) -> Finding:
    """`anything_else` and `closing`: said after the caller's first word, near the end where so asked."""
    if early := cannot_judge_end(rule, case):
        return early
    assert case.agent is not None
    words, start = case.agent.words, after_the_caller_spoke(case)
    if not words:
        return missing(rule, case, NOTHING, SILENT)
    if rule.last is not None:
        start = max(start, words[-1].end - rule.last)
    found = _wanted(rule, case, start, inf)
    return heard_phrase(rule, case, found, (start, inf)) or missing(rule, case, found, NO_PHRASE)


def heard_phrase(rule: PhraseRule, case: Case, found: Evidence, within: Span) -> Finding | None:
    """Said, or perhaps, or only half of it `within` those seconds; None: not said."""
    if found.said is Said.YES:
        return with_evidence(rule, Verdict.PASS, found, heard_all(found))
    if found.said is Said.MAYBE:
        return with_evidence(rule, Verdict.UNSURE, found, reason(Code.HEARD_IN_PART, phrase=found.phrase))
    return _half(rule, case, within)


def _wanted(rule: PhraseRule, case: Case, start: float, end: float) -> Evidence:
    assert case.agent is not None
    return case.agent.best(rule.phrases, start, end, rule.others)


def _half(rule: PhraseRule, case: Case, within: Span) -> Finding | None:
    """Where only a part of the phrase was heard, and clearly."""
    assert case.agent is not None
    half = case.agent.best(rule.partial, *within)
    if (
        half.said is not Said.YES
        or half.match is None
        or half.match.worst > case.standard.thresholds.sure / 2
    ):
        return None
    return with_evidence(rule, Verdict.UNSURE, half, reason(Code.HEARD_SHORTENED, phrase=half.phrase))


@once
def after_the_caller_spoke(case: Case) -> float:
    """What is said before the caller's first sound belongs to the opening, whatever its words.

    So does what the agent says in one breath with the first word: noise on the caller's side may pass for
    their first. And no opening lasts OPENED seconds: noise may hide it.
    """
    agent = case.agent.words if case.agent else ()
    spoken = caller_spans(case)
    if not agent:
        return spoken[0][0] if spoken else 0.0
    rule = case.standard.rule("opening")
    silent = agent[0].start + rule.within if isinstance(rule, OpeningRule) else 0.0
    since = spoken[0][0] if spoken else silent
    if agent[0].start < OPENED:  # else it is no opening
        since = max(since, next(split_utterances(agent))[-1].end)
    return min(since, agent[0].start + OPENED)


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
        Said.YES: heard_all(*parts),
        Said.MAYBE: reason(Code.HEARD_IN_PART, phrase=worst.phrase),
        Said.NO: reason(Code.NOT_HEARD_AT_BEGINNING, phrase=worst.phrase),
    }[worst.said]
    return Finding(rule.id, verdict, clause(rule), heard[0].start, heard[-1].end, join_text(heard), why)
