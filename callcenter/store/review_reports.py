"""What reviews tell of the rules: their precision, how far reviewers agree, and what was overturned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import select
from sqlmodel import Session, col

from callcenter.domain.agreement import Agreement, cohen
from callcenter.domain.findings import Verdict
from callcenter.domain.precision import Decided, RulePrecision, precision_by_rule
from callcenter.domain.reviews import Opinion, blind_pair
from callcenter.store.tables import Call
from callcenter.store.verdict_tables import FindingRow, Judging, Review, ReviewItem
from callcenter.store.verdicts import Shown, shown, shown_rows


@dataclass(frozen=True, slots=True)
class RuleAgreement:
    """How far two reviewers agreed on a rule; `rule` "" is all of them together."""

    rule: str
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Overturned:
    """A finding that people decided otherwise, its call, and the last word on it."""

    finding: Shown
    call: Call
    review: Review


def precision(session: Session, since: datetime) -> list[RulePrecision]:
    """Of each rule, standard, version and engine: what people decided since then, of what it said."""
    return precision_by_rule(_decided(session, since))


def _decided(session: Session, since: datetime) -> Iterator[Decided]:
    query = (
        select(FindingRow, Judging, ReviewItem)
        .join(Judging, col(Judging.id) == col(FindingRow.judging_id))
        .join(ReviewItem, col(ReviewItem.finding_id) == col(FindingRow.id))
        .where(col(ReviewItem.state) == "decided", col(ReviewItem.decided_at) >= since)
    )
    for row, judging, item in session.execute(query):
        machine, people = Verdict(row.verdict), Verdict(item.verdict or row.verdict)
        yield Decided(row.rule, judging.standard, judging.version, judging.engine, machine, people)


def agreement(session: Session, since: datetime) -> list[RuleAgreement]:
    """Cohen's kappa of double reviews whose first word was said since then: all together, then by rule."""
    pairs = sorted(_pairs(session, since))
    found = [RuleAgreement("", cohen(said for _, said in pairs))] if pairs else []
    for rule, of_rule in groupby(pairs, key=lambda pair: pair[0]):
        found.append(RuleAgreement(rule, cohen(said for _, said in of_rule)))
    return found


def _pairs(session: Session, since: datetime) -> Iterator[tuple[str, tuple[str, str]]]:
    query = (
        select(ReviewItem, Review)
        .join(Review, col(Review.finding_id) == col(ReviewItem.finding_id))
        .where(col(ReviewItem.wanted) > 1)
        .order_by(col(ReviewItem.finding_id), col(Review.id))
    )
    for item, rows in groupby(session.execute(query), key=lambda row: row[0]):
        said = [review for _, review in rows]
        opinions = [Opinion(each.by, Verdict(each.verdict), each.kind == "appeal") for each in said]
        if said[0].at >= since and (pair := blind_pair(opinions, item.wanted)):
            yield item.rule, (pair[0].value, pair[1].value)


def overturned(session: Session, since: datetime, size: int = 50) -> list[Overturned]:
    """What people decided otherwise since then, the newest first."""
    query = (
        shown_rows()
        .where(
            col(ReviewItem.finding_id) == col(FindingRow.id),
            col(ReviewItem.decided_at) >= since,
            col(ReviewItem.verdict) != col(FindingRow.verdict),
            col(FindingRow.verdict) != Verdict.UNSURE.value,
        )
        .order_by(col(ReviewItem.decided_at).desc())
        .limit(size)
    )
    return [_overturned(session, each) for each in shown(session, query)]


def _overturned(session: Session, finding: Shown) -> Overturned:
    last = select(Review).where(col(Review.finding_id) == finding.id).order_by(col(Review.id).desc()).limit(1)
    return Overturned(finding, session.get_one(Call, finding.call_id), session.scalars(last).one())
