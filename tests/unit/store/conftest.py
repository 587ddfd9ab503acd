"""Every test of the store runs on SQLite and on a PostgreSQL server that the test session starts itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from callcenter.store.engine import make_engine
from callcenter.store.migrate import upgrade
from tests.servers import postgresql


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    with postgresql() as url:
        yield url


def new_database(server: str) -> str:
    """An empty database on the server; its address."""
    name = f"t{uuid4().hex}"
    engine = make_engine(server)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server.rpartition('/')[0]}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'callcenter.db'}"
    return new_database(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def url(empty_url: str) -> str:
    """The address of a database with our tables."""
    upgrade(empty_url)
    return empty_url


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = make_engine(url)
    yield engine
    engine.dispose()
