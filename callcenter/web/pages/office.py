"""The wallboard, the agent's own page, and the callbacks: what runs now, and the buttons that steer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import Session

from callcenter.domain.agents import BREAKS
from callcenter.domain.callbacks import OUTCOMES
from callcenter.store import callbacks as store
from callcenter.store.callbacks import list_callbacks
from callcenter.store.office import list_messages, mark_heard
from callcenter.store.work import features
from callcenter.web.api.callbacks import CallbackId, States, change
from callcenter.web.api.calls import COMMAND_TIMEOUT, Pages
from callcenter.web.api.models import Dialled, Long, Short
from callcenter.web.api.office import Steer
from callcenter.web.context import CommandsDep, Context, ContextDep, SessionDep
from callcenter.web.errors import ApiError
from callcenter.web.ports import Commands
from callcenter.web.views.live import LiveView, live_view
from callcenter.web.views.render import YEAR, extension_of, operator_of, render

router = APIRouter(include_in_schema=False)

SIZE = 40
NEXT = 8
"""Callbacks that the agent's page shows."""
PEOPLES_OUTCOMES = tuple(each for each in OUTCOMES if each not in ("reached", "called_again"))
Desk = Annotated[str, Query(max_length=60)]


def asker(request: Request) -> str:
    """Who gives a command: the chosen extension, else the name that a form was signed with.

    Raises ApiError 422 where neither is known.
    """
    by = extension_of(request) or operator_of(request)
    if not by:
        raise ApiError(422, "choose your extension at the top of the page first")
    return by


# -- pages ------------------------------------------------------------------------------------------------


@router.get("/board")
def board_page(request: Request, context: ContextDep, desk: Desk = "") -> HTMLResponse:
    return render(request, "board.html", _board(request, context, desk))


@router.get("/board/live")
def board_live(request: Request, context: ContextDep, desk: Desk = "") -> HTMLResponse:
    """What changes alone."""
    return render(request, "board_live.html", _board(request, context, desk))


@router.get("/agent")
def agent_page(request: Request, session: SessionDep, context: ContextDep) -> HTMLResponse:
    values = {**_agent(request, context), **_next(session, context), **_settings(request, session)}
    return render(request, "agent.html", values)


@router.get("/agent/live")
def agent_live(request: Request, context: ContextDep) -> HTMLResponse:
    return render(request, "agent_live.html", _agent(request, context))


@router.get("/agent/next")
def agent_next(request: Request, session: SessionDep, context: ContextDep) -> HTMLResponse:
    return render(request, "agent_next.html", {**_next(session, context), "me": extension_of(request)})


