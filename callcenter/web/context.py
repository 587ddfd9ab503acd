"""What every endpoint gets: settings, a short session, the ports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlmodel import Session

from callcenter.settings import Settings
from callcenter.web.errors import ApiError
from callcenter.web.ports import Commands, LiveBus


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Context:
    """The application's own things, in `app.state.context`. `closing` ends the open streams."""

    settings: Settings
    engine: Engine
    commands: Commands | None = None
    bus: LiveBus | None = None
    committed: Callable[[], None] = lambda: None
    clock: Callable[[], datetime] = utc_now
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.timezone)

    def now(self) -> datetime:
        return self.clock()

    def today(self) -> date:
        """The day it is now in the site's time zone."""
        return self.now().astimezone(self.zone).date()


def get_context(request: Request) -> Context:
    context = request.app.state.context
    assert isinstance(context, Context)
    return context


def get_session(request: Request) -> Iterator[Session]:
    """A session for one request. An endpoint that changes something commits before it answers."""
    with Session(get_context(request).engine, expire_on_commit=False) as session:
        yield session


def get_commands(request: Request) -> Commands:
    commands = get_context(request).commands
    if commands is None:
        raise ApiError(503, "there is no connection to the switchboard")
    return commands


ContextDep = Annotated[Context, Depends(get_context)]
SessionDep = Annotated[Session, Depends(get_session)]
CommandsDep = Annotated[Commands, Depends(get_commands)]
