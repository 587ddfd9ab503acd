"""`callcenter rejudge`."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from callcenter.rejudge_command import rejudge, wanted_of
from callcenter.settings import ConfigError, Settings
from callcenter.standards import StandardError
from callcenter.store import rejudgings
from callcenter.store.engine import make_engine, session
from callcenter.store.rejudgings import RejudgingError, Wanted
from callcenter.store.verdict_tables import Rejudging
from tests.seed import seed_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return seed_settings(tmp_path)


def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def printed(shown: Console) -> str:
    assert isinstance(shown.file, io.StringIO)
    return shown.file.getvalue()


def change(settings: Settings, **values: object) -> None:
    engine = make_engine(settings.database_url)
    with session(engine) as db:
        row = db.get_one(Rejudging, 1)
        for name, value in values.items():
            setattr(row, name, value)
        db.add(row)
    engine.dispose()


def test_what_the_command_line_names(settings: Settings) -> None:
    wanted = wanted_of(settings, "gaowei", "sales", datetime.fromisoformat("2026-11-01"))
    assert wanted == Wanted("gaowei", "sales", datetime(2026, 10, 31, 16, tzinfo=UTC))
    assert wanted_of(settings, "", "", None) == Wanted()
    with pytest.raises(ConfigError, match="there are: front, sales"):
        wanted_of(settings, "", "back", None)
    with pytest.raises(StandardError, match="nope"):
        wanted_of(settings, "nope", "", None)


def test_the_order_is_followed_to_its_end(settings: Settings) -> None:
    now = datetime.now(UTC)
    steps = iter(
        (
            {"state": "claimed", "started_at": now, "total": 10, "done": 4},
            {"state": "done", "done": 10, "judged": 9, "changed": 2, "finished_at": now},
        )
    )
    shown = console()
    assert rejudge(settings, Wanted(), shown, sleep=lambda _: change(settings, **next(steps)))
    assert "10/10" in printed(shown) and "2 有变化" in printed(shown)


def test_a_failure_is_told(settings: Settings) -> None:
    shown = console()
    failed = {"state": "failed", "error": "own.toml: name: wrong"}
    assert not rejudge(settings, Wanted(), shown, sleep=lambda _: change(settings, **failed))
    assert "own.toml: name: wrong" in printed(shown)


def test_without_waiting_the_order_is_left_to_the_scribe(settings: Settings) -> None:
    assert rejudge(settings, Wanted("vanke"), console(), wait=False)
    engine = make_engine(settings.database_url)
    with session(engine) as db:
        (row,) = rejudgings.newest(db)
    engine.dispose()
    assert (row.state, row.standard, row.by.startswith("cli:")) == ("pending", "vanke", True)
    with pytest.raises(RejudgingError, match="under way"):
        rejudge(settings, Wanted("vanke"), console(), wait=False)
