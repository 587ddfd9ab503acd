"""Calls that are over get their stereo file: once, whole, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from callcenter.recordings.mixer import NAME, Mixer, Pace
from callcenter.store import jobs, migrate
from callcenter.store.calls import add_jobs
from callcenter.store.engine import make_engine, session
from callcenter.store.tables import Call, Mix
from tests.support import eventually, scaled
from tests.unit.recordings.test_flac import hertz_of, hum, read
from tests.unit.scribe.rows import at, call, leg, recording

PACE = Pace(poll=0.05, again=0.1)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate.upgrade(url)
    engine = make_engine(url)
    yield engine
    engine.dispose()


@contextlib.asynccontextmanager
async def running(engine: Engine, folder: Path, pace: Pace = PACE) -> AsyncIterator[Mixer]:
    mixer = Mixer(folder, engine, pace=pace)
    work = asyncio.create_task(mixer.run())
    try:
        yield mixer
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def ended_call(engine: Engine, folder: Path, name: str = "c1", *, recorded: bool = True) -> None:
    """A call as the switchboard hands it over: the agent came 0.5 s after its zero."""
    with session(engine) as work:
        work.add(call(name))
        work.flush()
        for position, (role, hertz, offset) in enumerate((("caller", 440, 0.0), ("agent", 1000, 0.5))):
            work.add(leg(name, role, position))
            work.flush()
            if recorded:
                path = Path("2026/03/01") / name / f"{role}.wav"
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                hum(folder / path, hertz, 1.0)
                work.add(recording(name, role, path, offset))
        work.flush()
        add_jobs(work, {name: at(15)})


def row(engine: Engine, name: str = "c1") -> Mix:
    with session(engine) as work:
        return work.get_one(Mix, name)


async def state(engine: Engine, wanted: str, name: str = "c1") -> Mix:
    found: Callable[[], bool] = lambda: row(engine, name).state == wanted  # noqa: E731
    await eventually(found, 20, message=f"{row(engine, name)!r} is not {wanted}")
    return row(engine, name)


async def test_a_call_that_is_over_gets_its_file_and_the_record_names_it(
    engine: Engine, tmp_path: Path
) -> None:
    async with running(engine, tmp_path) as mixer:
        ended_call(engine, tmp_path)
        made = await state(engine, "done")
        assert (made.path, made.rate, made.duration_seconds) == (f"2026/03/01/c1/{NAME}", 8000, 1.5)
        assert (made.error, made.attempts, made.lease_until) == (None, 1, None)
        told = {"stereo_files_written": 1, "stereo_files_failed": 0}
        await eventually(lambda: mixer.metrics() == told)  # counted once it is committed
        pid = mixer._worker.pid
        assert pid is not None
        assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0)
    rate, samples = read(tmp_path / str(made.path))
    assert (tmp_path / str(made.path)).stat().st_size == made.size
    assert len(samples) == 1.5 * rate
    assert hertz_of(samples[:8000, 0]) == pytest.approx(440, abs=1)
    assert not samples[:4000, 1].any() and hertz_of(samples[4000:, 1]) == pytest.approx(1000, abs=1)


async def test_a_call_without_a_recording_has_nothing_to_be_written(engine: Engine, tmp_path: Path) -> None:
    ended_call(engine, tmp_path, recorded=False)
    with session(engine) as work:
        assert work.get(Mix, "c1") is None


async def test_a_worker_that_is_killed_costs_an_attempt_not_the_file(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(engine, tmp_path) as mixer:
        ended_call(engine, tmp_path)
        await state(engine, "done")
        pid = mixer._worker.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        asked, ask = asyncio.Event(), mixer._worker.ask

        async def ask_and_tell(question: dict[str, Any], patience: float) -> dict[str, Any]:
            asked.set()
            return await ask(question, patience)

        monkeypatch.setattr(mixer._worker, "ask", ask_and_tell)
        ended_call(engine, tmp_path, "c2")
        await asyncio.wait_for(asked.wait(), scaled(10))
        os.kill(pid, signal.SIGKILL)
        assert (await state(engine, "done", "c2")).attempts == 2


async def test_what_cannot_be_written_is_given_up_in_the_end(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ended_call(engine, tmp_path)
    for role in ("caller", "agent"):
        (tmp_path / f"2026/03/01/c1/{role}.wav").unlink()
    async with running(engine, tmp_path) as mixer:
        given_up = await state(engine, "failed")
        assert mixer.failed == 1
    assert given_up.attempts == 3 and given_up.path is None
    assert "agent.wav cannot be read" in (given_up.error or "")
    assert "stereo given up call=c1 attempts=3" in caplog.text


async def test_one_side_that_is_lost_leaves_the_other(engine: Engine, tmp_path: Path) -> None:
    ended_call(engine, tmp_path)
    (tmp_path / "2026/03/01/c1/agent.wav").unlink()
    async with running(engine, tmp_path):
        made = await state(engine, "done")
    assert made.duration_seconds == 1.0 and "agent.wav cannot be read" in (made.error or "")


async def test_the_call_of_a_mixer_that_was_killed_is_taken_up_by_the_next(
    engine: Engine, tmp_path: Path
) -> None:
    """Killed between the file and the record: the file is written once more, the same."""
    ended_call(engine, tmp_path)
    long_ago = datetime.now(UTC) - timedelta(seconds=10)
    with session(engine) as work:
        assert jobs.claim(work, "killed", long_ago, timedelta(seconds=1), Mix)
    file = tmp_path / "2026/03/01/c1" / NAME
    file.write_bytes(b"of the one that was killed")
    async with running(engine, tmp_path):
        assert (await state(engine, "done")).attempts == 2
    assert file.read_bytes()[:4] == b"fLaC"


async def test_a_mixer_that_is_stopped_gives_its_call_back(engine: Engine, tmp_path: Path) -> None:
    async with running(engine, tmp_path) as mixer:
        ended_call(engine, tmp_path)
        await state(engine, "done")
        pid = mixer._worker.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        ended_call(engine, tmp_path, "c2")
        await state(engine, "claimed", "c2")
    left = row(engine, "c2")
    assert (left.state, left.attempts, left.lease_until) == ("pending", 0, None)
    with session(engine) as work:
        assert work.get_one(Call, "c2").outcome == "answered"
