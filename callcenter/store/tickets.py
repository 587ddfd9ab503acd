"""Tickets: opened from a call or linked to it, moved through their states, with notes and a due time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session, col, func, select

from callcenter.domain.tickets import FINAL, TicketRuleError, TicketState, move, ticket_kind
from callcenter.store.drawing import COMPLAINT, queue_complaint
from callcenter.store.tables import Call, Ticket, TicketCall, TicketNote


class NotFoundError(LookupError):
    """There is no such call or ticket; the message names it."""


@dataclass(frozen=True, slots=True)
class TicketPage:
    items: list[Ticket]
    total: int


@dataclass(frozen=True, slots=True)
class TicketDetail:
    """A ticket with its notes (oldest first) and every call about it (oldest first)."""

    ticket: Ticket
    notes: list[TicketNote]
    calls: list[Call]


def open_ticket(
    session: Session,
    *,
    kind: str,
    title: str,
    by: str,
    now: datetime,
    household: str | None = None,
    due_at: datetime | None = None,
    call_id: str | None = None,
) -> Ticket:
    """A new open ticket, linked to `call_id` if given. Raises TicketRuleError, NotFoundError."""
    ticket_kind(kind)
    if not title.strip() or not by.strip():
        raise TicketRuleError("a ticket needs a title, and who opens it (by)")
    ticket = Ticket(
        kind=kind,
        title=title.strip(),
        household=household,
        created_at=now,
        created_by=by,
        due_at=_utc(due_at),
    )
    session.add(ticket)
    session.flush()
    if call_id is not None:
        link_call(session, _id(ticket), call_id, by=by, now=now)
    return ticket


def get_ticket(session: Session, ticket_id: int) -> Ticket:
    """Raises NotFoundError."""
    ticket = session.get(Ticket, ticket_id)
    if ticket is None:
        raise NotFoundError(f"there is no ticket {ticket_id}")
    return ticket


def link_call(session: Session, ticket_id: int, call_id: str, *, by: str, now: datetime) -> None:
    """Links a call to a ticket; linking it again changes nothing. A call complained about is reviewed.

    Raises NotFoundError.
    """
    ticket = get_ticket(session, ticket_id)
    if session.get(Call, call_id) is None:
        raise NotFoundError(f"there is no call {call_id}")
    if session.get(TicketCall, (ticket_id, call_id)) is None:
        session.add(TicketCall(ticket_id=ticket_id, call_id=call_id, linked_at=now, linked_by=by))
        session.flush()
        if ticket.kind == COMPLAINT:
            queue_complaint(session, call_id, now)


def add_note(session: Session, ticket_id: int, text: str, *, by: str, now: datetime) -> TicketNote:
    """Raises NotFoundError, TicketRuleError where the text is empty."""
    get_ticket(session, ticket_id)
    if not text.strip() or not by.strip():
        raise TicketRuleError("a note needs a text, and who writes it (by)")
    note = TicketNote(ticket_id=ticket_id, at=now, by=by, text=text.strip())
    session.add(note)
    session.flush()
    return note


def move_ticket(session: Session, ticket_id: int, state: TicketState, *, by: str, now: datetime) -> Ticket:
    """Changes the state and notes who did it. Raises NotFoundError, TicketRuleError (illegal change)."""
    ticket = get_ticket(session, ticket_id)
    old = TicketState(ticket.state)
    ticket.state = move(old, state)
    ticket.closed_at = now if state in FINAL else None
    session.add(ticket)
    add_note(session, ticket_id, f"{old} → {state}", by=by, now=now)
    return ticket


def set_due(session: Session, ticket_id: int, due_at: datetime | None, *, by: str, now: datetime) -> Ticket:
    """Changes the promised time (UTC) and notes who did it. Raises NotFoundError."""
    ticket = get_ticket(session, ticket_id)
    due_at = _utc(due_at)
    if ticket.due_at != due_at:
        add_note(session, ticket_id, f"due {_stamp(ticket.due_at)} → {_stamp(due_at)}", by=by, now=now)
        ticket.due_at = due_at
        session.add(ticket)
        session.flush()
    return ticket


def list_tickets(
    session: Session, *, state: str | None = None, kind: str | None = None, page: int = 1, size: int = 50
) -> TicketPage:
    """Newest first."""
    query = select(Ticket)
    if state == "unfinished":
        query = query.where(col(Ticket.state).not_in([each.value for each in FINAL]))
    elif state:
        query = query.where(Ticket.state == state)
    if kind:
        query = query.where(Ticket.kind == kind)
    total = session.exec(select(func.count()).select_from(query.subquery())).one()
    query = query.order_by(col(Ticket.id).desc()).offset((page - 1) * size).limit(size)
    return TicketPage(list(session.exec(query)), total)


def ticket_detail(session: Session, ticket_id: int) -> TicketDetail:
    """Raises NotFoundError."""
    ticket = get_ticket(session, ticket_id)
    notes = select(TicketNote).where(TicketNote.ticket_id == ticket_id).order_by(col(TicketNote.id))
    calls = (
        select(Call)
        .join(TicketCall, col(TicketCall.call_id) == col(Call.id))
        .where(TicketCall.ticket_id == ticket_id)
        .order_by(col(Call.started_at))
    )
    return TicketDetail(ticket, list(session.exec(notes)), list(session.exec(calls)))


def tickets_of_calls(session: Session, call_ids: Sequence[str]) -> dict[str, list[Ticket]]:
    """The tickets linked to each of the calls, oldest first."""
    found: dict[str, list[Ticket]] = {call_id: [] for call_id in call_ids}
    query = (
        select(TicketCall.call_id, Ticket)
        .join(Ticket, col(Ticket.id) == col(TicketCall.ticket_id))
        .where(col(TicketCall.call_id).in_(call_ids))
        .order_by(col(Ticket.id))
    )
    for call_id, ticket in session.exec(query):
        found[call_id].append(ticket)
    return found


def _id(ticket: Ticket) -> int:
    if ticket.id is None:
        raise ValueError("the ticket has not been flushed")
    return ticket.id


def _utc(instant: datetime | None) -> datetime | None:
    return instant.astimezone(UTC) if instant else None


def _stamp(instant: datetime | None) -> str:
    return instant.isoformat(timespec="minutes") if instant else "–"
