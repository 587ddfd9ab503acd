"""Verdicts wanted beside verdicts given: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from callcenter.corpus.dialogues import Wanted
from callcenter.domain.findings import Finding, Verdict

UNJUDGED = "none"
"""Given where the standard that judged has no such rule, or nothing can be known by it."""

CLOSE = timedelta(minutes=1)
"""What is promised is told to the minute."""

DECIDED = {Verdict.PASS, Verdict.FAIL}


class Result(StrEnum):
    """A flip is a pass called fail, or a fail called pass; `other` is a call that the rule passed over."""

    RIGHT = "right"
    UNSURE = "unsure"
    FLIP = "flip"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One verdict wanted of one dialogue, and the finding that was made."""

    dialogue: str
    rule: str
    wanted: Wanted
    finding: Finding | None

    @property
    def verdict_wanted(self) -> Verdict:
        """Of a promise: that it is found."""
        return Verdict.PASS if isinstance(self.wanted, timedelta) else self.wanted

    @property
    def given(self) -> str:
        """The verdict; a promise that was found, but due at another time, counts as a fail."""
        if self.finding is None:
            return UNJUDGED
        found = self.finding.verdict
        if (
            found is Verdict.PASS
            and isinstance(self.wanted, timedelta)
            and not _is_due(self.finding, self.wanted)
        ):
            return Verdict.FAIL.value
        return found.value

    @property
    def result(self) -> Result:
        if self.given == self.verdict_wanted:
            return Result.RIGHT
        if self.given == Verdict.UNSURE:
            return Result.UNSURE
        return Result.FLIP if {self.given, self.verdict_wanted} == DECIDED else Result.OTHER


def _is_due(finding: Finding, wanted: timedelta) -> bool:
    """Whether the promise that was found (`within` seconds of its being made) is the one that was wanted."""
    within = finding.reason.args.get("within") if finding.reason else None
    return within is not None and abs(timedelta(seconds=float(within)) - wanted) <= CLOSE


def compare(dialogue: str, expect: Mapping[str, Wanted], findings: Iterable[Finding]) -> list[Outcome]:
    """An outcome for each verdict that is wanted."""
    found = {finding.rule: finding for finding in findings}
    return [Outcome(dialogue, rule, wanted, found.get(rule)) for rule, wanted in expect.items()]


@dataclass(frozen=True, slots=True)
class Score:
    """All outcomes of a corpus."""

    outcomes: Sequence[Outcome]

    @property
    def results(self) -> Counter[Result]:
        return Counter(outcome.result for outcome in self.outcomes)

    @property
    def flips(self) -> int:
        return self.results[Result.FLIP]

    @property
    def unsure_share(self) -> float:
        """From 0 to 1, of all verdicts that were wanted."""
        return self.results[Result.UNSURE] / max(1, len(self.outcomes))

    @property
    def confusion(self) -> dict[str, dict[str, Counter[str]]]:
        """How often each verdict was given, by rule and by the verdict wanted."""
        table: dict[str, dict[str, Counter[str]]] = {}
        for outcome in self.outcomes:
            row = table.setdefault(outcome.rule, {}).setdefault(outcome.verdict_wanted.value, Counter())
            row[outcome.given] += 1
        return table

    @property
    def wrong(self) -> list[Outcome]:
        """Every outcome that is not right."""
        return [outcome for outcome in self.outcomes if outcome.result is not Result.RIGHT]
