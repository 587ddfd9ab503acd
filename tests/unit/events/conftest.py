"""A real broker of each kind, and clients that are connected to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from callcenter.events.client import MqttClient
from callcenter.store.engine import make_engine
from callcenter.store.migrate import upgrade
from tests.servers import ServerProcess, embedded_broker, mosquitto
from tests.support import scaled


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    server = embedded_broker(tmp_path) if request.param == "embedded" else mosquitto(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def url(broker: ServerProcess) -> str:
    return f"mqtt://127.0.0.1:{broker.port}"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    address = f"sqlite:///{tmp_path / 'callcenter.db'}"
    upgrade(address)
    engine = make_engine(address)
    yield engine
    engine.dispose()


@asynccontextmanager
async def connected(url: str, role: str | None = None) -> AsyncIterator[MqttClient]:
    """A client that runs while the block lasts."""
    client = MqttClient(url, site="main", role=role)
    running = asyncio.create_task(client.run(), name="mqtt")
    try:
        await asyncio.wait_for(client.wait_connected(), scaled(20))
        yield client
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
