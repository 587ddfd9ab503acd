"""The role as a whole: what it does before its first call."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import Session

from callcenter.domain.calls import CallFacts, Direction, Line
from callcenter.store import migrate
from callcenter.store.calls import save_call
from callcenter.store.engine import make_engine
from callcenter.store.tables import Call
from callcenter.switchboard.role import recover
from tests.board import settings_for


def test_calls_of_a_killed_switchboard_are_interrupted(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    migrate.upgrade(settings.database_url)
    engine = make_engine(settings.database_url)
    facts = CallFacts("c1", Direction.INBOUND, Line.EXTERNAL, "138", "8000", datetime.now(UTC), desk="front")
    with Session(engine) as session:
        save_call(session, facts, settings.site, settings.node)
        session.commit()
    recover(settings, engine)
    with Session(engine) as session:
        row = session.get(Call, "c1")
        assert row is not None and row.outcome == "interrupted" and row.ended_at is not None
    engine.dispose()
