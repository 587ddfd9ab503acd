"""The application: API, stream, pages, and what guards them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine

from callcenter.settings import Settings
from callcenter.web import errors
from callcenter.web.api import (
    callbacks,
    calls,
    days,
    health,
    office,
    quality,
    recordings,
    records,
    rejudgings,
    reviews,
    search,
)
from callcenter.web.context import Context
from callcenter.web.pages import calls as call_pages
from callcenter.web.pages import day as day_pages
from callcenter.web.pages import office as office_pages
from callcenter.web.pages import prompts as prompt_pages
from callcenter.web.pages import reviews as review_pages
from callcenter.web.pages import scores as score_pages
from callcenter.web.pages import standards as standard_pages
from callcenter.web.pages import tickets as ticket_pages
from callcenter.web.ports import Commands, LiveBus
from callcenter.web.security import Guard

STATIC = Path(__file__).parent / "static"


def create_app(
    settings: Settings,
    engine: Engine,
    *,
    commands: Commands | None = None,
    bus: LiveBus | None = None,
    committed: Callable[[], None] = lambda: None,
) -> FastAPI:
    """The web role's ASGI application.

    Without `commands` calls cannot be steered, without `bus` nothing is live. `committed` is called after a
    commit that has events to publish.
    """
    app = FastAPI(
        title="三响 Sanxiang",
        version="1",
        description="Calls, recordings, transcripts, findings, records and tickets of a service desk.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.context = Context(settings, engine, commands, bus, committed)
    api = APIRouter(prefix="/api/v1", responses=errors.RESPONSES)
    for part in (
        recordings,
        calls,
        search,
        records,
        callbacks,
        office,
        days,
        quality,
        reviews,
        rejudgings,
    ):
        api.include_router(part.router)
    app.include_router(api)
    for page in (
        health,
        day_pages,
        call_pages,
        ticket_pages,
        office_pages,
        review_pages,
        score_pages,
        prompt_pages,
        standard_pages,
    ):
        app.include_router(page.router)
    STATIC.mkdir(exist_ok=True)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    errors.install(app)
    app.add_middleware(Guard)
    return app
