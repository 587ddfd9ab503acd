"""The list of tickets, the page of one, and the forms that change them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import Session

from callcenter.domain.tickets import TRANSITIONS, TicketRuleError, TicketState
from callcenter.store.queries import get_calls
from callcenter.store.tables import Ticket
from callcenter.store.tickets import (
    add_note,
    link_call,
    list_tickets,
    move_ticket,
    open_ticket,
    set_due,
    ticket_detail,
)
from callcenter.web.api.calls import Pages
from callcenter.web.api.models import Long, Short, Who
from callcenter.web.api.records import MAX_ID, TicketId
from callcenter.web.context import Context, ContextDep, SessionDep
from callcenter.web.pages.calls import after
from callcenter.web.views.render import remember_operator, render

router = APIRouter(include_in_schema=False)

SIZE = 40


def local_time(text: str, context: Context) -> datetime | None:
    """What a datetime-local field says, in the site's time zone. Raises TicketRuleError."""
    if not text.strip():
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise TicketRuleError(f"{text!r} is no date and time; write 2026-11-21 18:00") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=context.zone)


@router.get("/tickets")
def tickets_page(
    request: Request,
    session: SessionDep,
    state: Annotated[str, Query(max_length=20)] = "unfinished",
    kind: Annotated[str, Query(max_length=40)] = "",
    page: Pages = 1,
) -> HTMLResponse:
    result = list_tickets(session, state=state or None, kind=kind or None, page=page, size=SIZE)
    values = {
        "result": result,
        "state": state,
        "kind": kind,
        "states": [each.value for each in TicketState],
        "page": page,
        "pages": max(1, -(-result.total // SIZE)),
    }
    return render(request, "tickets.html", values)


@router.get("/tickets/{ticket_id}")
def ticket_page(ticket_id: TicketId, request: Request, session: SessionDep) -> HTMLResponse:
    return render(request, "ticket.html", _values(session, ticket_id))


@router.post("/tickets")
def open_plain(
    request: Request,
    session: SessionDep,
    context: ContextDep,
    kind: Annotated[Short, Form()],
    title: Annotated[Short, Form()],
    by: Annotated[Who, Form()],
    household: Annotated[Short, Form()] = "",
    due: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    ticket = _open(session, context, kind, title, by, household, due, None)
    session.commit()
    return _signed(RedirectResponse(f"/tickets/{ticket.id}", 303), by)


@router.post("/calls/{call_id}/tickets")
def open_from_call(
    call_id: str,
    request: Request,
    session: SessionDep,
    context: ContextDep,
    by: Annotated[Who, Form()],
    kind: Annotated[Short, Form()] = "",
    title: Annotated[Short, Form()] = "",
    household: Annotated[Short, Form()] = "",
    due: Annotated[str, Form(max_length=40)] = "",
    ticket_id: Annotated[str, Form(pattern=r"^\d{0,9}$")] = "",
) -> Response:
    """Opens a ticket about the call, or links the call to `ticket_id`."""
    if ticket_id:
        link_call(session, min(int(ticket_id), MAX_ID), call_id, by=by, now=context.now())
    else:
        _open(session, context, kind, title, by, household, due, call_id)
    session.commit()
    return after(request, session, context, call_id, "tickets", by)


@router.post("/tickets/{ticket_id}/state")
def change_state(
    ticket_id: TicketId,
    session: SessionDep,
    context: ContextDep,
    state: Annotated[TicketState, Form()],
    by: Annotated[Who, Form()],
) -> Response:
    move_ticket(session, ticket_id, state, by=by, now=context.now())
    return _back(session, ticket_id, by)


@router.post("/tickets/{ticket_id}/notes")
def write_note(
    ticket_id: TicketId,
    session: SessionDep,
    context: ContextDep,
    text: Annotated[Long, Form()],
    by: Annotated[Who, Form()],
) -> Response:
    add_note(session, ticket_id, text, by=by, now=context.now())
    return _back(session, ticket_id, by)


@router.post("/tickets/{ticket_id}/due")
def change_due(
    ticket_id: TicketId,
    session: SessionDep,
    context: ContextDep,
    by: Annotated[Who, Form()],
    due: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    set_due(session, ticket_id, local_time(due, context), by=by, now=context.now())
    return _back(session, ticket_id, by)


def _open(
    session: Session,
    context: Context,
    kind: str,
    title: str,
    by: str,
    household: str,
    due: str,
    call_id: str | None,
) -> Ticket:
    return open_ticket(
        session,
        kind=kind,
        title=title,
        by=by,
        now=context.now(),
        household=household.strip() or None,
        due_at=local_time(due, context),
        call_id=call_id,
    )


def _back(session: Session, ticket_id: int, by: str) -> Response:
    session.commit()
    return _signed(RedirectResponse(f"/tickets/{ticket_id}", 303), by)


def _signed(response: Response, by: str) -> Response:
    remember_operator(response, by)
    return response


def _values(session: Session, ticket_id: int) -> dict[str, Any]:
    detail = ticket_detail(session, ticket_id)
    following = TRANSITIONS[TicketState(detail.ticket.state)]
    return {
        "detail": detail,
        "ticket": detail.ticket,
        "calls": get_calls(session, [call.id for call in detail.calls]),
        "states": [each.value for each in TicketState],
        "following": [each.value for each in following],
    }
