"""What is collected of the caller, and whether the agent says it again (A7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason, reason
from callcenter.domain.standards import CollectRule, RepeatRule
from callcenter.domain.tickets import KIND_IDS
from callcenter.judging.aloud import ways_to_say
from callcenter.judging.case import Case
from callcenter.judging.common import Common, common
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.hearing import Evidence, Said, pattern
from callcenter.judging.outcome import cannot_judge_end, plain, spanned
from callcenter.judging.phrases import after_the_caller_spoke
from callcenter.judging.speech import within
from transcripts.alignment import Match, find, spread
from transcripts.utterances import join_text, split_utterances
from transcripts.voice import Span

ENOUGH_SAID = 6
"""Syllables of the caller from which on they have said what they want."""
AGAIN = 4.0
"""So many syllables that both said, one after the other, are one repeating the other. Measured: what two
strangers have in common reaches 3, repeated matters begin at 5."""
PERHAPS_AGAIN = 3.2
HALF_HEARD = 0.12
"""By so much less than the rule's share of a number may be heard where nobody can tell."""


# -- collected --------------------------------------------------------------------------------------------


def info_collected(rule: CollectRule, case: Case) -> Finding | None:
    """Each item that the matter needs is asked for, unless the caller told it or it is on record.

    None while the agent may still write down what kind of matter it is.
    """
    if early := cannot_judge_end(rule, case):
        return early
    if case.facts.matter is None and case.facts.pending:
        return None
    if case.facts.matter is None:
        return plain(rule, Verdict.UNSURE, Reason(Code.MATTER_UNKNOWN))
    wanted = rule.wanted.get(case.facts.matter, ())
    if not wanted:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NOTHING_TO_COLLECT))
    asked = {item: _asked(rule, case, item) for item in wanted}
    said = {item: Said.YES if _known(item, case) else found.said for item, found in asked.items()}
    spans = [found.match for found in asked.values() if found.said is Said.YES and found.match]
    for level, verdict, code in _OUTCOMES:
        items = [item for item in wanted if said[item] is level]
        if items:
            return _on(
                rule,
                verdict,
                case,
                [(each.start, each.end) for each in spans],
                Reason(code, {"items": items}),
            )
    raise AssertionError("an item is said, perhaps said, or not said")


_OUTCOMES = (
    (Said.NO, Verdict.FAIL, Code.NOT_COLLECTED),
    (Said.MAYBE, Verdict.UNSURE, Code.PERHAPS_COLLECTED),
    (Said.YES, Verdict.PASS, Code.COLLECTED),
)


def _asked(rule: CollectRule, case: Case, item: str) -> Evidence:
    assert case.agent is not None
    return case.agent.best(rule.asks.get(item, ()), 0.0, inf)


def _known(item: str, case: Case) -> bool:
    """Whether it is on record; what the caller wants is told by whoever says more than a few words."""
    if item == "matter":
        return case.caller is not None and len(spread(case.caller.words)) >= ENOUGH_SAID
    facts = case.facts
    if item == "telephone" and facts.number_known:
        return True
    return bool({"household": facts.household, "surname": facts.surname, "telephone": facts.phone}.get(item))


# -- repeated ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Again:
    """Whether an item was said again, and where."""

    item: str
    said: Said
    span: Span | None = None


def repeat_back(rule: RepeatRule, case: Case) -> Finding:
    """The agent says again what the caller told: the room and the telephone, the matter."""
    if early := cannot_judge_end(rule, case):
        return early
    assert case.agent is not None
    numbers = [_number(rule, case, item, written) for item, written in _numbers(case.facts)]
    matter = _matter(case)
    if not numbers and matter.said is Said.NO and not _needs_household(case.facts):
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NOTHING_TO_REPEAT))
    return _repeated(rule, case, numbers, matter)


def _numbers(facts: JudgeFacts) -> Iterable[tuple[str, str]]:
    if facts.household:
        yield "household", facts.household
    if facts.phone:
        yield "telephone", facts.phone


def _needs_household(facts: JudgeFacts) -> bool:
    return facts.matter is not None and KIND_IDS[facts.matter].household


def _number(rule: RepeatRule, case: Case, item: str, written: str) -> Again:
    assert case.agent is not None
    since, words = after_the_caller_spoke(case), case.agent.words
    fits = [find(pattern(way), words, since) for way in ways_to_say(written)]
    best = min((fit for fit in fits if fit), key=lambda fit: fit.cost, default=None)
    said = _share_heard(rule, best)
    return Again(item, said, (best.start, best.end) if best and said is not Said.NO else None)


def _share_heard(rule: RepeatRule, fit: Match | None) -> Said:
    heard = 1.0 - fit.cost if fit else 0.0
    if heard >= rule.share:
        return Said.YES
    return Said.MAYBE if heard >= rule.share - HALF_HEARD else Said.NO


def _matter(case: Case) -> Again:
    """The stretch of the agent's words that has most in common with what the caller had said before it."""
    assert case.agent is not None
    words = case.caller.words if case.caller else ()
    told, best = spread(words), Common(0.0)
    for part in split_utterances(case.agent.words):
        before, said = [each for each in told if words[each.word].end <= part[0].start], spread(part)
        if min(len(before), len(said)) > best.score:  # no more can be common than either has
            best = max(best, common(before, said), key=lambda each: each.score)
    again = Said.YES if best.score >= AGAIN else Said.MAYBE if best.score >= PERHAPS_AGAIN else Said.NO
    return Again("matter", again, (best.start, best.end) if again is not Said.NO else None)


def _repeated(rule: RepeatRule, case: Case, numbers: list[Again], matter: Again) -> Finding:
    """The numbers decide; the matter, which may be put in other words, counts where they leave a doubt."""
    all_, spans = [*numbers, matter], [each.span for each in (*numbers, matter) if each.span]
    said = [each.said for each in numbers] or [matter.said]
    again = [each.item for each in all_ if each.said is Said.YES]
    lacking = [each.item for each in (numbers or [matter]) if each.said is not Said.YES]
    if not lacking or (matter.said is Said.YES and Said.NO not in said):
        return _on(rule, Verdict.PASS, case, spans, reason(Code.REPEATED, items=again))
    if all(each.said is Said.NO for each in all_):
        return plain(rule, Verdict.FAIL, reason(Code.NOT_REPEATED, items=lacking))
    return _on(rule, Verdict.UNSURE, case, spans, reason(Code.REPEATED_IN_PART, items=lacking))


def _on(
    rule: CollectRule | RepeatRule, verdict: Verdict, case: Case, spans: list[Span], why: Reason
) -> Finding:
    """A finding on all of these stretches."""
    if not spans:
        return plain(rule, verdict, why)
    assert case.agent is not None
    span = min(start for start, _ in spans), max(end for _, end in spans)
    return spanned(rule, verdict, span, why, join_text(within(case.agent.words, *span)))
