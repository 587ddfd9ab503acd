"""With workers that say what they are told to; test_live_call has a real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine
from sqlmodel import select

from callcenter.scribe.following import Following, Rhythm
from callcenter.scribe.hands import Hands, Standing, Transcript, WorkerDied
from callcenter.scribe.pressure import Limits
from callcenter.store.engine import session
from callcenter.store.listenings import Growing
from callcenter.store.tables import Call, Listening, Recording
from tests.support import eventually
from tests.unit.scribe.rows import call, leg, recording

QUICK = Rhythm(look=0.02, step=0.01, most=1.0, lease=5.0, kept=0.3)


class Told:
    """A worker: for each recording `says` how it stands."""

    def __init__(self, says: Standing | Transcript | Exception | None = None) -> None:
        self.says = says or Standing(1.0)
        self.asked: dict[str, tuple[str, ...]] = {}
        self.dropped: list[str] = []

    async def follow(self, id: str, path: Path, phrases: Sequence[str], most: float) -> Standing | Transcript:
        self.asked[id] = tuple(phrases)
        await asyncio.sleep(0)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    async def drop(self, id: str) -> None:
        self.dropped.append(id)


def under_way(engine: Engine, *ids: str) -> list[str]:
    """Calls that last, with a recording of the agent each; their recordings."""
    with session(engine) as db:
        for id in ids:
            db.add(call(id, outcome=None, ended_at=None))
            db.flush()
            db.add(leg(id, "agent", 0))
            db.flush()
            growing = recording(id, "agent", f"{id}.wav")
            growing.finished = False
            db.add(growing)
    return [f"{id}-agent-recording" for id in ids]


def end(engine: Engine, call_id: str) -> None:
    with session(engine) as db:
        db.get_one(Call, call_id).outcome = "answered"
        db.get_one(Recording, f"{call_id}-agent-recording").finished = True


def listened(engine: Engine) -> dict[str, str]:
    with session(engine) as db:
        return {row.recording_id: row.worker for row in db.exec(select(Listening))}


@asynccontextmanager
async def following(
    engine: Engine, *hands: Told, told: list[tuple[str, str]] | None = None, **options: Any
) -> AsyncIterator[Following]:
    async def note(growing: Growing, standing: Standing) -> None:
        if told is not None:
            told.append((growing.id, standing.partial))

    made = Following(
        "me", cast(list[Hands], hands), engine, Path("/recordings"), lambda growing: ["您好"],
        heard=note, rhythm=QUICK, **options,
    )  # fmt: skip
    stop = asyncio.Event()
    task = asyncio.create_task(made.run(stop))
    try:
        yield made
    finally:
        stop.set()
        await task


async def test_a_recording_is_followed_and_handed_over(engine: Engine) -> None:
    (id,) = under_way(engine, "c1")
    worker = Told(Standing(3.0, 0.0, "您好"))
    told: list[tuple[str, str]] = []
    async with following(engine, worker, told=told) as it:
        await eventually(lambda: worker.asked == {id: ("您好",)})
        await eventually(lambda: (id, "您好") in told)
        assert listened(engine) == {id: "me"}
        assert it.metrics()["scribe_live_recordings"] == 1
        end(engine, "c1")
        async with it.reading([id]) as progress:
            assert await it.handed_over(id, ["您好"]) is cast(Any, worker)
            progress(id, 7.5)
            assert await it.handed_over(id, ["您好"]) is None  # once
        assert listened(engine) == {}
    assert worker.dropped == []


async def test_with_other_phrases_it_is_read_anew(engine: Engine) -> None:
    (id,) = under_way(engine, "c1")
    worker = Told()
    async with following(engine, worker) as it:
        await eventually(lambda: worker.asked)
        assert await it.handed_over(id, ["再见"]) is None
    assert worker.dropped == [id]


async def test_it_is_shared_among_the_workers(engine: Engine) -> None:
    under_way(engine, "c1", "c2", "c3", "c4")
    one, two = Told(), Told()
    async with following(engine, one, two):
        await eventually(lambda: len(one.asked) + len(two.asked) == 4)
    assert len(one.asked) == len(two.asked) == 2


async def test_what_cannot_be_followed_is_left_for_later(engine: Engine) -> None:
    for says in (Transcript(error="an Ogg file"), WorkerDied("the worker ended with status -9")):
        (id,) = under_way(engine, type(says).__name__)
        worker = Told(says)
        async with following(engine, worker) as it:
            await eventually(partial(_asked_and_left, engine, worker, id))
            worker.asked.clear()
            await asyncio.sleep(0.1)
            assert not worker.asked
            assert await it.handed_over(id, ["您好"]) is None
        end(engine, type(says).__name__)


def _asked_and_left(engine: Engine, worker: Told, id: str) -> bool:
    return id in worker.asked and not listened(engine)


async def test_live_calls_give_way_when_the_workers_do_not_keep_up(engine: Engine) -> None:
    first, second = under_way(engine, "c1", "c2")
    worker = Told(Standing(1.0, 30.0))
    async with following(engine, worker, limits=Limits(full=50.0, lost=20.0)) as it:
        await eventually(lambda: worker.dropped == [second, first])
        assert it.metrics()["scribe_given_way"] == 2
        await eventually(lambda: not listened(engine))
        under_way(engine, "c3")
        await eventually(lambda: worker.dropped[2:] == ["c3-agent-recording"])


async def test_nothing_new_is_followed_while_one_is_behind(engine: Engine) -> None:
    under_way(engine, "c1")
    worker = Told(Standing(1.0, 8.0))
    async with following(engine, worker) as it:
        await eventually(lambda: it.metrics()["scribe_live_behind_seconds"] == 8.0)
        under_way(engine, "c2")
        await asyncio.sleep(0.1)
        assert len(worker.asked) == 1
        worker.says = Standing(9.0, 0.0)
        await eventually(lambda: len(worker.asked) == 2)


async def test_another_scribe_s_recording_is_left_to_it(engine: Engine) -> None:
    under_way(engine, "c1")
    one, two = Told(), Told()
    async with following(engine, one):
        await eventually(lambda: one.asked)
        async with following(engine, two) as other:
            other.worker = "you"
            await asyncio.sleep(0.1)
            assert not two.asked


async def test_what_nobody_asks_for_is_dropped_after_a_while(engine: Engine) -> None:
    (id,) = under_way(engine, "c1")
    worker = Told()
    async with following(engine, worker) as it:
        await eventually(lambda: worker.asked)
        end(engine, "c1")
        await eventually(lambda: worker.dropped == [id])
        assert listened(engine) == {}
        assert it.metrics()["scribe_live_recordings"] == 0


async def test_the_figures_of_what_waits(engine: Engine) -> None:
    async with following(engine, Told()) as it:
        assert it.metrics() == {
            "scribe_live_recordings": 0,
            "scribe_live_behind_seconds": 0.0,
            "scribe_given_way": 0,
            "scribe_backlog_calls": 0,
            "scribe_backlog_seconds": 0.0,
            "scribe_backlog_oldest_seconds": 0.0,
        }
