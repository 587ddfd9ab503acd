"""A process that is asked in lines of JSON, and what becomes of it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.workers import Worker, WorkerDied, claimed
from tests.support import eventually


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    """One that answers with nothing but errors: it is asked to write nothing."""
    made = Worker("test", "callcenter.recordings.worker")
    yield made
    await made.close()


QUESTION = {"legs": [], "path": "/nowhere/x.flac"}


async def test_it_starts_when_asked_and_stays(worker: Worker) -> None:
    assert worker.pid is None
    assert "no recording" in (await worker.ask(QUESTION, 30))["error"]
    pid = worker.pid
    assert pid is not None
    await worker.ask(QUESTION, 30)
    assert worker.pid == pid


async def test_one_that_is_killed_is_noticed_and_replaced(worker: Worker) -> None:
    await worker.ask(QUESTION, 30)
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    asking = asyncio.create_task(worker.ask(QUESTION, 30))
    await asyncio.sleep(0)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerDied):
        await asking
    assert (await worker.ask(QUESTION, 30))["error"]
    assert worker.pid not in (None, pid)


async def test_one_that_hangs_is_not_waited_for(worker: Worker) -> None:
    await worker.ask(QUESTION, 30)
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(WorkerDied, match="did not answer in 0 s"):
        await worker.ask(QUESTION, 0.1)
    assert worker.pid is None
    await eventually(lambda: not Path(f"/proc/{pid}").exists())


async def test_one_that_cannot_start_is_dead(tmp_path: Path) -> None:
    broken = Worker("broken", "callcenter.no_such_module")
    with pytest.raises(WorkerDied):
        await broken.ask(QUESTION, 30)
    await broken.close()


async def test_it_is_waited_for_though_whoever_ends_it_is_cancelled(worker: Worker) -> None:
    await worker.ask(QUESTION, 30)
    process = worker._process
    assert process is not None
    closing = asyncio.create_task(worker.close())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("outcome", "back"), [("c1", ["c1"]), (None, []), (OSError("gone"), [])])
async def test_what_is_claimed_in_the_moment_of_the_end_is_given_back(
    outcome: str | Exception | None, back: list[str]
) -> None:
    asked, answered = asyncio.Event(), asyncio.Event()
    given: list[str] = []

    async def claim() -> str | None:
        asked.set()
        await answered.wait()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def give_back(one: str) -> None:
        given.append(one)

    async def work() -> None:
        async with claimed(claim(), give_back):
            raise AssertionError("it was cancelled before")

    task = asyncio.create_task(work())
    await asked.wait()
    task.cancel()
    await asyncio.sleep(0)
    answered.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert given == back
