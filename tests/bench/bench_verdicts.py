"""How soon a call is judged after the hang-up, of calls that end at the same moment.

    python -m tests.bench.bench_verdicts [FOLDER …] [--calls 1 5 20] [--workers N]

A scribe as it runs, with its worker processes, the speech model and a database (SQLite); one call is judged
beforehand, so that the model is loaded. Each call has two recordings of a dialogue of its own, as long as
there are others. While they last, the recordings grow as the switchboard writes them, and are listened to
(`live`), or nobody listens, and they are read when the calls have ended. Counted are the seconds from the end
of the calls until the event `judged` is in the database; and, which does not depend on what else the machine
does, the CPU seconds of the workers from the end of the calls to the last verdict, for each call.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from sqlalchemy import Engine
from sqlmodel import col, select

from callcenter.corpus.dialogues import Dialogue
from callcenter.domain.calls import EventName
from callcenter.domain.topics import parse_call_topic
from callcenter.scribe.role import Scribe
from callcenter.settings import Settings
from callcenter.store.engine import make_engine, session
from callcenter.store.migrate import upgrade
from callcenter.store.tables import Call, Job, Outbox, Recording
from tests.bench.trials import corpora, dialogues
from tests.speech import speech_model
from tests.unit.scribe.rows import call, leg, recording

ROLES = ("caller", "agent")
BYTES = 8000
"""Of G.711, a second."""
LOOK = 0.05
"""Seconds between two looks for verdicts."""


@dataclass(frozen=True, slots=True)
class Site:
    """One run's database, recordings and scribe."""

    engine: Engine
    folder: Path
    scribe: Scribe
    recorded: asyncio.Event


@contextlib.asynccontextmanager
async def site(folder: Path, workers: int) -> AsyncIterator[Site]:
    """A scribe at work in an empty folder."""
    upgrade(f"sqlite:///{folder / 'bench.db'}")
    engine = make_engine(f"sqlite:///{folder / 'bench.db'}")
    settings = Settings(data=folder, scribe={"model": str(speech_model()), "workers": workers})
    settings.recordings.mkdir(parents=True)
    stop, recorded = asyncio.Event(), asyncio.Event()
    scribe = Scribe(settings, engine, recorded=recorded)
    serving = asyncio.create_task(scribe.run(stop), name="scribe")
    try:
        yield Site(engine, settings.recordings, scribe, recorded)
    finally:
        stop.set()
        await serving
        engine.dispose()


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of each call from its end to its verdict, in order; the workers' CPU seconds meanwhile; how
    many recordings were listened to when they ended."""

    seconds: list[float]
    cpu: float
    followed: int


async def run(here: Site, said: dict[str, Dialogue], *, live: bool) -> Run:
    """Calls that end at once, by the dialogue of each; `live`: they are listened to while they last."""
    sounds = {_name(id, role): _sound(each, role) for id, each in said.items() for role in ROLES}
    if live:
        _begin(here.engine, said)
        await _grow(here.folder, sounds)
    for name, sound in sounds.items():
        (here.folder / name).write_bytes(sound)
    if not live:
        _begin(here.engine, said)
    followed = round(here.scribe.following.metrics()["scribe_live_recordings"])
    _end(here.engine, said)
    ended, before = time.monotonic(), _workers_cpu(here.scribe)
    here.recorded.set()
    done: dict[str, float] = {}
    while len(done) < len(said):
        for id in _judged(here.engine) & said.keys():
            done.setdefault(id, time.monotonic() - ended)
        await asyncio.sleep(LOOK)
    return Run(sorted(done.values()), _workers_cpu(here.scribe) - before, followed)


def _workers_cpu(scribe: Scribe) -> float:
    """CPU seconds of the worker processes so far."""
    times = [psutil.Process(hands.pid).cpu_times() for hands in scribe.hands if hands.pid]
    return sum(each.user + each.system for each in times)


def _name(id: str, role: str) -> str:
    return f"{id}.{role}.wav"


def _sound(dialogue: Dialogue, role: str) -> bytes:
    return (dialogue.agent if role == "agent" else dialogue.caller).read_bytes()


def _begin(engine: Engine, ids: Iterable[str]) -> None:
    with session(engine) as db:
        for id in ids:
            db.add(call(id, outcome=None, ended_at=None))
            db.flush()
            db.add_all([leg(id, role, place) for place, role in enumerate(ROLES)])
            db.flush()
            for role in ROLES:
                growing = recording(id, role, _name(id, role))
                growing.finished = False
                db.add(growing)


async def _grow(folder: Path, sounds: dict[str, bytes]) -> None:
    """A second of each recording every second, the longest first, so that all end at the same moment."""
    longest = max(map(len, sounds.values())) // BYTES
    began = time.monotonic()
    for second in range(1, longest + 1):
        for name, sound in sounds.items():
            (folder / name).write_bytes(so_far(sound, longest - second))
        await asyncio.sleep(max(0.0, began + second - time.monotonic()))


def so_far(sound: bytes, left: int) -> bytes:
    """What is there of a recording so many seconds before its end."""
    return sound[: max(0, len(sound) - left * BYTES)]


def _end(engine: Engine, said: dict[str, Dialogue]) -> None:
    with session(engine) as db:
        for id, dialogue in said.items():
            for role in ROLES:
                row = db.get_one(Recording, f"{id}-{role}-recording")
                row.finished, row.duration_seconds = True, len(_sound(dialogue, role)) / BYTES
            ended = db.get_one(Call, id)
            ended.outcome, ended.ended_at = "answered", datetime.now(UTC)
            db.add(Job(call_id=id, created_at=datetime.now(UTC)))


def _judged(engine: Engine) -> set[str]:
    """The calls of which the event is there."""
    with session(engine) as db:
        topics = map(parse_call_topic, db.scalars(select(col(Outbox.topic))))
        return {each.call_id for each in topics if each and each.event is EventName.JUDGED}


async def measure(calls: Sequence[Dialogue], number: int, workers: int, *, live: bool) -> str:
    """One row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        async with site(Path(folder), workers) as here:
            await run(here, {"first": calls[-1]}, live=False)
            said = {f"c{place}": calls[place % len(calls)] for place in range(number)}
            found = await run(here, said, live=live)
    how = f"while they lasted ({found.followed} of {2 * number} recordings)" if live else "afterwards"
    return row(how, found)


def row(how: str, found: Run) -> str:
    """Of the table."""
    seconds, calls = found.seconds, len(found.seconds)
    late = seconds[math.ceil(0.95 * calls) - 1]
    middle = statistics.median(seconds)
    return f"| {calls} | {how} | {middle:.1f} | {late:.1f} | {found.cpu / calls:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folders", nargs="*", metavar="FOLDER", default=corpora())
    parser.add_argument("--calls", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--workers", type=int, default=0, help="0: as the scribe chooses")
    args = parser.parse_args()
    print(f"from hang-up to verdict, {datetime.now(UTC):%Y-%m-%d}, {speech_model().name}")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before")
    print("| calls ended at once | listened to | p50 s | p95 s | CPU s a call |")
    print("| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        calls = dialogues(args.folders, Path(scratch))
        for number in args.calls:
            for live in (True, False):
                print(asyncio.run(measure(calls, number, args.workers, live=live)), flush=True)
    print(f"load average {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
