"""The caller's waits, and what is said before and after each (A6).

A wait is a stretch in which the agent says nothing to the caller: on hold by the signalling; after
「请稍等」; or after the caller's words, where nobody says anything for long and the agent is the next to
speak. What an agent says during a hold reaches no caller and ends no wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason, reason
from callcenter.domain.standards import PhraseRule, Standard, WaitRule
from callcenter.judging.case import Case, once
from callcenter.judging.hearing import NOTHING, Evidence, Hearing, Said
from callcenter.judging.outcome import cannot_judge_words, gravest, plain, spanned, with_evidence
from callcenter.judging.phrases import heard_phrase
from callcenter.judging.speech import (
    BREATH,
    agent_heard,
    caller_heard,
    caller_spans,
    longest,
    said_to_caller,
    silences,
    spoken,
)
from transcripts.alignment import spread
from transcripts.sound import TONE_COST, cost, syllables
from transcripts.voice import Span

SILENCE = 5.0
"""Seconds of silence after 「请稍等」 that make a wait, where the standard has no rule that says so."""
UNASKED = 2.0
"""So many times as long a silence is a wait without 「请稍等」."""
BEFORE = 8.0
"""Seconds before a silence in which 「请稍等」 announces it."""
SHORTEST_HOLD = 2.0
"""A hold below it (a telephone changing its codec, two keys pressed) made nobody wait."""
EARLY = 2.0
"""Seconds before the first word of who comes back in which the narrow pass may have heard them already."""
UNCERTAIN = 1.0
"""How far a wait's length by the words heard may be off, in seconds."""
WANTING = syllables("帮给替你您")
"""Before 「我查一下」 and the like, or in place of 我, they say that the other is to do it."""
SAME_TIME = 0.01
"""Seconds by which two times that are the same may differ."""


@dataclass(frozen=True, slots=True)
class Wait:
    """From `start` to `end`, in seconds of call time. `back`: the agent spoke again afterwards.

    `held`: by the signalling, whose times are exact.
    """

    start: float
    end: float
    held: bool
    back: bool

    @property
    def seconds(self) -> float:
        return self.end - self.start


@once
def waits(case: Case) -> list[Wait]:
    """Every wait of the call, in order."""
    return [wait for gap in _gaps(case) if (wait := _wait(case, gap)) is not None]


@dataclass(frozen=True, slots=True)
class _Gap:
    """What lies between two words that the agent said to the caller; the last one ends with the call."""

    start: float
    end: float
    back: bool
    holds: tuple[Span, ...]


def _gaps(case: Case) -> Iterator[_Gap]:
    holds = [hold for hold in case.facts.holds if hold[1] - hold[0] >= SHORTEST_HOLD]
    reached = 0.0
    for word in spoken(said_to_caller(case), case.agent_voice):
        yield _Gap(reached, word.start, True, _during(holds, reached, word.start))
        reached = word.end
    yield _Gap(reached, max(case.duration, reached), False, _during(holds, reached, inf))


def _during(holds: Sequence[Span], start: float, end: float) -> tuple[Span, ...]:
    return tuple(hold for hold in holds if start <= (hold[0] + hold[1]) / 2 < end)


def _wait(case: Case, gap: _Gap) -> Wait | None:
    return _on_hold(case, gap) if gap.holds else _by_silence(case, gap)


def _on_hold(case: Case, gap: _Gap) -> Wait:
    """From 「请稍等」, else from the last word before the hold; until the agent speaks, or the caller may."""
    first, last = gap.holds[0][0], gap.holds[-1][1]
    callers = caller_heard(case)
    start = gap.start
    if _asked(case, gap).said is Said.NO:
        start = max([start, *(end for _, end in callers if end <= first)])
    answered = [begin for begin, _ in callers if last <= begin < gap.end]
    end = max(last, min([gap.end, *answered])) if gap.back else last
    return Wait(min(start, first), end, True, gap.back)


def _by_silence(case: Case, gap: _Gap) -> Wait | None:
    enough = _silence(case.standard)
    if gap.end - gap.start < enough or not gap.start:
        return None
    asked = _asked(case, gap).said
    callers = caller_heard(case)
    quiet = longest(tuple(silences((*agent_heard(case), *callers), gap.start, gap.end)))
    if quiet is None or quiet[1] - quiet[0] < enough * (1.0 if asked is Said.YES else UNASKED):
        return None
    if asked is not Said.NO:
        return Wait(gap.start, gap.end, False, gap.back)
    waited = [end for _, end in callers if gap.start < end <= quiet[0]]
    if not waited or not gap.back or _caller_asked(case, quiet[0]):
        return None
    return Wait(max(waited), gap.end, False, True)


def _asked(case: Case, gap: _Gap) -> Evidence:
    """Whether the caller was asked to wait just before this gap."""
    return _best(case.agent, _asks(case.standard), _since(case, gap.start, BEFORE), gap.start)


