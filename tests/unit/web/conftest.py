"""A seeded day behind the application, at a moment that stands still."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from callcenter.events.errors import CommandError
from callcenter.settings import Settings
from callcenter.store.engine import make_engine
from callcenter.web.app import create_app
from callcenter.web.hub import LiveHub
from tests.seed import seed, seed_settings
from tests.unit.web.client import Client

NOW = datetime(2026, 11, 22, 8, 12, tzinfo=UTC)
"""16:12 in Shanghai."""


@dataclass
class FakeCommands:
    """A switchboard that knows one running call."""

    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def request(self, name: str, args: dict[str, Any], timeout: float) -> dict[str, Any]:  # noqa: ASYNC109
        self.asked.append((name, args))
        if "call_id" not in args:
            return {"state": "done"}
        if args["call_id"] == "call-good":
            raise CommandError("conflict", "the call is over")
        if args["call_id"] != "call-talking":
            raise CommandError("not_found", "no such call")
        return {"state": "done"}


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that is made once; each test works on a copy."""
    settings = seed_settings(tmp_path_factory.mktemp("seeded"))
    engine = make_engine(settings.database_url)
    seed(engine, settings, NOW, filler=20)
    engine.dispose()
    return settings.data


@pytest.fixture
def settings(seeded: Path, tmp_path: Path) -> Settings:
    return seed_settings(Path(shutil.copytree(seeded, tmp_path / "data")))


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = make_engine(settings.database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def commands() -> FakeCommands:
    return FakeCommands()


@pytest.fixture
def hub() -> LiveHub:
    hub = LiveHub()
    hub.connected = True
    return hub


@pytest.fixture
def app(settings: Settings, engine: Engine, commands: FakeCommands, hub: LiveHub) -> FastAPI:
    app = create_app(settings, engine, commands=commands, bus=hub)
    app.state.context = dataclasses.replace(app.state.context, clock=lambda: NOW)
    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[Client]:
    with Client(app) as client:
        yield client
