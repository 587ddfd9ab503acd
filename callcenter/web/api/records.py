"""Information records and tickets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from sqlmodel import Session

from callcenter.store.queries import get_calls
from callcenter.store.records import fill_record, get_record, record_changes
from callcenter.store.tables import Record
from callcenter.store.tickets import (
    add_note,
    link_call,
    list_tickets,
    move_ticket,
    open_ticket,
    set_due,
    ticket_detail,
)
from callcenter.web.api.calls import Pages, Sizes, found
from callcenter.web.api.models import (
    ChangeOut,
    LinkIn,
    NoteIn,
    NoteOut,
    RecordIn,
    RecordWithChanges,
    TicketDetailOut,
    TicketIn,
    TicketList,
    TicketOut,
    TicketPatch,
    call_out,
    ticket_out,
)
from callcenter.web.context import ContextDep, SessionDep
from callcenter.web.errors import not_found

router = APIRouter()

MAX_ID = 2**31 - 1
TicketId = Annotated[int, Path(ge=1, le=MAX_ID)]


def record_out(session: Session, record: Record) -> RecordWithChanges:
    changes = [ChangeOut.model_validate(change) for change in record_changes(session, record.call_id)]
    return RecordWithChanges.model_validate({**record.model_dump(), "changes": changes})


@router.get("/calls/{call_id}/record", tags=["records"])
def record(call_id: str, session: SessionDep) -> RecordWithChanges:
    """The call's information record with every correction."""
    found(session, call_id)
    row = get_record(session, call_id)
    if row is None:
        raise not_found(f"record of call {call_id} yet")
    return record_out(session, row)


@router.put("/calls/{call_id}/record", tags=["records"])
def fill(call_id: str, wanted: RecordIn, session: SessionDep, context: ContextDep) -> RecordWithChanges:
    """Fills the record. A late or changed entry is kept as a correction with who, when and why."""
    row = fill_record(
        session, call_id, wanted.values(), by=wanted.by, now=context.now(), reason=wanted.reason
    )
    if row is None:
        raise not_found(f"call {call_id}")
    session.commit()
    return record_out(session, row)


@router.get("/tickets", tags=["tickets"])
def tickets(
    session: SessionDep,
    state: Annotated[str | None, Query(max_length=20, description="a state, or `unfinished`")] = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    page: Pages = 1,
    size: Sizes = 50,
) -> TicketList:
    """Tickets, newest first."""
    result = list_tickets(session, state=state, kind=kind, page=page, size=size)
    items = [ticket_out(ticket) for ticket in result.items]
    return TicketList(items=items, total=result.total, page=page, size=size)


@router.post("/tickets", status_code=201, tags=["tickets"])
def new_ticket(wanted: TicketIn, session: SessionDep, context: ContextDep) -> TicketOut:
    """Opens a ticket, from a call where `call_id` is given."""
    ticket = open_ticket(session, now=context.now(), **wanted.model_dump())
    session.commit()
    return ticket_out(ticket)


@router.get("/tickets/{ticket_id}", tags=["tickets"])
def ticket(ticket_id: TicketId, session: SessionDep) -> TicketDetailOut:
    """A ticket with its notes and every call about it."""
    detail = ticket_detail(session, ticket_id)
    calls = get_calls(session, [call.id for call in detail.calls])
    return TicketDetailOut(
        **ticket_out(detail.ticket).model_dump(),
        notes=[NoteOut.model_validate(note) for note in detail.notes],
        calls=[call_out(call) for call in calls],
    )


@router.patch("/tickets/{ticket_id}", tags=["tickets"])
def change_ticket(
    ticket_id: TicketId, wanted: TicketPatch, session: SessionDep, context: ContextDep
) -> TicketDetailOut:
    """Moves a ticket to another state or changes its promised time."""
    if "due_at" in wanted.model_fields_set:
        set_due(session, ticket_id, wanted.due_at, by=wanted.by, now=context.now())
    if wanted.state is not None:
        move_ticket(session, ticket_id, wanted.state, by=wanted.by, now=context.now())
    session.commit()
    return ticket(ticket_id, session)


@router.post("/tickets/{ticket_id}/notes", status_code=201, tags=["tickets"])
def note(ticket_id: TicketId, wanted: NoteIn, session: SessionDep, context: ContextDep) -> NoteOut:
    """Adds a note."""
    row = add_note(session, ticket_id, wanted.text, by=wanted.by, now=context.now())
    session.commit()
    return NoteOut.model_validate(row)


@router.post("/tickets/{ticket_id}/calls", status_code=201, tags=["tickets"])
def link(ticket_id: TicketId, wanted: LinkIn, session: SessionDep, context: ContextDep) -> TicketDetailOut:
    """Links a call to the ticket."""
    link_call(session, ticket_id, wanted.call_id, by=wanted.by, now=context.now())
    session.commit()
    return ticket(ticket_id, session)
