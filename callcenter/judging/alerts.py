"""What is told while a call lasts: no greeting, a word never to be said, a wait since 「请稍等」.

Told at once, by the words heard so far; the verdicts come from the whole call afterwards. Only what is
certain is told: who is warned for nothing does not listen the next time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from callcenter.domain.alerts import LIMITS, Alert, AlertLimits, Kind, Whom
from callcenter.domain.calls import Line
from callcenter.domain.findings import Verdict
from callcenter.domain.standards import ForbiddenRule, OpeningRule, PhraseRule, Standard, WaitRule
from callcenter.judging.case import Case
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.forbidding import forbidden
from callcenter.judging.hearing import Hearing, Said
from callcenter.judging.phrases import opening
from transcripts.recogniser import Word
from transcripts.utterances import join_text, split_utterances


@dataclass(slots=True)
class Watch:
    """One agent's side of a call; `first`: they are the one who answered it."""

    standard: Standard
    names: tuple[str, ...] = ()
    line: Line = Line.EXTERNAL
    first: bool = True
    limits: AlertLimits = LIMITS
    _told: set[tuple[Kind, Whom, float]] = field(default_factory=set)
    _checked: set[float] = field(default_factory=set)
    _greeted: bool = False

    def look(self, words: Sequence[Word], now: float, *, speaking: bool, held: bool) -> list[Alert]:
        """What is to be told now and was not told yet.

        `words` are those of the latest utterances, `now` is how far the call was heard, both in call time.
        `speaking`: more is being said. `held`: the call is on hold, of which the switchboard warns.
        """
        found = [*self._opening(words, now, speaking), *self._forbidden(words, now)]
        if not speaking and not held:
            found += self._waiting(words, now)
        new = [each for each in found if (each.kind, each.whom, each.at) not in self._told]
        self._told |= {(each.kind, each.whom, each.at) for each in new}
        return new

    def _opening(self, words: Sequence[Word], now: float, speaking: bool) -> Iterator[Alert]:
        rule = self.standard.rule("opening")
        if not self.first or self._greeted or not self.limits.opening or now < self.limits.opening:
            return
        if speaking and not words:
            return  # their first sentence is not over
        self._greeted = True  # or never to be: what is said later is no greeting
        if isinstance(rule, OpeningRule) and opening(rule, self._case(words, now)).verdict is Verdict.FAIL:
            for whom in Whom:
                yield Alert(Kind.OPENING, whom, 0.0, now)

    def _forbidden(self, words: Sequence[Word], now: float) -> Iterator[Alert]:
        rule = self.standard.rule("forbidden")
        if not isinstance(rule, ForbiddenRule):
            return
        for part in split_utterances(words):
            if part[0].start in self._checked:
                continue
            self._checked.add(part[0].start)
            found = forbidden(rule, self._case(part, now))
            if found.verdict is Verdict.FAIL:
                for whom in Whom:
                    yield Alert(Kind.FORBIDDEN, whom, part[0].start, now - part[0].start, found.heard)

    def _waiting(self, words: Sequence[Word], now: float) -> Iterator[Alert]:
        last = list(split_utterances(words))[-1:]
        since = last[0][-1].end if last else now
        limits = {Whom.AGENT: self.limits.agent, Whom.SUPERVISOR: self.limits.supervisor}
        due = [whom for whom, limit in limits.items() if limit and now - since >= limit]
        if due and self._asked(last[0]):
            for whom in due:
                yield Alert(Kind.WAITING, whom, since, now - since, join_text(last[0]))

    def _asked(self, words: Sequence[Word]) -> bool:
        """Whether the last that was said asks the caller to wait."""
        rules = [self.standard.rule("wait_limit"), self.standard.rule("ask_to_wait")]
        asks = [rule.asks for rule in rules if isinstance(rule, WaitRule)]
        asks += [rule.phrases for rule in rules if isinstance(rule, PhraseRule)]
        hearing = Hearing(words, self.standard.thresholds)
        found = hearing.best([phrase for each in asks for phrase in each], 0.0, float("inf"))
        return found.said is Said.YES

    def _case(self, words: Sequence[Word], now: float) -> Case:
        facts = replace(JudgeFacts(), line=self.line)
        return Case(self.standard, facts, Hearing(words, self.standard.thresholds), None, self.names, now)
