"""A worker process that is asked in lines of JSON: started when first asked, and again after it died.

It ends when its standard input does, so none outlives a role that was killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)

ANSWER_LIMIT = 64 << 20
"""Bytes of one answer; an hour of dense speech gives about 1 MB."""


class WorkerDied(Exception):
    """The worker process ended, or hung, in the middle of its work."""


@asynccontextmanager
async def claimed(
    claim: Coroutine[Any, Any, T | None], give_back: Callable[[T], Awaitable[object]]
) -> AsyncIterator[T | None]:
    """What `claim` comes to; it is given back where the work is cancelled, also in the moment in which it is
    claimed: a database that was asked does not hear of that."""
    claiming = asyncio.ensure_future(claim)
    try:
        yield await asyncio.shield(claiming)
    except asyncio.CancelledError:
        (found,) = await asyncio.gather(claiming, return_exceptions=True)
        if found is not None and not isinstance(found, BaseException):
            await give_back(found)
        raise


class Worker:
    """One process, `python -m` with these words. One question at a time."""

    def __init__(self, name: str, *words: str) -> None:
        self.name = name
        self._words: Sequence[str] = words
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Its process id, None where none runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else None

    async def ask(self, question: dict[str, Any], patience: float) -> dict[str, Any]:
        """Its answer, within `patience` seconds. Raises WorkerDied; the next call starts a new process."""
        process = await self._started()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            await process.stdin.drain()
            line = await asyncio.wait_for(process.stdout.readline(), patience)
        except TimeoutError:
            await self.close()
            raise WorkerDied(f"the worker did not answer in {patience:.0f} s") from None
        except ConnectionError as error:
            await self.close()
            raise WorkerDied(f"the worker's pipe broke ({error})") from None
        except asyncio.CancelledError:
            await self.close()  # its answer would be taken for that of the next question
            raise
        if not line.endswith(b"\n"):
            status = await self.close()
            raise WorkerDied(f"the worker ended with status {status}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def close(self) -> int | None:
        """Kills the process if one runs, and returns its exit status. Waits for its end even if cancelled:
        it is near, and nobody else would."""
        process, self._process = self._process, None
        if process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        ending = asyncio.create_task(process.wait())
        try:
            return await asyncio.shield(ending)
        except asyncio.CancelledError:
            await ending
            raise

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *self._words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=ANSWER_LIMIT,
        )
        log.info("worker started worker=%s pid=%d", self.name, self._process.pid)
        return self._process
