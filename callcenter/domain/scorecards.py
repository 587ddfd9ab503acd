"""Scorecards (REQUIREMENTS.md C2): from the verdicts on a call and the weights of its standard to a score.

What nobody could decide and what did not apply is in no sum: it is told beside the score, and never counts
for or against an agent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from callcenter.domain.findings import Verdict

FULL: Final = 100.0
"""The score of a call in which every rule that was decided is kept."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What hangs on a rule: `points` (0: it is told and does not count), or the whole call."""

    points: float = 1.0
    automatic_fail: bool = False


WORST_FIRST: Final = (Verdict.FAIL, Verdict.UNSURE, Verdict.PASS)
"""What a call as a whole may be said to be."""

Weights = Mapping[str, Weight]
"""By the rule's id."""


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
    def worst(self) -> str:
        """The worst of the verdicts; "" where no rule applied."""
        return next((each.value for each in WORST_FIRST if each in self.verdicts.values()), "")


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