def _since(case: Case, start: float, window: float) -> float:
    """Where what is said before a wait begins: what the caller answered asked nobody to wait after it."""
    spoken = caller_spans(case)
    first = spoken[0][0] if spoken and spoken[0][0] < start else 0.0
    return max(first, start - window)


def _caller_asked(case: Case, at: float) -> bool:
    """Whether it is the caller who asked the agent to wait (「等一下，我看看」)."""
    found = _best(case.caller, _asks(case.standard), at - BEFORE, at)
    return found.said is not Said.NO and not _wanted_of_the_agent(case, found)


def _wanted_of_the_agent(case: Case, found: Evidence) -> bool:
    """「帮我查一下」, 「你看一下」: it is not the caller who looks."""
    if case.caller is None or found.match is None or not found.phrase.startswith("我"):
        return False
    since, until = found.match.start - BREATH, found.match.start + SAME_TIME
    near = [each for each in spread(case.caller.words) if each.end > since and each.start <= until]
    return any(cost(one, each.sound) <= TONE_COST for one in WANTING for each in near[-2:])


def _best(
    heard: Hearing | None, phrases: Sequence[str], start: float, end: float, others: Sequence[str] = ()
) -> Evidence:
    return heard.best(phrases, start, end, others) if heard else NOTHING


def _asks(standard: Standard) -> tuple[str, ...]:
    limit, ask = standard.rule("wait_limit"), standard.rule("ask_to_wait")
    return (
        *(limit.asks if isinstance(limit, WaitRule) else ()),
        *(ask.phrases if isinstance(ask, PhraseRule) else ()),
    )


def _silence(standard: Standard) -> float:
    rule = standard.rule("wait_limit")
    return rule.silence if isinstance(rule, WaitRule) else SILENCE


# -- the rules --------------------------------------------------------------------------------------------


def ask_to_wait(rule: PhraseRule, case: Case) -> Finding:
    """Before each wait the caller is asked to."""
    return _each(rule, case, lambda wait: _asked_before(rule, case, wait))


def apology_after_wait(rule: PhraseRule, case: Case) -> Finding:
    """After each wait from which the agent came back."""
    return _each(rule, case, lambda wait: _sorry_after(rule, case, wait))


def wait_limit(rule: WaitRule, case: Case) -> Finding:
    """No wait is longer than the limit, unless a call back was offered."""
    return _each(rule, case, lambda wait: _not_too_long(rule, case, wait))


def _each(rule: PhraseRule | WaitRule, case: Case, judge: Callable[[Wait], Finding]) -> Finding:
    if early := cannot_judge_words(rule, case):
        return early
    found = [judge(wait) for wait in waits(case)]
    return gravest(found) if found else plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NO_WAIT))


def _asked_before(rule: PhraseRule, case: Case, wait: Wait) -> Finding:
    since = _since(case, wait.start, BEFORE if rule.window is None else rule.window)
    found = _best(case.agent, rule.phrases, since, wait.start, rule.others)
    return _said_around(rule, case, wait, found, (since, wait.start), Code.NOT_ASKED_TO_WAIT)


def _sorry_after(rule: PhraseRule, case: Case, wait: Wait) -> Finding:
    if not wait.back:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NOBODY_CAME_BACK))
    assert case.agent is not None
    until = wait.end + (BEFORE if rule.window is None else rule.window)
    since = max(wait.start, wait.end - EARLY)
    found = _best(case.agent, rule.phrases, since, until, rule.others)
    return _said_around(rule, case, wait, found, (since, until), Code.NO_APOLOGY)


def _said_around(
    rule: PhraseRule, case: Case, wait: Wait, found: Evidence, within: Span, otherwise: Code
) -> Finding:
    why = reason(otherwise, seconds=wait.seconds)
    return heard_phrase(rule, case, found, within) or spanned(rule, Verdict.FAIL, (wait.start, wait.end), why)


def _not_too_long(rule: WaitRule, case: Case, wait: Wait) -> Finding:
    lasted = {"seconds": wait.seconds, "limit_seconds": rule.limit}
    span = (wait.start, wait.end)
    if wait.seconds <= rule.limit - (0.0 if wait.held else UNCERTAIN):
        return spanned(rule, Verdict.PASS, span, Reason(Code.WAITED, lasted))
    offer = _best(case.agent, rule.offers, _since(case, wait.start, BEFORE), wait.end + BEFORE)
    if offer.said is Said.YES:
        why = Reason(Code.WAITED_OFFERED, {**lasted, "phrase": offer.phrase})
        return with_evidence(rule, Verdict.PASS, offer, why)
    if wait.seconds <= rule.limit + UNCERTAIN:
        return spanned(rule, Verdict.UNSURE, span, Reason(Code.WAITED_ABOUT, lasted))
    if offer.said is Said.MAYBE:
        return spanned(rule, Verdict.UNSURE, span, reason(Code.HEARD_IN_PART, phrase=offer.phrase))
    return spanned(rule, Verdict.FAIL, span, Reason(Code.WAITED, lasted))
