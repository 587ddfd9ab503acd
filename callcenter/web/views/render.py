"""Renders a page in the visitor's language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from callcenter.domain.rings import count_rings
from callcenter.domain.tickets import KIND_IDS, KINDS, ONE_KEY_KINDS, TICKET_KINDS
from callcenter.web.views import figures
from callcenter.web.views.announcements import spoken
from callcenter.web.views.i18n import LANGUAGES, Language, Words, choose

if TYPE_CHECKING:
    from callcenter.web.context import Context

WEB = Path(__file__).parent.parent
DIST = WEB / "static" / "dist"
YEAR = 365 * 24 * 3600


@cache
def environment() -> Environment:
    loaded = Environment(
        loader=FileSystemLoader(WEB / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    loaded.filters.update(
        duration=figures.duration,
        seconds=figures.seconds,
        percent=figures.percent,
        media=figures.media,
        quote=quote,
    )
    loaded.globals.update(
        count_rings=count_rings, kinds=KINDS, ticket_kinds=TICKET_KINDS, one_key_kinds=ONE_KEY_KINDS
    )
    return loaded


def asset(name: str) -> str:
    """The address of a built file, which changes with its content."""
    stamp = DIST / "stamp.txt"
    version = stamp.read_text("utf-8").strip()[:12] if stamp.exists() else "none"
    return f"/static/dist/{name}?v={version}"


def language_of(request: Request) -> Language:
    return choose(request.query_params.get("lang"), request.cookies.get("lang"))


def operator_of(request: Request) -> str:
    """Who sits at this browser, as they last signed a form."""
    return unquote(request.cookies.get("operator", ""))


def extension_of(request: Request) -> str:
    """The extension that was chosen at this browser."""
    return unquote(request.cookies.get("extension", ""))


def render(request: Request, template: str, values: Mapping[str, Any], *, status: int = 200) -> HTMLResponse:
    """The page; an asked-for language is remembered."""
    language = language_of(request)
    context: Context = request.app.state.context
    words = Words(language)
    page = environment().get_template(template)
    given = {
        "t": words,
        "lang": language,
        "languages": LANGUAGES,
        "path": request.url.path,
        "other_language": _other_language(request, language),
        "nonce": request.state.nonce,
        "asset": asset,
        "operator": operator_of(request),
        "my_extension": extension_of(request),
        "my_role": _role(context, extension_of(request)),
        "kind_name": partial(kind_name, language),
        "spoken": partial(spoken, language),
        "party": partial(party_name, context),
        "desk_name": partial(desk_name, context),
        "desks": context.settings.desks,
        "clock": partial(figures.clock, zone=context.zone),
        "moment": partial(figures.moment, zone=context.zone),
        "now": context.now(),
        "today": context.today(),
        **values,
    }
    response = HTMLResponse(page.render(given), status)
    if request.query_params.get("lang") == language:
        response.set_cookie("lang", language, max_age=YEAR, samesite="lax", httponly=True)
    return response


def remember_operator(response: HTMLResponse | Any, name: str) -> None:
    response.set_cookie("operator", quote(name), max_age=YEAR, samesite="lax", httponly=True)


def _role(context: Context, number: str) -> str:
    return next((each.role for each in context.settings.extensions if each.number == number), "")


def kind_name(language: Language, kind: str | None) -> str:
    found = KIND_IDS.get(kind or "")
    if found is None:
        return kind or "–"
    return found.zh if language == "zh" else found.en


def party_name(context: Context, number: str | None) -> str:
    """「坐席一 8001」 for an extension, the number alone for others."""
    if not number:
        return "–"
    names = {extension.number: extension.name for extension in context.settings.extensions}
    return f"{names[number]} {number}" if names.get(number) else number


def desk_name(context: Context, id: str | None) -> str:
    desk = context.settings.desk(id) if id else None
    return desk.name if desk else id or "–"


def _other_language(request: Request, language: Language) -> str:
    other: Language = "en" if language == "zh" else "zh"
    path = request.url.path if request.method == "GET" else "/"
    return str(request.url.replace(scheme="", netloc="", path=path).include_query_params(lang=other))
