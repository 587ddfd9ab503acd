"""Findings as they are shown: the machine's verdict, and what people made of it, which holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col
from sqlmodel.sql.expression import SelectOfScalar

from callcenter.domain.findings import Verdict
from callcenter.domain.reasons import Language
from callcenter.domain.scorecards import WORST_FIRST
from callcenter.store.judgings import IN_ORDER, is_newest
from callcenter.store.tables import Call
from callcenter.store.verdict_tables import Appeal, FindingRow, Judging, ReviewItem


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding with its set, and what was asked and said of it. `verdict` is the one that holds."""

    row: FindingRow
    judging: Judging
    item: ReviewItem | None = None
    appeal: Appeal | None = None

    @property
    def id(self) -> int:
        """By which it is reviewed: that of the first finding that said the very same."""
        assert self.row.id is not None
        return self.row.repeats or self.row.id

    @property
    def call_id(self) -> str:
        return self.row.call_id

    @property
    def rule(self) -> str:
        return self.row.rule

    @property
    def machine(self) -> str:
        """What the judge said, whatever people think of it."""
        return self.row.verdict

    @property
    def verdict(self) -> str:
        return (self.item.verdict if self.item else None) or self.row.verdict

    @property
    def gravity(self) -> int:
        """Its place among others of the call: what was not kept first, then what nobody could tell."""
        return [*WORST_FIRST, Verdict.NOT_APPLICABLE].index(Verdict(self.verdict))

    @property
    def review(self) -> str:
        """`open`, `decided`, or `none` where nobody was asked."""
        return self.item.state if self.item and self.item.state != "superseded" else "none"

    @property
    def overturned(self) -> bool:
        return self.verdict != self.machine

    @property
    def known_at(self) -> datetime:
        """Since when the verdict that holds could be known."""
        decided = self.item.decided_at if self.item else None
        return decided or self.judging.judged_at

    @property
    def clause(self) -> str:
        return self.row.clause

    @property
    def start(self) -> float | None:
        return self.row.start

    @property
    def end(self) -> float | None:
        return self.row.end

    @property
    def heard(self) -> str:
        return self.row.heard

    @property
    def why(self) -> str:
        return self.row.why

    @property
    def why_zh(self) -> str | None:
        return self.row.told("zh")

    def told(self, language: Language) -> str | None:
        return self.row.told(language)

    @property
    def standard(self) -> str:
        return self.judging.standard

    @property
    def standard_version(self) -> str:
        return self.judging.version

    @property
    def digest(self) -> str:
        return self.judging.digest

    @property
    def engine(self) -> str:
        return self.judging.engine

    @property
    def judged_at(self) -> datetime:
        return self.judging.judged_at


Rows = Select[FindingRow, Judging, ReviewItem, Appeal]

KEY = func.coalesce(col(FindingRow.repeats), col(FindingRow.id))
"""By which findings are reviewed, in a query."""


def shown_rows() -> Rows:
    """Every finding of every set, with all that belongs to it; to be narrowed."""
    return (
        select(FindingRow, Judging, ReviewItem, Appeal)
        .join(Judging, col(Judging.id) == col(FindingRow.judging_id))
        .outerjoin(ReviewItem, col(ReviewItem.finding_id) == KEY)
        .outerjoin(Appeal, col(Appeal.finding_id) == KEY)
    )


def shown(session: Session, query: Rows) -> list[Shown]:
    """What `shown_rows`, narrowed, finds."""
    return [Shown(*found) for found in session.execute(query)]


def newest_findings(
    session: Session, call_ids: Sequence[str] | SelectOfScalar[str], rules: Collection[str] = ()
) -> list[Shown]:
    """The findings of the newest set of each of the calls, of some rules or all; older verdicts stay in the
    table."""
    query = shown_rows().where(col(Judging.call_id).in_(call_ids), is_newest(Judging))
    if rules:
        query = query.where(col(FindingRow.rule).in_(rules))
    return shown(session, query.order_by(col(FindingRow.judging_id), IN_ORDER))


def by_key(session: Session, keys: Sequence[int]) -> dict[int, Shown]:
    """The findings by which people review, each as the newest set says it."""
    same = or_(col(FindingRow.id).in_(keys), col(FindingRow.repeats).in_(keys))
    found = shown(session, shown_rows().where(same).order_by(col(FindingRow.id)))
    return {each.id: each for each in found}


def has_finding(rule: str, verdict: str | None) -> ColumnElement[bool]:
    """Whether a call (`Call`) has such a finding in its newest set, by the verdict that holds (None: any).

    The calls are looked up from the rule's findings (`ix_findings_rule_verdict`), not the findings of each
    call: of 100 000 calls that takes a tenth.
    """
    finding, judging = aliased(FindingRow), aliased(Judging)
    of_rule = select(col(judging.call_id)).join(finding, col(finding.judging_id) == col(judging.id))
    of_rule = of_rule.where(col(finding.rule) == rule, is_newest(judging))
    if verdict is not None:
        item = aliased(ReviewItem)
        key = func.coalesce(col(finding.repeats), col(finding.id))
        of_rule = of_rule.outerjoin(item, col(item.finding_id) == key)
        of_rule = of_rule.where(func.coalesce(col(item.verdict), col(finding.verdict)) == verdict)
    return col(Call.id).in_(of_rule)


def worst_held() -> ScalarSelect[str]:
    """The worst verdict of a call's (`Call`) newest set, by people where they spoke; NULL if not judged."""
    judging = aliased(Judging)
    worst = func.coalesce(col(judging.reviewed_worst), col(judging.worst))
    of_call = select(worst).where(col(judging.call_id) == col(Call.id))
    return of_call.order_by(col(judging.id).desc()).limit(1).correlate(Call).scalar_subquery()
