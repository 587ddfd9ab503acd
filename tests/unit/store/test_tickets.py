"""Tickets: opened, linked, moved, noted, listed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from callcenter.domain.tickets import TicketRuleError, TicketState
from callcenter.store.calls import save_call
from callcenter.store.tickets import (
    NotFoundError,
    add_note,
    link_call,
    list_tickets,
    move_ticket,
    open_ticket,
    set_due,
    ticket_detail,
    tickets_of_calls,
)
from tests.seed import MAIN, facts_of

NOW = datetime(2026, 11, 22, 8, 12, tzinfo=UTC)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        for script in MAIN:
            save_call(session, facts_of(script, NOW), "main", "node")
        session.commit()
        yield session


def new(session: Session, call_id: str | None = "call-late", kind: str = "repair") -> int:
    ticket = open_ticket(session, kind=kind, title=" 漏水 ", by="李敏", now=NOW, call_id=call_id)
    assert ticket.id is not None
    return ticket.id


def test_a_ticket_shows_every_call_about_it_oldest_first(session: Session) -> None:
    id = new(session)
    link_call(session, id, "call-good", by="王芳", now=NOW)
    link_call(session, id, "call-good", by="王芳", now=NOW)
    detail = ticket_detail(session, id)
    assert detail.ticket.title == "漏水"
    assert [call.id for call in detail.calls] == ["call-good", "call-late"]
    linked = tickets_of_calls(session, ["call-good", "call-rude"])
    assert [ticket.id for ticket in linked["call-good"]] == [id]
    assert linked["call-rude"] == []


def test_states_are_noted_with_who_and_when(session: Session) -> None:
    id = new(session)
    for step, state in enumerate((TicketState.IN_PROGRESS, TicketState.DONE, TicketState.CLOSED)):
        move_ticket(session, id, state, by="王芳", now=NOW + timedelta(minutes=step))
    detail = ticket_detail(session, id)
    assert detail.ticket.closed_at == NOW + timedelta(minutes=2)
    assert [(note.by, note.text) for note in detail.notes][-1] == ("王芳", "done → closed")


def test_an_illegal_change_is_refused_and_says_what_is_allowed(session: Session) -> None:
    id = new(session)
    with pytest.raises(TicketRuleError, match="in_progress, cancelled"):
        move_ticket(session, id, TicketState.CLOSED, by="王芳", now=NOW)
    assert ticket_detail(session, id).ticket.state == "open"
    assert ticket_detail(session, id).notes == []


def test_the_promised_time_is_kept_in_utc_and_noted(session: Session) -> None:
    id = new(session)
    local = datetime(2026, 11, 22, 18, 0, tzinfo=timezone(timedelta(hours=8)))
    set_due(session, id, local, by="王芳", now=NOW)
    set_due(session, id, local, by="王芳", now=NOW)
    detail = ticket_detail(session, id)
    assert detail.ticket.due_at == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    assert detail.ticket.due_at.tzinfo is UTC
    assert [note.text for note in detail.notes] == ["due – → 2026-11-22T10:00+00:00"]


def test_lists(session: Session) -> None:
    first, second = new(session), new(session, None, "complaint")
    move_ticket(session, first, TicketState.CANCELLED, by="王芳", now=NOW)
    assert [ticket.id for ticket in list_tickets(session).items] == [second, first]
    assert [ticket.id for ticket in list_tickets(session, state="unfinished").items] == [second]
    assert [ticket.id for ticket in list_tickets(session, state="cancelled").items] == [first]
    assert list_tickets(session, kind="complaint", size=1, page=2).items == []
    assert list_tickets(session, kind="complaint").total == 1


def test_what_is_refused(session: Session) -> None:
    with pytest.raises(TicketRuleError, match="no kind of ticket"):
        new(session, kind="courier")
    with pytest.raises(NotFoundError, match="call nope"):
        new(session, "nope")
    with pytest.raises(NotFoundError, match="ticket 99"):
        add_note(session, 99, "x", by="y", now=NOW)
    with pytest.raises(TicketRuleError, match="text"):
        add_note(session, new(session), "  ", by="y", now=NOW)
    with pytest.raises(TicketRuleError, match="title"):
        open_ticket(session, kind="repair", title=" ", by="y", now=NOW)
