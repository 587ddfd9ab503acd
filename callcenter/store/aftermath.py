"""What was written down about calls: the information record, tickets and callbacks that name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from callcenter.store.tables import Callback, CallbackCall, Record, Ticket, TicketCall


@dataclass(frozen=True, slots=True)
class Aftermath:
    """The record of one call (None: a call of which nothing is kept yet), its tickets and its callbacks."""

    record: Record | None = None
    tickets: tuple[Ticket, ...] = ()
    callbacks: tuple[Callback, ...] = ()


NOTHING = Aftermath()


def load_aftermaths(session: Session, call_ids: Sequence[str]) -> dict[str, Aftermath]:
    """By call, in three queries."""
    records = {
        each.call_id: each for each in session.exec(select(Record).where(col(Record.call_id).in_(call_ids)))
    }
    tickets: dict[str, list[Ticket]] = {}
    named = select(TicketCall.call_id, Ticket).where(TicketCall.ticket_id == Ticket.id)
    for call_id, ticket in session.exec(named.where(col(TicketCall.call_id).in_(call_ids))):
        tickets.setdefault(call_id, []).append(ticket)
    callbacks: dict[str, list[Callback]] = {}
    about = select(CallbackCall.call_id, Callback).where(CallbackCall.callback_id == Callback.id)
    for call_id, callback in session.exec(about.where(col(CallbackCall.call_id).in_(call_ids))):
        callbacks.setdefault(call_id, []).append(callback)
    return {
        id: Aftermath(records.get(id), tuple(tickets.get(id, ())), tuple(callbacks.get(id, ())))
        for id in call_ids
    }
