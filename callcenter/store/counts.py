"""Figures of the whole site for monitoring: a few grouped counts, no rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from callcenter.store.tables import Call, Job, Outbox

RING_BUCKETS = (5, 10, 15, 20, 30, 60)
"""Upper bounds of the ring-time histogram, in seconds: one, two, three, four, six and twelve rings."""


@dataclass(frozen=True, slots=True)
class Counts:
    """`ring_buckets` holds the calls in each bucket (not cumulated), the last beyond every bound."""

    live: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    three_rings: dict[str, int] = field(default_factory=dict)
    ring_buckets: tuple[int, ...] = ()
    ring_sum: float = 0.0
    jobs: dict[str, int] = field(default_factory=dict)
    outbox: dict[str, int] = field(default_factory=dict)


def count_all(session: Session) -> Counts:
    """Counts over all calls, jobs and unpublished events."""
    outcomes = _grouped(session, col(Call.outcome))
    buckets, total = _rings(session)
    return Counts(
        live=outcomes.pop("", 0),
        outcomes=outcomes,
        three_rings=_grouped(session, col(Call.three_rings), col(Call.outcome).is_not(None)),
        ring_buckets=buckets,
        ring_sum=total,
        jobs=_grouped(session, col(Job.state)),
        outbox=_grouped(session, col(Outbox.role), col(Outbox.published_at).is_(None)),
    )


def _grouped(
    session: Session, column: Mapped[str] | Mapped[str | None], *where: ColumnElement[bool]
) -> dict[str, int]:
    query = select(column, func.count()).where(*where).group_by(column)
    return {key or "": number for key, number in session.execute(query)}


def _rings(session: Session) -> tuple[tuple[int, ...], float]:
    seconds = col(Call.ring_seconds)
    bucket = case(
        *((seconds <= bound, index) for index, bound in enumerate(RING_BUCKETS)), else_=len(RING_BUCKETS)
    )
    query = (
        select(bucket, func.count(), func.sum(seconds))
        .where(seconds.is_not(None), col(Call.outcome).is_not(None))
        .group_by(bucket)
    )
    numbers = [0] * (len(RING_BUCKETS) + 1)
    total = 0.0
    for index, number, part in session.execute(query):
        numbers[index] = number
        total += part
    return tuple(numbers), total
