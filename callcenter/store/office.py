"""Reading the desk's work: messages, the audit trail, surveys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from callcenter.store.tables import Audit, Call, Message, Survey
from callcenter.store.tickets import NotFoundError


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages with their calls, newest first."""

    items: list[tuple[Message, Call]]
    total: int
    unheard: int


@dataclass(frozen=True, slots=True)
class AuditPage:
    items: list[Audit]
    total: int


@dataclass(frozen=True, slots=True)
class Score:
    """Surveys of one desk and agent: how many, their mean, and how many of each score."""

    desk: str | None
    agent: str | None
    answers: int
    mean: float
    counts: dict[int, int]


def list_messages(
    session: Session, *, mailbox: str = "", unheard: bool = False, page: int = 1, size: int = 50
) -> MessagePage:
    """`mailbox` is a desk's id or an extension's number; "" means all."""
    query = select(Message, Call).join(Call, col(Call.id) == col(Message.call_id))
    mine = (col(Message.mailbox) == mailbox,) if mailbox else ()
    waiting = col(Message.heard_at).is_(None)
    wanted = (*mine, waiting) if unheard else mine
    total = session.scalar(select(func.count()).select_from(Message).where(*wanted)) or 0
    left = session.scalar(select(func.count()).select_from(Message).where(*mine, waiting)) or 0
    query = query.where(*wanted).order_by(col(Message.at).desc()).offset((page - 1) * size).limit(size)
    return MessagePage([(message, call) for message, call in session.execute(query)], total, left)


def mark_heard(session: Session, call_id: str, by: str, now: datetime) -> Message:
    """Somebody listened; the first one is kept. Raises NotFoundError."""
    message = session.get(Message, call_id)
    if message is None:
        raise NotFoundError(f"there is no message of call {call_id}")
    if message.heard_at is None:
        message.heard_at, message.heard_by = now, by
        session.flush()
    return message


def list_audit(session: Session, *, by: str = "", page: int = 1, size: int = 50) -> AuditPage:
    """What was commanded and by whom, newest first."""
    wanted = (col(Audit.by) == by,) if by else ()
    total = session.scalar(select(func.count()).select_from(Audit).where(*wanted)) or 0
    query = select(Audit).where(*wanted).order_by(col(Audit.id).desc()).offset((page - 1) * size).limit(size)
    return AuditPage(list(session.scalars(query)), total)


def scores(session: Session, start: datetime, end: datetime) -> list[Score]:
    """The surveys answered from `start` to `end` (UTC, excluded), by desk and agent."""
    query = (
        select(col(Survey.desk), col(Survey.agent), col(Survey.score), func.count())
        .where(col(Survey.at) >= start, col(Survey.at) < end)
        .group_by(col(Survey.desk), col(Survey.agent), col(Survey.score))
    )
    found: dict[tuple[str | None, str | None], dict[int, int]] = {}
    for desk, agent, score, answers in session.execute(query):
        found.setdefault((desk, agent), {})[score] = answers
    ordered = sorted(found.items(), key=lambda item: (item[0][0] or "", item[0][1] or ""))
    return [_score(desk, agent, counts) for (desk, agent), counts in ordered]


def _score(desk: str | None, agent: str | None, counts: dict[int, int]) -> Score:
    answers = sum(counts.values())
    mean = sum(score * number for score, number in counts.items()) / answers
    return Score(desk, agent, answers, mean, counts)
