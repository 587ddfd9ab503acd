"""Orders worked off by real worker processes, and what a kill leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from callcenter.domain.reviews import Person
from callcenter.scribe.rejudger import Pace, Rejudger
from callcenter.store import rejudgings
from callcenter.store.engine import session
from callcenter.store.rejudgings import Wanted
from callcenter.store.verdict_tables import Rejudging
from tests.support import eventually, scaled
from tests.unit.scribe.history import history, now_says, settings_of

QUICK = Pace(lease=scaled(5.0), poll=0.02, again=0.02, size=2)
QA = Person("8007", "qa")


def order(engine: Engine) -> int:
    with session(engine) as db:
        return rejudgings.order(db, Wanted(), QA, datetime.now(UTC)).id or 0


def row(engine: Engine, id: int) -> Rejudging:
    with session(engine) as db:
        return rejudgings.get(db, id)


@asynccontextmanager
async def running(rejudger: Rejudger) -> AsyncIterator[None]:
    task = asyncio.create_task(rejudger.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_history_is_judged_again_and_a_kill_costs_nothing(engine: Engine, tmp_path: Path) -> None:
    calls = [f"c{n}" for n in range(7)]
    history(engine, *calls)
    settings = settings_of(engine, tmp_path)
    id = order(engine)
    async with running(Rejudger(settings, engine, pace=QUICK)):
        await eventually(lambda: row(engine, id).done >= 2, 60)
    first = row(engine, id)  # given back, or done already
    assert first.state in ("pending", "done")
    second = Rejudger(settings, engine, workers=2, pace=QUICK)
    async with running(second):
        await eventually(lambda: row(engine, id).state == "done", 60)
    done = row(engine, id)
    assert (done.total, done.done, done.judged, done.changed) == (7, 7, 7, 7)
    assert second.metrics() == {"scribe_calls_rejudged": 7 - first.done}
    assert {now_says(engine, call)["opening"].verdict for call in calls} == {"pass"}


async def test_a_wrong_standard_ends_the_order_with_its_mistake(engine: Engine, tmp_path: Path) -> None:
    history(engine, "c1")
    wrong = tmp_path / "own.toml"
    wrong.write_text("name = 3\n", "utf-8")
    id = order(engine)
    async with running(Rejudger(settings_of(engine, tmp_path, standard=str(wrong)), engine, pace=QUICK)):
        await eventually(lambda: row(engine, id).state == "failed", 60)
    assert "own.toml" in (row(engine, id).error or "")
    assert now_says(engine, "c1")["opening"].verdict == "fail"
