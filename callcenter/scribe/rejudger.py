"""Works off the orders to judge history again, in batches, behind everything that concerns calls of today.

Each batch is judged by worker processes and then kept in one short transaction with the order's progress. A
scribe that is killed leaves a lease that runs out; the next one goes on with the batch that was not kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from callcenter.scribe.rejudge_worker import from_plain
from callcenter.settings import Settings
from callcenter.store import rejudgings
from callcenter.store.engine import brief, session
from callcenter.store.judgings import NewSet
from callcenter.store.rejudgings import RejudgingClaim
from callcenter.workers import Worker, WorkerDied, claimed

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: how long a claim lasts, how often to look, how long a batch may take; `size` in calls."""

    lease: float = 60.0
    poll: float = 2.0
    again: float = 5.0
    patience: float = 300.0
    size: int = 50
    attempts: int = 5


class BatchError(Exception):
    """A batch cannot be judged at all: a standard is wrong."""


class Rejudger:
    """Made once, run once. `workers` processes judge side by side."""

    def __init__(self, settings: Settings, engine: Engine, workers: int = 1, pace: Pace = Pace()) -> None:
        self.done = 0
        self._settings, self._engine, self._pace = settings, engine, pace
        self._name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}/rejudger"
        names = (f"{self._name}/{number}" for number in range(workers))
        self._workers = [Worker(name, "callcenter.scribe.rejudge_worker") for name in names]

    def metrics(self) -> dict[str, float]:
        """Figures for the status message and Prometheus."""
        return {"scribe_calls_rejudged": self.done}

    async def run(self) -> None:
        """Works until it is cancelled; then an order in hand is given back."""
        try:
            while True:
                try:
                    if await self._next():
                        continue
                except DBAPIError as error:
                    log.warning("database unavailable role=rejudger error=%s", brief(error))
                await asyncio.sleep(self._pace.poll)
        finally:
            await self._rest()

    async def _next(self) -> bool:
        """Works off one order; False where there is none."""
        lease = timedelta(seconds=self._pace.lease)
        claim = self._database(lambda db: rejudgings.claim(db, self._name, _now(), lease))
        async with claimed(claim, self._give_back) as held:
            if held is not None:
                await self._work_or_end(held)
        return held is not None

    async def _give_back(self, held: RejudgingClaim) -> None:
        await self._database(lambda db: rejudgings.release(db, held))

    async def _work_or_end(self, held: RejudgingClaim) -> None:
        log.info("rejudging claimed order=%d attempt=%d", held.id, held.attempt)
        try:
            await self._work_off(held)
        except BatchError as error:
            await self._end(held, str(error))
        except WorkerDied as error:
            await self._again(held, str(error))
        finally:
            await self._rest()

    async def _work_off(self, held: RejudgingClaim) -> None:
        while await self._batch(held):
            if await self._database(rejudgings.calls_wait):
                await asyncio.sleep(self._pace.poll)  # what ends now comes first

    async def _batch(self, held: RejudgingClaim) -> bool:
        """Judges and keeps the next calls; False once there are none, or the order is not ours any more."""
        wanted = self._pace.size * len(self._workers)
        calls = await self._database(lambda db: rejudgings.next_calls(db, held.id, wanted))
        if not calls:
            await self._end(held)
            return False
        sets = await self._judge(held, calls)
        until = _now() + timedelta(seconds=self._pace.lease)
        kept = await self._database(lambda db: rejudgings.keep_batch(db, held, calls, sets, until))
        if kept is None:
            log.info("rejudging given up order=%d: it was stopped, or another scribe has it", held.id)
            return False
        self.done += len(kept)
        return True

    async def _judge(self, held: RejudgingClaim, calls: Sequence[str]) -> list[NewSet]:
        """Raises BatchError, WorkerDied."""
        size = self._pace.size
        parts = [calls[at : at + size] for at in range(0, len(calls), size)]
        asked = [self._ask(worker, held, part) for worker, part in zip(self._workers, parts, strict=False)]
        found = await asyncio.gather(*asked, return_exceptions=True)  # none may go on once one has failed
        for each in found:
            if isinstance(each, BaseException):
                raise each
        return [one for each in found if not isinstance(each, BaseException) for one in each]

    async def _ask(self, worker: Worker, held: RejudgingClaim, calls: Sequence[str]) -> list[NewSet]:
        desks = [desk.model_dump(mode="json") for desk in self._settings.desks]
        settings = self._settings
        question: dict[str, Any] = {
            "url": settings.database_url,
            "desks": desks,
            "timezone": settings.timezone,
        }
        answer = await worker.ask({**question, "order": held.id, "calls": list(calls)}, self._pace.patience)
        if "error" in answer:
            raise BatchError(answer["error"])
        return from_plain(answer)

    async def _again(self, held: RejudgingClaim, error: str) -> None:
        """Goes on later, until the attempts are used up."""
        if held.attempt >= self._pace.attempts:
            await self._end(held, error)
            return
        log.warning("rejudging failed order=%d attempt=%d error=%s", held.id, held.attempt, error)
        again = _now() + timedelta(seconds=self._pace.again)
        await self._database(lambda db: rejudgings.release(db, held, again, error))

    async def _end(self, held: RejudgingClaim, error: str | None = None) -> None:
        if await self._database(lambda db: rejudgings.finish(db, held, _now(), error)):
            log.info("rejudging ended order=%d error=%s", held.id, error)

    async def _rest(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            for worker in self._workers:
                await worker.close()

    async def _database(self, work: Callable[[Session], T]) -> T:
        return await asyncio.to_thread(self._in_session, work)

    def _in_session(self, work: Callable[[Session], T]) -> T:
        with session(self._engine) as db:
            return work(db)


def _now() -> datetime:
    return datetime.now(UTC)
