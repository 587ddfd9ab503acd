"""Bringing a database to the tables of this version (Alembic, packaged, no ini file)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from callcenter.store.engine import StoreError, brief, make_engine, mask, parse_url

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent / "migrations"
LOCK = 0x53414E58  # any number that nobody else takes for an advisory lock: "SANX"


def upgrade(url: str) -> None:
    """Creates or upgrades the tables. Roles that start at once wait for one another; the first does the work.

    Raises StoreError where the database cannot be reached or is newer than this version.
    """
    with _locked(url) as connection:
        before = _revision(connection)
        try:
            command.upgrade(_config(connection), "head")
        except CommandError as error:
            raise StoreError(f"{mask(parse_url(url))} was made by a newer version of 三响: {error}") from None
        if (after := _revision(connection)) != before:
            log.info("database upgraded from=%s to=%s", before, after)


def current(url: str) -> str | None:
    """The database's revision, None where it has none. Raises StoreError if it is unreachable."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return _revision(connection)
    except DBAPIError as error:
        raise _unreachable(url, error) from None
    finally:
        engine.dispose()


def head() -> str:
    """The revision that this version wants."""
    revision = ScriptDirectory(str(FOLDER)).get_current_head()
    assert revision is not None
    return revision


def revise(url: str, message: str) -> Path:
    """Writes the script that takes a database at the head to the tables of tables.py; returns its path."""
    number = int(head()) + 1
    with _locked(url) as connection:
        made = command.revision(_config(connection), message, autogenerate=True, rev_id=f"{number:04}")
    assert isinstance(made, Script)
    return Path(made.path)


def is_ours(_object: object, name: str | None, _type: str, _reflected: bool, _other: object) -> bool:
    """For Alembic: whether tables.py knows of it. What begins with `search_` is the database's own."""
    return not (name or "").startswith("search_")


@contextmanager
def _locked(url: str) -> Iterator[Connection]:
    """A connection in a transaction that nobody else can be in."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection, connection.begin():
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            yield connection
    except DBAPIError as error:
        raise _unreachable(url, error) from None
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _unreachable(url: str, error: DBAPIError) -> StoreError:
    return StoreError(f"cannot use the database {mask(parse_url(url))}: {brief(error)}")