@router.get("/callbacks")
def callbacks_page(
    request: Request,
    session: SessionDep,
    context: ContextDep,
    state: States = "unfinished",
    desk: Desk = "",
    page: Pages = 1,
) -> HTMLResponse:
    found = list_callbacks(session, state=state, desk=desk, page=page, size=SIZE)
    values = {
        "extensions": context.settings.extensions,
        "found": found,
        "state": state,
        "desk": desk,
        "page": page,
        "pages": max(1, -(-found.total // SIZE)),
        "outcomes": PEOPLES_OUTCOMES,
        "me": extension_of(request),
    }
    partial = request.headers.get("hx-target") == "callbacks"
    return render(request, "callbacks_table.html" if partial else "callbacks.html", values)


# -- buttons ----------------------------------------------------------------------------------------------


@router.post("/me")
def choose(
    request: Request, context: ContextDep, extension: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    """Remembers which extension sits at this browser; empty forgets it."""
    if extension and extension not in {each.number for each in context.settings.extensions}:
        raise ApiError(422, f"{extension!r} is no extension")
    response = _back(request, "/agent")
    response.set_cookie("extension", quote(extension), max_age=YEAR, samesite="lax", httponly=True)
    return response


@router.post("/calls/{call_id}/do/{name}")
async def steer(
    call_id: str,
    name: Steer,
    request: Request,
    commands: CommandsDep,
    target: Annotated[Dialled | str, Form(max_length=32)] = "",
    mode: Annotated[str, Form(max_length=10)] = "",
    agent: Annotated[str, Form(max_length=32)] = "",
    number: Annotated[Dialled | str, Form(max_length=32)] = "",
    place: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    args = {"call_id": call_id, "target": target, "mode": mode, "agent": agent}
    args |= {"number": number, "place": place.strip()}
    return await _command(request, commands, name, {key: value for key, value in args.items() if value})


@router.post("/dial")
async def dial(request: Request, commands: CommandsDep, number: Annotated[Dialled, Form()]) -> Response:
    return await _command(request, commands, "call", {"number": number})


@router.post("/parked/{slot}/pickup")
async def pick_up(slot: str, request: Request, commands: CommandsDep) -> Response:
    return await _command(request, commands, "pickup", {"slot": slot})


@router.post("/agents/{number}/state")
async def agent_state(
    number: str,
    request: Request,
    commands: CommandsDep,
    state: Annotated[Short, Form()],
    reason: Annotated[Short, Form()] = "",
) -> Response:
    return await _command(request, commands, "state", {"agent": number, "state": state, "reason": reason})


@router.post("/extensions/{number}/features")
async def set_features(
    number: str,
    request: Request,
    commands: CommandsDep,
    dnd: Annotated[bool, Form()] = False,
    forward_to: Annotated[Short, Form()] = "",
    forward_when: Annotated[Short, Form()] = "",
) -> Response:
    args = {"extension": number, "dnd": dnd, "forward_to": forward_to.strip(), "forward_when": forward_when}
    return await _command(request, commands, "feature", args)


@router.post("/callbacks/{callback_id}/call")
async def call_back(callback_id: CallbackId, request: Request, commands: CommandsDep) -> Response:
    return await _command(request, commands, "callback", {"id": callback_id})


@router.post("/callbacks/{callback_id}/{action}")
def finish(
    callback_id: CallbackId,
    action: str,
    request: Request,
    session: SessionDep,
    context: ContextDep,
    outcome: Annotated[Short, Form()] = "",
    note: Annotated[Long, Form()] = "",
) -> Response:
    """claim, release, outcome, give_up."""
    by = asker(request)
    match action:
        case "claim":
            change(session, context, store.claim, callback_id, by)
        case "release":
            change(session, context, store.release, callback_id, by)
        case "outcome":
            change(session, context, store.finish, callback_id, by, outcome, note)
        case "give_up":
            change(session, context, store.give_up, callback_id, by, note)
        case _:
            raise ApiError(404, f"there is no action {action}")
    return _changed(request, "/callbacks")


@router.post("/messages/{call_id}/heard")
def heard(call_id: str, request: Request, session: SessionDep, context: ContextDep) -> Response:
    mark_heard(session, call_id, asker(request), context.now())
    session.commit()
    return _changed(request, "/agent")


# -- what they have in common -----------------------------------------------------------------------------


async def _command(request: Request, commands: Commands, name: str, args: dict[str, Any]) -> Response:
    await commands.request(name, {**args, "by": asker(request)}, COMMAND_TIMEOUT)
    return _changed(request, "/agent")


def _changed(request: Request, page: str) -> Response:
    """htmx renews the parts that show it; without scripts one goes back to the page."""
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={"HX-Trigger": "office-changed"})
    return _back(request, page)


def _back(request: Request, page: str) -> RedirectResponse:
    """To the page that the form was on, or to `page`. The Referer is our own: the guard saw to it."""
    where = urlsplit(request.headers.get("referer", "")).path
    return RedirectResponse(where if where.startswith("/") and not where.startswith("//") else page, 303)


def _warned(context: Context) -> Callable[[str], list[Mapping[str, Any]]]:
    """What the words of a call gave rise to."""
    return context.bus.overheard.warnings if context.bus else lambda call_id: []


def _view(context: Context, desk: str = "") -> LiveView:
    return live_view(context.bus.states if context.bus else {}, desk)


def _board(request: Request, context: Context, desk: str) -> dict[str, Any]:
    me = extension_of(request)
    roles = {each.number: each.role for each in context.settings.extensions}
    return {
        "view": _view(context, desk),
        "warned": _warned(context),
        "desk": desk,
        "me": me,
        "extensions": context.settings.extensions,
        "listens": roles.get(me) in ("supervisor", "admin"),
        "online": _online(context),
    }


def _agent(request: Request, context: Context) -> dict[str, Any]:
    me, view = extension_of(request), _view(context)
    return {
        "me": me,
        "mine": view.agent(me),
        "calls": view.calls_of(me) if me else [],
        "view": view,
        "warned": _warned(context),
        "extensions": context.settings.extensions,
        "breaks": BREAKS,
        "online": _online(context),
    }


def _next(session: Session, context: Context) -> dict[str, Any]:
    messages = list_messages(session, unheard=True, size=NEXT)
    return {"found": list_callbacks(session, size=NEXT), "messages": messages}


def _settings(request: Request, session: Session) -> dict[str, Any]:
    return {"feature": features(session).get(extension_of(request))}


def _online(context: Context) -> bool:
    """Whether the switchboard says that it is there."""
    role = context.bus.roles.get("switchboard") if context.bus else None
    return role is not None and role.online
