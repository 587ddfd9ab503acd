"""What an agent never says (A10), judged by the utterance and by where the word stands in it.

The words are short, and their sounds are in many proper sentences: one counts where it was heard nearly
exactly, stands where it is forbidden, and no proper phrase fits there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason, reason
from callcenter.domain.standards import Forbidden, ForbiddenRule
from callcenter.judging.case import Case
from callcenter.judging.hearing import Hearing, Said, pattern
from callcenter.judging.outcome import cannot_judge_words, gravest, plain, spanned
from callcenter.judging.sequences import made_of, occurrences, sounds_of
from callcenter.judging.speech import said_to_caller
from transcripts.alignment import Heard, find, spread
from transcripts.recogniser import Word
from transcripts.utterances import join_text, split_utterances

EXACT = 0.1
"""The mean cost up to which a word's sounds were heard: no more than tones and the like are off."""
NEAR = 0.25
"""The same where the narrow pass must have heard the word as well."""
LONG = 3
"""Syllables from which on the sounds alone say that it was this word."""
AROUND = 0.5
"""Seconds by which the two passes may differ about when a word was said."""
PARTICLES = ("啊", "呀", "嗯", "哦", "呃", "哎", "那", "这", "就", "呢", "吧", "嘛", "您好", "喂")
"""What may stand before or after a word without making another sentence of it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A forbidden word in an utterance: its first and last syllable, and whether it is certain."""

    word: str
    first: int
    last: int
    said: Said
    start: float
    end: float
    heard: str


def forbidden(rule: ForbiddenRule, case: Case) -> Finding:
    """None of the words stands where it must not, in what the agent says to the caller."""
    if early := cannot_judge_words(rule, case):
        return early
    assert case.agent is not None
    parts = split_utterances(said_to_caller(case))
    found = [each for part in parts for each in _in(rule, case.agent, part)]
    told = [_finding(rule, each) for each in sorted(found, key=lambda each: each.start)]
    return gravest(told) if told else plain(rule, Verdict.PASS, Reason(Code.NOTHING_FORBIDDEN))


def _finding(rule: ForbiddenRule, found: Found) -> Finding:
    sure = found.said is Said.YES
    verdict = Verdict.FAIL if sure else Verdict.UNSURE
    why = reason(Code.FORBIDDEN_SAID if sure else Code.FORBIDDEN_PERHAPS, word=found.word)
    return spanned(rule, verdict, (found.start, found.end), why, found.heard)


def _in(rule: ForbiddenRule, agent: Hearing, words: Sequence[Word]) -> Iterator[Found]:
    heard = spread(words)
    candidates = list(_candidates(rule, agent, words, heard))
    taken = {at for _, found in candidates for at in range(found.first, found.last + 1)}
    for each, found in candidates:
        if _stands(each, found, heard, taken) and not _proper(each, found, words, agent):
            yield found


def _candidates(
    rule: ForbiddenRule, agent: Hearing, words: Sequence[Word], heard: Sequence[Heard]
) -> Iterator[tuple[Forbidden, Found]]:
    places = occurrences(tuple(each.word for each in rule.words), heard, NEAR)
    for wanted, found in zip(rule.words, places, strict=True):
        for first, cost in found:
            last = first + len(sounds_of(wanted.word)) - 1
            span = heard[first].start, heard[last].end
            text = join_text(words[heard[first].word : heard[last].word + 1])
            spotted = _spotted(wanted.word, agent, *span)
            said = _said(len(sounds_of(wanted.word)), cost, spotted, wanted.word in text)
            if said is not Said.NO:
                yield wanted, Found(wanted.word, first, last, said, *span, text)


def _said(syllables: int, cost: float, spotted: bool, same: bool) -> Said:
    """Of one syllable only the very word counts, for nearly any syllable is some word's; of two, what both
    passes heard, or what was written so."""
    if same:
        return Said.YES
    if syllables == 1:
        return Said.NO
    if spotted:
        return Said.YES
    if cost > EXACT:
        return Said.MAYBE if syllables > LONG else Said.NO
    return Said.YES if syllables >= LONG else Said.MAYBE


def _spotted(word: str, agent: Hearing, start: float, end: float) -> bool:
    if agent.spotted is None:
        return False
    narrow = find(pattern(word), agent.spotted, start - AROUND, end + AROUND)
    return narrow is not None and narrow.worst <= agent.thresholds.spot


def _stands(wanted: Forbidden, found: Found, heard: Sequence[Heard], taken: set[int]) -> bool:
    """Whether the word stands where it is forbidden."""
    before, after = range(found.first), range(found.last + 1, len(heard))
    free_before = _nothing_but_particles(before, heard, taken)
    free_after = _nothing_but_particles(after, heard, taken)
    return {
        "anywhere": True,
        "begins": free_before,
        "ends": free_after,
        "alone": free_before and free_after,
    }[wanted.where]


def _nothing_but_particles(part: range, heard: Sequence[Heard], taken: set[int]) -> bool:
    """Other forbidden words make no proper sentence either."""
    return made_of([heard[at] for at in part if at not in taken], PARTICLES, EXACT)


def _proper(wanted: Forbidden, found: Found, words: Sequence[Word], agent: Hearing) -> bool:
    fits = [find(pattern(phrase), words) for phrase in wanted.proper]
    return any(
        fit.worst <= agent.thresholds.sure and fit.start < found.end and found.start < fit.end
        for fit in fits
        if fit is not None
    )
