"""How the two talk with one another: nobody is hung up on, spoken over or left in silence (A9, A10).

Noise may be measured as somebody's voice, and words may be missed: nobody is blamed unless both say so, and
where they differ a person decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from callcenter.domain.calls import HungUpBy
from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason, reason
from callcenter.domain.standards import InterruptRule, LimitRule
from callcenter.judging.case import Case
from callcenter.judging.outcome import cannot_judge_words, plain, spanned
from callcenter.judging.sequences import made_of
from callcenter.judging.signalling import goodbye
from callcenter.judging.speech import (
    agent_heard,
    agent_spans,
    caller_heard,
    caller_spans,
    longest,
    silences,
    spoken,
    within,
)
from callcenter.judging.waiting import waits
from transcripts.alignment import spread
from transcripts.recogniser import Word
from transcripts.utterances import join_text
from transcripts.voice import Span

UNCERTAIN = 0.2
"""How far the end of a sound may be off, in seconds."""
UNCERTAIN_SILENCE = 0.5
"""The same of a silence, which two of them bound."""
UNDER_WAY = 0.3
"""Seconds that the caller has spoken before somebody can interrupt them."""
SHORT = 0.8
"""A sound of the agent below it in which no word was heard is a listener's."""
LISTENING = 0.2
"""The mean cost up to which what was heard is one of the listener's sounds."""


def forced_hangup(rule: LimitRule, case: Case) -> Finding:
    """The agent hangs up no sooner than `limit` seconds after the caller's last sound, or after a goodbye."""
    facts = case.facts
    if not facts.answered:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NOT_ANSWERED))
    if facts.hangup is None and not facts.interrupted and not facts.gone:
        return plain(rule, Verdict.UNSURE, Reason(Code.HANGUP_UNKNOWN))
    if facts.hangup is not HungUpBy.AGENT or facts.gone:
        return plain(rule, Verdict.PASS, Reason(Code.NOT_HUNG_UP_BY_AGENT))
    if case.caller is None and case.caller_voice is None:
        return plain(rule, Verdict.UNSURE, Reason(Code.NO_CALLER_RECORDING))
    return _hung_up(rule, case)


def _hung_up(rule: LimitRule, case: Case) -> Finding:
    spans = caller_spans(case)
    last = spans[-1] if spans else (0.0, 0.0)
    since = max(0.0, case.duration - last[1])
    said = goodbye(case.caller.words) if case.caller else None
    if not spans or since > rule.limit + UNCERTAIN or (said is not None and said >= last[1] - 1.0):
        return spanned(
            rule, Verdict.PASS, (last[1], case.duration), reason(Code.HUNG_UP_IN_TURN, seconds=since)
        )
    words = spoken(case.caller.words, case.caller_voice) if case.caller else []
    speaking = bool(words) and case.duration - words[-1].end <= rule.limit
    verdict = Verdict.FAIL if since <= rule.limit and speaking else Verdict.UNSURE
    return spanned(rule, verdict, (last[0], case.duration), reason(Code.HUNG_UP_ON, seconds=since))


def interrupting(rule: InterruptRule, case: Case) -> Finding:
    """The agent does not begin to speak while the caller does, and go on; a listener's 「嗯」 is wanted."""
    if early := cannot_judge_words(rule, case):
        return early
    if case.caller is None and case.caller_voice is None:
        return plain(rule, Verdict.UNSURE, Reason(Code.NO_CALLER_RECORDING))
    sounded = list(_spoken_over(rule, case, agent_spans(case), caller_spans(case)))
    heard = list(_spoken_over(rule, case, agent_heard(case), caller_heard(case)))
    sure = min(([span for span, certain in over if certain] for over in (heard, sounded)), key=len)
    if len(sure) > rule.times:
        return _with_words(rule, Verdict.FAIL, case, sure[0], reason(Code.SPOKE_OVER, count=len(sure)))
    over = max(heard, sounded, key=len)
    if len(over) > rule.times:
        why = reason(Code.PERHAPS_SPOKE_OVER, count=len(over))
        return _with_words(rule, Verdict.UNSURE, case, over[0][0], why)
    return plain(rule, Verdict.PASS, Reason(Code.NEVER_SPOKE_OVER))


def _with_words(rule: InterruptRule, verdict: Verdict, case: Case, span: Span, why: Reason) -> Finding:
    assert case.agent is not None
    return spanned(rule, verdict, span, why, join_text(within(case.agent.words, *span)))


def _spoken_over(
    rule: InterruptRule, case: Case, agent: Sequence[Span], caller: Sequence[Span]
) -> Iterator[tuple[Span, bool]]:
    """Each stretch in which the agent came in upon the caller, and whether it is certain."""
    assert case.agent is not None
    for start, end in agent:
        for begin, stop in caller:
            if not begin + UNDER_WAY <= start < stop:
                continue
            both = min(end, stop) - start
            if both > rule.overlap and not _listens(rule, within(case.agent.words, start, end), end - start):
                yield (start, end), both > rule.overlap + UNCERTAIN


def _listens(rule: InterruptRule, words: Sequence[Word], seconds: float) -> bool:
    """Whether all that was said are sounds of somebody who listens."""
    return made_of(spread(words), rule.listening, LISTENING) if words else seconds < SHORT


def long_silence(rule: LimitRule, case: Case) -> Finding:
    """Nobody is silent for longer than `limit` seconds; the caller's waits have rules of their own."""
    if early := cannot_judge_words(rule, case):
        return early
    if case.caller is None and case.caller_voice is None:
        return plain(rule, Verdict.UNSURE, Reason(Code.NO_CALLER_RECORDING))
    waited = [(wait.start, wait.end) for wait in waits(case)]
    sounded = _silence((*agent_spans(case), *caller_spans(case)), waited, case.duration)
    heard = _silence((*agent_heard(case), *caller_heard(case)), waited, case.duration)
    verdict = _of_silence(rule, sounded)
    if verdict is _of_silence(rule, heard):
        code = Code.SILENCE_NEAR if verdict is Verdict.UNSURE else Code.SILENCE
        return _lasted(rule, verdict, sounded, code)
    return _lasted(rule, Verdict.UNSURE, heard, Code.SILENCE_OR_SOUND)


def _lasted(rule: LimitRule, verdict: Verdict, silence: Span, code: Code) -> Finding:
    seconds = silence[1] - silence[0]
    return spanned(rule, verdict, silence, Reason(code, {"seconds": seconds, "limit_seconds": rule.limit}))


def _of_silence(rule: LimitRule, silence: Span) -> Verdict:
    seconds = silence[1] - silence[0]
    if abs(seconds - rule.limit) <= UNCERTAIN_SILENCE:
        return Verdict.UNSURE
    return Verdict.PASS if seconds < rule.limit else Verdict.FAIL


def _silence(said: Sequence[Span], waited: Sequence[Span], duration: float) -> Span:
    """The longest in which nobody speaks, but for waits."""
    end = max((stop for _, stop in said), default=duration)  # what follows is the hanging up
    return longest(tuple(silences((*said, *waited), 0.0, end))) or (0.0, 0.0)
