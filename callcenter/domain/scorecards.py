"""Scorecards (REQUIREMENTS.md C2): from the verdicts on a call and the weights of its standard to a score.

What nobody could decide and what did not apply is in no sum: it is told beside the score, and never counts
for or against an agent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, Final

from callcenter.domain.findings import Verdict
from callcenter.domain.standards import Standard

FULL: Final = 100.0
"""The score of a call in which every rule that was decided is kept."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What hangs on a rule: `points` (0: it is told and does not count), or the whole call."""

    points: float = 1.0
    automatic_fail: bool = False


Weights = Mapping[str, Weight]
"""By the rule's id."""


def weights_of(standard: Standard) -> dict[str, Weight]:
    """The weights of a standard."""
    return {rule.id: Weight(rule.weight, rule.automatic_fail) for rule in standard.rules}


def kept_weights(rules: Mapping[str, Mapping[str, Any]]) -> dict[str, Weight]:
    """The weights of a standard as they were kept: by rule, with `weight` and `automatic_fail`."""
    return {id: Weight(float(kept["weight"]), bool(kept["automatic_fail"])) for id, kept in rules.items()}


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What a call's verdicts come to.

    `gained` of `possible` points; `failed_by` are the automatic-fail rules that were not kept: one of them
    makes the score 0. `unsure` and `not_applicable` are the rules that are in no sum.
    """

    gained: float
    possible: float
    failed_by: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether an automatic-fail rule was not kept."""
        return bool(self.failed_by)

    @property
    def earned(self) -> float | None:
        """The score by points alone, 0 to 100; None where no rule that counts was decided."""
        return FULL * self.gained / self.possible if self.possible else None

    @property
    def score(self) -> float | None:
        """0 to 100, 0 after an automatic fail; None where no rule that counts was decided."""
        return 0.0 if self.failed else self.earned

    @property
    def settled(self) -> bool:
        """Whether no person's word can change it any more: nothing is unsure."""
        return not self.unsure


def score_call(verdicts: Mapping[str, Verdict], weights: Weights) -> Scorecard:
    """The scorecard of one call; a rule that the weights do not know counts nothing.

    Where people have reviewed the call, `verdicts` are theirs.
    """
    none = Weight(0.0)
    points = {rule: weights.get(rule, none).points for rule in verdicts}
    by_verdict = {each: tuple(rule for rule in verdicts if verdicts[rule] is each) for each in Verdict}
    gained = sum(points[rule] for rule in by_verdict[Verdict.PASS])
    lost = sum(points[rule] for rule in by_verdict[Verdict.FAIL])
    return Scorecard(
        gained,
        gained + lost,
        tuple(rule for rule in by_verdict[Verdict.FAIL] if weights.get(rule, none).automatic_fail),
        by_verdict[Verdict.UNSURE],
        by_verdict[Verdict.NOT_APPLICABLE],
        dict(verdicts),
    )


@dataclass(frozen=True, slots=True)
class AgentScore:
    """What an agent's calls come to.

    `mean` is of the `scored` calls (None where there is none); `failed` calls broke an automatic-fail rule;
    `unsettled` ones wait for a person. `rules`: by rule, how many calls had which verdict.
    """

    calls: int
    scored: int
    mean: float | None
    failed: int
    unsettled: int
    rules: Mapping[str, Mapping[Verdict, int]]

    def kept(self, rule: str) -> float | None:
        """The share of decided calls in which a rule was kept, 0 to 1; None where it was never decided."""
        counts = self.rules.get(rule, {})
        decided = counts.get(Verdict.PASS, 0) + counts.get(Verdict.FAIL, 0)
        return counts.get(Verdict.PASS, 0) / decided if decided else None


def score_agent(cards: Iterable[Scorecard]) -> AgentScore:
    """What several calls come to together: each call counts the same, however many rules were decided."""
    cards = list(cards)
    scores = [card.score for card in cards if card.score is not None]
    rules: dict[str, Counter[Verdict]] = {}
    for card in cards:
        for rule, verdict in card.verdicts.items():
            rules.setdefault(rule, Counter())[verdict] += 1
    return AgentScore(
        calls=len(cards),
        scored=len(scores),
        mean=fmean(scores) if scores else None,
        failed=sum(card.failed for card in cards),
        unsettled=sum(not card.settled for card in cards),
        rules=rules,
    )
