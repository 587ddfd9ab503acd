"""When each party speaks, and when nobody does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from callcenter.judging.case import Case, once
from callcenter.judging.hearing import Hearing
from transcripts.recogniser import Word
from transcripts.utterances import split_utterances
from transcripts.voice import Span, Voice

STRETCHED = 0.8
"""Seconds for each character from which on a word is no word."""
BREATH = 0.5
"""Seconds between two words that do not end a stretch of speech."""
AROUND = 0.3
"""Seconds of sound before and after words that are still somebody's who speaks."""


@once
def agent_spans(case: Case) -> tuple[Span, ...]:
    return spans(case.agent, case.agent_voice)


@once
def caller_spans(case: Case) -> tuple[Span, ...]:
    return spans(case.caller, case.caller_voice)


@once
def agent_heard(case: Case) -> tuple[Span, ...]:
    return heard_spans(case.agent, case.agent_voice)


@once
def caller_heard(case: Case) -> tuple[Span, ...]:
    return heard_spans(case.caller, case.caller_voice)


@once
def said_to_caller(case: Case) -> list[Word]:
    """The agent's words but for those during a hold, which reach no caller."""
    words, holds = case.agent.words if case.agent else (), case.facts.holds
    return [word for word in words if not any(start <= word.start < end for start, end in holds)]


def spans(hearing: Hearing | None, voice: Voice | None) -> tuple[Span, ...]:
    """Where a party speaks: as it was measured, else where words were heard."""
    if voice is not None:
        return voice.spans
    if hearing is None:
        return ()
    words = spoken(hearing.words, voice)
    return tuple((part[0].start, part[-1].end) for part in split_utterances(words, BREATH))


def heard_spans(hearing: Hearing | None, voice: Voice | None) -> tuple[Span, ...]:
    """What of `spans` words were heard in: a street that swells, and people in the background, are measured
    as a voice as well."""
    measured = spans(hearing, voice)
    if hearing is None or voice is None:
        return measured
    parts = split_utterances(spoken(hearing.words, voice), 2 * AROUND)
    said = [(part[0].start - AROUND, part[-1].end + AROUND) for part in parts]
    both = ((max(a, b), min(c, d)) for a, c in measured for b, d in said)
    return tuple((start, end) for start, end in both if start < end)


def spoken(words: Iterable[Word], voice: Voice | None) -> list[Word]:
    """The words that somebody spoke: in noise a recogniser gives a silence to some word, which then takes
    longer than anybody needs for it, or stands where there is no voice."""
    return [
        word
        for word in words
        if word.end - word.start <= STRETCHED * len(word.text)
        and (voice is None or any(word.start < end and start < word.end for start, end in voice.spans))
    ]


def silences(spans: Sequence[Span], start: float, end: float) -> Iterator[Span]:
    """The stretches between `start` and `end` in which none of `spans` (in any order) is."""
    reached = start
    for begin, stop in sorted(spans):
        if begin > reached and reached < end:
            yield reached, min(begin, end)
        reached = max(reached, stop)
    if reached < end:
        yield reached, end


def longest(spans: Sequence[Span]) -> Span | None:
    return max(spans, key=lambda span: span[1] - span[0], default=None)


def within(words: Sequence[Word], start: float, end: float) -> list[Word]:
    """The words of which at least half lies between `start` and `end`."""
    return [word for word in words if start <= (word.start + word.end) / 2 <= end]
