from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError

from callcenter.domain.calls import EventName, Outcome
from callcenter.store import engine as engines
from callcenter.store import ledger as ledgers
from callcenter.store import outbox
from callcenter.store.engine import make_engine, session
from callcenter.store.ledger import (
    CallChanged,
    CallRecorded,
    Ledger,
    LedgerError,
    RecordingClosed,
    RecordingDiscarded,
    RecordingOpened,
)
from callcenter.store.migrate import upgrade
from callcenter.store.tables import Call, Job, Mix, Recording
from tests.support import eventually, scaled
from tests.unit.store.facts import answered, at, call, recording


@asynccontextmanager
async def ledger_on(engine: Engine) -> AsyncIterator[tuple[Ledger, list[int]]]:
    commits: list[int] = []
    ledger = Ledger(engine, "main", "node", lambda: commits.append(1))
    try:
        yield ledger, commits
    finally:
        await ledger.close()


def events(engine: Engine) -> list[tuple[str, str]]:
    with session(engine) as work:
        found = outbox.pending(work, "switchboard", 100_000)
        return [(row.payload["subject"], row.topic.rpartition("/")[2]) for row in found]


@contextmanager
def locked(engine: Engine, table: str = "calls") -> Iterator[None]:
    """Another process holds the database for itself."""
    with engine.connect() as thief:
        if engine.dialect.name == "sqlite":
            thief.execute(text(f"DELETE FROM {table} WHERE 1 = 0"))
        else:
            thief.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        yield
        thief.rollback()


async def test_a_whole_call_is_kept_and_told_in_order(engine: Engine) -> None:
    ended = answered(outcome=Outcome.ANSWERED, ended_at=at(30))
    async with ledger_on(engine) as (ledger, commits):
        ledger.put(CallChanged(call(), EventName.STARTED, at=at(0)))
        ledger.put(CallChanged(call(), EventName.RINGING, at=at(1)))
        ledger.put(CallChanged(answered(), EventName.ANSWERED, {"agent": "8001"}, at=at(6)))
        ledger.put(RecordingOpened(recording()))
        ledger.put(CallChanged(answered(rings=2)))
        ledger.put(RecordingClosed(recording(finished=True, duration_seconds=24.0)))
        ledger.put(CallChanged(ended, EventName.ENDED, at=at(30)))
        ledger.put(CallRecorded("c1", at=at(31)))
        await ledger.flush()
        assert ledger.backlog == 0
        assert commits
    assert [name for _, name in events(engine)] == ["started", "ringing", "answered", "ended", "recorded"]
    with session(engine) as work:
        kept, file = work.get(Call, "c1"), work.get(Recording, "c1-agent-recording")
        assert kept is not None and file is not None
        assert (kept.outcome, kept.node, kept.site) == ("answered", "node", "main")
        assert (file.finished, file.duration_seconds) == (True, 24.0)
        assert work.get(Job, "c1") is not None
        rows = outbox.pending(work, "switchboard")
        assert rows[0].payload["data"]["call"]["answered_at"] is None  # each event tells of its own moment
        assert rows[2].payload["data"]["agent"] == "8001"
        assert rows[4].payload["data"]["call"]["outcome"] == "answered"


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_discarded_recording_leaves_no_row(engine: Engine, at_once: bool) -> None:
    async with ledger_on(engine) as (ledger, _):
        ledger.put(CallChanged(answered(), EventName.ANSWERED, at=at(6)))
        ledger.put(RecordingOpened(recording()))
        if not at_once:
            await ledger.flush()
        ledger.put(RecordingDiscarded("c1", recording().id))
        ledger.put(CallRecorded("c1", at=at(31)))
        await ledger.flush()
        assert not ledger.rejected
    with session(engine) as work:
        assert work.scalars(select(Recording)).all() == []
        assert work.get(Mix, "c1") is None


async def test_putting_never_waits_for_the_database(engine: Engine) -> None:
    async with ledger_on(engine) as (ledger, _):
        with locked(engine):  # until all are put: whoever waited for the database would wait for ever
            for number in range(1000):
                ledger.put(CallChanged(call(f"c{number}"), EventName.STARTED))
            assert ledger.backlog == 1000
        await ledger.flush()
    assert [subject for subject, _ in events(engine)] == [f"c{number}" for number in range(1000)]


async def test_a_database_locked_for_a_while_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT", 0.05)
    url = f"sqlite:///{tmp_path / 'x.db'}"
    upgrade(url)
    engine = make_engine(url)
    async with ledger_on(engine) as (ledger, _):
        with locked(engine):
            for number in range(300):
                ledger.put(CallChanged(call(f"c{number}"), EventName.STARTED))
            await eventually(lambda: ledger.failures >= 2)
            assert ledger.last_error == "OperationalError: database is locked"
            assert ledger.metrics()["ledger_backlog"] == ledger.backlog > 0
        await ledger.flush()
        assert not (ledger.backlog or ledger.last_error or ledger.rejected)
    assert [subject for subject, _ in events(engine)] == [f"c{number}" for number in range(300)]
    assert "13800000000" not in caplog.text
    engine.dispose()


