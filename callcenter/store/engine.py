"""Engines and sessions: SQLite for one machine, PostgreSQL (psycopg 3) for more."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlmodel import Session

BUSY_TIMEOUT = 10.0
"""Seconds a SQLite writer waits for another one."""


SERVER_PATIENCE = {"connect_timeout": 10, "keepalives_idle": 15, "tcp_user_timeout": 30_000}
"""libpq: a PostgreSQL server that vanishes without a word is noticed in half a minute (s, s, ms)."""


class StoreError(Exception):
    """The database cannot be used; the message says why and what to do."""


def make_engine(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…` (psycopg 3 is put in where no driver is named).

    In both, a SELECT outside a writing transaction sees what is committed at that moment: SQLite's `BEGIN
    IMMEDIATE` is sent before the first change only, so that reading never takes the write lock, and a
    transaction that read before it wrote never fails for a stale snapshot (SQLITE_BUSY_SNAPSHOT).

    Raises StoreError for any other URL, for a folder that cannot be made, or a driver that is not installed.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    try:
        return create_engine(parsed, pool_pre_ping=True, connect_args=SERVER_PATIENCE)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"the driver of {mask(parsed)} is missing ({error.name}): pip install 'sanxiang[postgresql]'"
        ) from None


def parse_url(url: str) -> URL:
    """Raises StoreError unless it is a SQLite or PostgreSQL address; the message shows no password."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(
            "database.url is no database address; write sqlite:////path/callcenter.db"
            " or postgresql+psycopg://user:password@host/name"
        ) from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreError(f"database.url names {backend!r}; SQLite and PostgreSQL are supported")
    return parsed


def mask(url: URL) -> str:
    """The address as it may be logged."""
    return url.render_as_string(hide_password=True)


@contextmanager
def session(engine: Engine) -> Iterator[Session]:
    """A session that commits at the end of the block and rolls back on an error.

    Objects stay readable afterwards (nothing is expired on commit); `commit()` within the block is allowed.
    """
    with Session(engine, expire_on_commit=False) as work:
        yield work
        work.commit()


def brief(error: Exception) -> str:
    """An error in one line, without the statement's values (telephone numbers)."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    lines = str(cause).strip().splitlines()
    return f"{type(cause).__name__}: {lines[0] if lines else ''}"


def _sqlite(url: URL) -> Engine:
    path = url.database
    if path and path != ":memory:":
        folder = Path(path).resolve().parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot make the folder {folder}: {error.strerror}") from None
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    assert isinstance(connection, sqlite3.Connection)
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()
