"""Who served which caller of a desk, from the calls on record: what claims are made of (A12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlmodel import Session, col

from callcenter.domain.calls import Direction, Role
from callcenter.store.tables import Audit, Call, Leg

MARKED_SALES: Final = "marked_sales"
REFUSED_AGENT: Final = "refused_agent"
"""Actions in the audit trail that say of a caller what is to be remembered."""


@dataclass(frozen=True, slots=True)
class Served:
    """The agent who answered a caller of a desk, and when (UTC)."""

    desk: str
    caller: str
    agent: str
    at: datetime


def served_since(session: Session, since: datetime) -> Iterator[Served]:
    """The calls from outside to a desk that began after `since` and were answered, oldest first; of each the
    agent who answered it first."""
    query = (
        select(col(Call.id), col(Call.desk), col(Call.caller), col(Leg.party), col(Leg.answered_at))
        .join(Leg, col(Leg.call_id) == col(Call.id))
        .where(
            col(Call.started_at) >= since,
            col(Call.direction) == Direction.INBOUND.value,
            col(Call.desk).is_not(None),
            col(Leg.role) == Role.AGENT.value,
            col(Leg.answered_at).is_not(None),
        )
        .order_by(col(Leg.answered_at))
        .execution_options(yield_per=1000)
    )
    seen: set[str] = set()
    for id, desk, caller, agent, at in session.execute(query):
        if id not in seen:
            seen.add(id)
            yield Served(desk, caller, agent, at)


@dataclass(frozen=True, slots=True)
class Marked:
    """What was said of a caller of a desk: that they do not want `agent`; empty: that they call to sell."""

    desk: str
    caller: str
    agent: str


def marked(session: Session) -> list[Marked]:
    """All that was said of callers, in its order."""
    query = (
        select(col(Audit.detail))
        .where(col(Audit.action).in_((MARKED_SALES, REFUSED_AGENT)))
        .order_by(col(Audit.id))
    )
    return [Marked(each["desk"], each["caller"], each["agent"]) for each in session.scalars(query)]
