"""What reviews tell of the rules: their precision, how far reviewers agree, and what was overturned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import func, select
from sqlmodel import Session, col

from callcenter.domain.agreement import Agreement, cohen
from callcenter.domain.findings import Verdict
from callcenter.domain.precision import Decided, RulePrecision, precision_by_rule
from callcenter.domain.reviews import Opinion, blind_pair
from callcenter.store.tables import Call
from callcenter.store.verdict_tables import FindingRow, Judging, Review, ReviewItem
from callcenter.store.verdicts import Shown, by_key


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
    """Counted by the database: there may be as many as there are findings."""
    people = func.coalesce(col(ReviewItem.verdict), col(FindingRow.verdict))
    kind = (
        col(FindingRow.rule), col(Judging.standard), col(Judging.version), col(Judging.engine),
        col(FindingRow.verdict), people,
    )  # fmt: skip
    query = (
        select(*kind, func.count())
        .select_from(ReviewItem)
        .join(FindingRow, col(FindingRow.id) == col(ReviewItem.finding_id))
        .join(Judging, col(Judging.id) == col(FindingRow.judging_id))
        .where(col(ReviewItem.state) == "decided", col(ReviewItem.decided_at) >= since)
        .group_by(*kind)
    )
    for rule, standard, version, engine, machine, held, times in session.execute(query):
        yield Decided(rule, standard, version, engine, Verdict(machine), Verdict(held), times)


def agreement(session: Session, since: datetime) -> list[RuleAgreement]:
    """Cohen's kappa of double reviews whose first word was said since then: all together, then by rule."""
    pairs = sorted(_pairs(session, since))
    found = [RuleAgreement("", cohen(said for _, said in pairs))] if pairs else []
    for rule, of_rule in groupby(pairs, key=lambda pair: pair[0]):
        found.append(RuleAgreement(rule, cohen(said for _, said in of_rule)))
    return found


def _pairs(session: Session, since: datetime) -> Iterator[tuple[str, tuple[str, str]]]:
    lately = select(col(Review.finding_id)).where(col(Review.at) >= since)
    query = (
        select(
            col(ReviewItem.finding_id), col(ReviewItem.rule), col(ReviewItem.wanted),
            col(Review.by), col(Review.verdict), col(Review.kind), col(Review.at),
        )
        .join(Review, col(Review.finding_id) == col(ReviewItem.finding_id))
        .where(col(ReviewItem.wanted) > 1, col(ReviewItem.finding_id).in_(lately))
        .order_by(col(ReviewItem.finding_id), col(Review.id))
    )  # fmt: skip
    for _, rows in groupby(session.execute(query), key=lambda row: row.finding_id):
        said = list(rows)
        opinions = [Opinion(each.by, Verdict(each.verdict), each.kind == "appeal") for each in said]
        if said[0].at >= since and (pair := blind_pair(opinions, said[0].wanted)):
            yield said[0].rule, (pair[0].value, pair[1].value)


def overturned(session: Session, since: datetime, size: int = 50) -> list[Overturned]:
    """What people decided otherwise since then, the newest first."""
    newest = (
        select(col(ReviewItem.finding_id))
        .join(FindingRow, col(FindingRow.id) == col(ReviewItem.finding_id))
        .where(
            col(ReviewItem.decided_at) >= since,
            col(ReviewItem.verdict) != col(FindingRow.verdict),
            col(FindingRow.verdict) != Verdict.UNSURE.value,
        )
        .order_by(col(ReviewItem.decided_at).desc())
        .limit(size)
    )
    keys = session.scalars(newest).all()
    findings = by_key(session, keys)
    ids = [each.call_id for each in findings.values()]
    calls = {call.id: call for call in session.scalars(select(Call).where(col(Call.id).in_(ids)))}
    said = select(Review).where(col(Review.finding_id).in_(keys)).order_by(col(Review.id))
    last = {review.finding_id: review for review in session.scalars(said)}
    return [Overturned(findings[key], calls[findings[key].call_id], last[key]) for key in keys]
