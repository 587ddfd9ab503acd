from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import col

from callcenter.store.calls import save_call, save_recording
from callcenter.store.engine import StoreError, brief, make_engine, mask, parse_url, session
from callcenter.store.tables import Call
from tests.unit.store.facts import call, recording


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://root:geheim@host/db", "callcenter.db"])
def test_other_addresses_are_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(StoreError, match=r"database\.url") as caught:
        make_engine(url)
    assert "geheim" not in str(caught.value)


def test_the_password_is_masked() -> None:
    assert mask(parse_url("postgresql://u:geheim@h/d")) == "postgresql+psycopg://u:***@h/d"


def test_sqlite_is_set_up_for_several_processes(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'new' / 'folder' / 'x.db'}")
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("PRAGMA synchronous")) == 1
        assert connection.scalar(text("PRAGMA busy_timeout")) == 10_000
    engine.dispose()


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot make the folder"):
        make_engine(f"sqlite:///{tmp_path / 'file' / 'folder' / 'x.db'}")


def test_a_session_commits_at_the_end_and_its_objects_stay_readable(engine: Engine) -> None:
    with session(engine) as work:
        save_call(work, call(), "main", "node")
        kept = work.get(Call, "c1")
    assert kept is not None
    assert kept.caller == "13800000000"


def test_an_error_takes_everything_back(engine: Engine) -> None:
    with pytest.raises(RuntimeError), session(engine) as work:
        save_call(work, call(), "main", "node")
        raise RuntimeError("after the write")
    with session(engine) as work:
        assert work.get(Call, "c1") is None


def test_foreign_keys_are_kept(engine: Engine) -> None:
    with pytest.raises(IntegrityError), session(engine) as work:
        save_recording(work, recording())


def test_who_read_before_writing_is_never_refused(engine: Engine) -> None:
    """SQLITE_BUSY_SNAPSHOT: a read transaction that turned into a writing one would fail at once."""

    def read_and_write(number: int) -> None:
        with session(engine) as work:
            list(work.scalars(select(Call).where(col(Call.node) == "node")))
            save_call(work, call(f"c{number}"), "main", "node")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(read_and_write, range(100)))
    with session(engine) as work:
        assert len(list(work.scalars(select(Call)))) == 100


def test_reading_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.begin() as setup:
        setup.execute(text("CREATE TABLE t (n INTEGER)"))
    with engine.connect() as writer, engine.connect() as reader:
        writer.execute(text("INSERT INTO t VALUES (1)"))
        assert reader.scalar(text("SELECT count(*) FROM t")) == 0
        writer.commit()
        assert reader.scalar(text("SELECT count(*) FROM t")) == 1
    engine.dispose()


def test_an_error_in_one_line_without_values(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.connect() as connection, pytest.raises(OperationalError) as caught:
        connection.execute(text("SELECT :n FROM nowhere"), {"n": "13800000000"})
    assert brief(caught.value) == "OperationalError: no such table: nowhere"
    engine.dispose()