async def test_a_server_that_drops_every_connection_loses_nothing(
    postgresql_url: str, engine: Engine
) -> None:
    if engine.dialect.name == "sqlite":
        await _without_its_tables(engine)  # the nearest thing for a database without a server
        return
    admin = make_engine(postgresql_url)
    end_all = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = :name AND pid <> pg_backend_pid()"
    )
    async with ledger_on(engine) as (ledger, _):
        for number in range(500):
            ledger.put(CallChanged(call(f"c{number}"), EventName.STARTED))
            if number % 100 == 50:
                with admin.connect() as connection:
                    await asyncio.to_thread(connection.execute, end_all, {"name": engine.url.database})
        await ledger.flush()
    assert [subject for subject, _ in events(engine)] == [f"c{number}" for number in range(500)]
    admin.dispose()


async def _without_its_tables(engine: Engine) -> None:
    async with ledger_on(engine) as (ledger, _):
        ledger.put(CallChanged(call("c0"), EventName.STARTED))
        await ledger.flush()
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE calls RENAME TO elsewhere"))
        ledger.put(CallChanged(call("c1"), EventName.STARTED))
        await eventually(lambda: ledger.last_error)
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO calls"))
        await ledger.flush()
    assert [subject for subject, _ in events(engine)] == ["c0", "c1"]


async def test_an_entry_that_can_never_be_kept_does_not_stop_the_others(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    async with ledger_on(engine) as (ledger, _):
        with locked(engine):  # so that they are written together
            ledger.put(CallChanged(call("c1"), EventName.STARTED))
            ledger.put(RecordingOpened(recording("nobody")))
            ledger.put(CallRecorded("nobody"))
            ledger.put(CallChanged(call("c2"), EventName.STARTED, {"odd": object()}))
            ledger.put(CallChanged(call("c3"), EventName.STARTED))
        await ledger.flush()
        assert [type(one.entry).__name__ for one in ledger.rejected] == [
            "RecordingOpened",
            "CallRecorded",
            "CallChanged",
        ]
        assert ledger.backlog == 0
    assert [subject for subject, _ in events(engine)] == ["c1", "c3"]
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 3
    assert "call=nobody" in errors[0].getMessage()


async def test_of_many_snapshots_the_last_one_stays(engine: Engine) -> None:
    async with ledger_on(engine) as (ledger, commits):
        with locked(engine):
            for rings in range(1, 200):
                ledger.put(CallChanged(replace(call(), rings=rings), EventName.RINGING))
        await ledger.flush()
        assert len(commits) < 10
    with session(engine) as work:
        kept = work.scalars(select(Call)).one()
        assert kept.rings == 199
        told = [row.payload["data"]["call"]["rings"] for row in outbox.pending(work, "switchboard", 1000)]
    assert told == list(range(1, 200))


async def test_the_publisher_is_woken_on_the_loop_after_the_commit(engine: Engine) -> None:
    loop, seen = asyncio.get_running_loop(), []

    def committed() -> None:
        assert asyncio.get_running_loop() is loop
        seen.append(len(events(engine)))

    ledger = Ledger(engine, "main", "node", committed)
    ledger.put(CallChanged(call(), EventName.STARTED))
    await eventually(lambda: seen)
    assert seen == [1]
    await ledger.close()


async def test_closing_writes_what_is_left_and_then_takes_no_more(engine: Engine) -> None:
    ledger = Ledger(engine, "main", "node", lambda: None)
    for number in range(50):
        ledger.put(CallChanged(call(f"c{number}"), EventName.STARTED))
    await ledger.close()
    await ledger.close()
    with pytest.raises(LedgerError, match="closed"):
        ledger.put(CallRecorded("c1"))
    assert len(events(engine)) == 50


async def test_closing_gives_up_on_a_database_that_does_not_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT", 0.05)
    engine = make_engine(f"sqlite:///{tmp_path / 'x.db'}")  # never migrated
    ledger = Ledger(engine, "main", "node", lambda: None)
    ledger.put(CallChanged(call(), EventName.STARTED))
    with pytest.raises(LedgerError, match="1 entries were not written: OperationalError: no such table"):
        await ledger.close(scaled(0.5))
    engine.dispose()


def test_only_what_may_pass_is_tried_again() -> None:
    assert ledgers._passing(OperationalError("", {}, Exception("locked")))
    assert ledgers._passing(OSError("disk"))
    assert not ledgers._passing(ValueError("never"))
