"""Drawing judged calls for review: what the rules of callcenter.domain.sampling ask, from the tables."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Exists, exists, func, select
from sqlmodel import Session, col

from callcenter.domain.calls import Role
from callcenter.domain.findings import Verdict
from callcenter.domain.reviews import Cause
from callcenter.domain.sampling import Candidate, Drawn, SamplingRules, draw
from callcenter.store.judgings import is_newest, newest_rows, queue
from callcenter.store.tables import Leg, Ticket, TicketCall
from callcenter.store.verdict_tables import Judging

COMPLAINT = "complaint"
"""The kind of ticket (callcenter.domain.tickets)."""


def draw_call(session: Session, call_id: str, rules: SamplingRules, now: datetime, seed: str) -> Drawn | None:
    """Decides by the rules whether people review the call's newest findings, and queues them if so."""
    judging = session.scalars(
        select(Judging).where(col(Judging.call_id) == call_id, is_newest(Judging))
    ).first()
    if judging is None:
        return None
    complaint = session.scalar(select(_complained(call_id))) or False
    candidate = Candidate(call_id, judging.score, judging.failed, _agent_since(session, call_id), complaint)
    drawn = draw(candidate, rules, now, seed)
    if drawn is not None:
        _queue_all(session, call_id, drawn, now)
    return drawn


def queue_complaint(session: Session, call_id: str, now: datetime) -> None:
    """A complaint is about this call: somebody listens to it."""
    _queue_all(session, call_id, Drawn(Cause.COMPLAINT, 1), now)


def _queue_all(session: Session, call_id: str, drawn: Drawn, now: datetime) -> None:
    """Every finding of the newest set that says that a rule was kept or not."""
    told = (Verdict.PASS.value, Verdict.FAIL.value)
    rows = [row for row in newest_rows(session, [call_id]) if row.verdict in told]
    queue(session, [(row, drawn.cause, drawn.people) for row in rows], now)


def _complained(call_id: str) -> Exists:
    return exists().where(
        col(TicketCall.call_id) == call_id,
        col(TicketCall.ticket_id) == col(Ticket.id),
        col(Ticket.kind) == COMPLAINT,
    )


def _agent_since(session: Session, call_id: str) -> datetime | None:
    """When who answered first took their first call."""
    agent = col(Leg.role) == Role.AGENT.value, col(Leg.answered_at).is_not(None)
    first = select(col(Leg.party)).where(col(Leg.call_id) == call_id, *agent).order_by(col(Leg.position))
    party = session.scalars(first.limit(1)).first()
    if party is None:
        return None
    return session.scalar(select(func.min(col(Leg.answered_at))).where(col(Leg.party) == party, *agent))
