"""How far a rule can be trusted: what people made of its findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import sqrt

from callcenter.domain.findings import Verdict

Z = 1.959964
"""Standard deviations on either side of 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Findings of `rule` that people decided alike, so many `times`: what the machine said, and what they
    came to."""

    rule: str
    standard: str
    version: str
    engine: str
    machine: Verdict
    people: Verdict
    times: int = 1


@dataclass(frozen=True, slots=True)
class RulePrecision:
    """Of one rule, in one version of a standard, with one engine: what was decided of its findings.

    `fails` and `passes` were reviewed; of them `fails_confirmed` and `passes_confirmed` held. A pass that did
    not hold is a leniency: the worse of the two mistakes. `unsure` went to people in any case.
    """

    rule: str
    standard: str
    version: str
    engine: str
    fails: int = 0
    fails_confirmed: int = 0
    passes: int = 0
    passes_confirmed: int = 0
    unsure: int = 0

    @property
    def overturned(self) -> int:
        return self.fails - self.fails_confirmed + self.passes - self.passes_confirmed

    @property
    def precision(self) -> float | None:
        """Share of its fails that people confirmed, 0 to 1; None where none was reviewed."""
        return self.fails_confirmed / self.fails if self.fails else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the precision lies with 95 % confidence, whatever the number of reviews (Wilson, 1927)."""
        return wilson(self.fails_confirmed, self.fails) if self.fails else None


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 95 % score interval of a share. Raises ValueError where nothing was counted."""
    if total <= 0 or not 0 <= hits <= total:
        raise ValueError(f"{hits} of {total} is no share")
    share, spread = hits / total, Z * Z / total
    middle = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def precision_by_rule(decided: Iterable[Decided]) -> list[RulePrecision]:
    """One row a rule, standard, version and engine, in that order."""
    rows: dict[tuple[str, str, str, str], RulePrecision] = {}
    for each in decided:
        key = (each.rule, each.standard, each.version, each.engine)
        rows[key] = _count(rows.get(key) or RulePrecision(*key), each)
    return [rows[key] for key in sorted(rows)]


def _count(row: RulePrecision, each: Decided) -> RulePrecision:
    number, held = each.times, each.times if each.people is each.machine else 0
    if each.machine is Verdict.FAIL:
        return replace(row, fails=row.fails + number, fails_confirmed=row.fails_confirmed + held)
    if each.machine is Verdict.PASS:
        return replace(row, passes=row.passes + number, passes_confirmed=row.passes_confirmed + held)
    return replace(row, unsure=row.unsure + (number if each.machine is Verdict.UNSURE else 0))
