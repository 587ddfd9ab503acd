"""Takes calls that are over and has their stereo file written, one after the other.

The file's name comes onto the call's record in one transaction with the job's end; the file is there, whole,
before. A process that is killed in between leaves a job whose lease runs out, and the file is written anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from callcenter.domain.calls import Role
from callcenter.store import jobs
from callcenter.store.engine import brief, session
from callcenter.store.jobs import Claim
from callcenter.store.queries import call_recordings
from callcenter.store.tables import Leg, Mix, Recording
from callcenter.workers import Worker, WorkerDied, claimed

log = logging.getLogger(__name__)

T = TypeVar("T")

NAME = "stereo.flac"
"""In the folder of the call's first leg: whoever takes that folder away takes the call's sound away."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: how long a claim lasts, how often to look, when to try again, how long a file may take."""

    lease: float = 300.0
    poll: float = 1.0
    again: float = 5.0
    patience: float = 240.0
    attempts: int = 3


class Mixer:
    """Made once, run once. `recorded` is set when a call has been recorded."""

    def __init__(
        self, recordings: Path, engine: Engine, recorded: asyncio.Event | None = None, pace: Pace = Pace()
    ) -> None:
        self.done = 0
        self.failed = 0
        self._recordings, self._engine, self._pace = recordings, engine, pace
        self._recorded = recorded or asyncio.Event()
        self._name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}/mixer"
        self._worker = Worker(self._name, "callcenter.recordings.worker")

    def metrics(self) -> dict[str, float]:
        """Figures for the status message and Prometheus."""
        return {"stereo_files_written": self.done, "stereo_files_failed": self.failed}

    async def run(self) -> None:
        """Works until it is cancelled; then a call in hand is given back."""
        try:
            while True:
                try:
                    if await self._next():
                        continue
                except DBAPIError as error:
                    log.warning("database unavailable role=mixer error=%s", brief(error))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._recorded.wait(), self._pace.poll)
                self._recorded.clear()
        finally:
            await self._worker.close()

    async def _next(self) -> bool:
        """Deals with one call; False where there is none."""
        async with claimed(self._database(self._claim), self._give_back) as claim:
            if claim is not None:
                await self._mix(claim)
        return claim is not None

    async def _give_back(self, claim: Claim) -> None:
        await self._database(lambda db: jobs.give_back(db, claim, Mix))

    def _claim(self, db: Session) -> Claim | None:
        return jobs.claim(db, self._name, _now(), timedelta(seconds=self._pace.lease), Mix)

    async def _mix(self, claim: Claim) -> None:
        rows = await self._database(lambda db: call_recordings(db, claim.call_id))
        path = _path(rows)
        question = {"legs": [self._leg(*row) for row in rows], "path": str(self._recordings / path)}
        try:
            answer = await self._worker.ask(question, self._pace.patience)
        except WorkerDied as error:
            answer = {"error": str(error)}
        if "error" in answer:
            await self._failed(claim, str(answer["error"]))
            return
        await self._database(lambda db: _finish(db, claim, path, answer))
        self.done += 1
        log.info(
            "stereo written call=%s seconds=%.1f bytes=%d", claim.call_id, answer["seconds"], answer["size"]
        )

    async def _failed(self, claim: Claim, error: str) -> None:
        """Tried again until the attempts are used up; the legs' own files are there all the same."""
        if claim.attempt < self._pace.attempts:
            log.warning("stereo not written call=%s attempt=%d error=%s", claim.call_id, claim.attempt, error)
            again = _now() + timedelta(seconds=self._pace.again)
            await self._database(lambda db: jobs.release(db, claim, error, again, Mix))
            return
        log.error("stereo given up call=%s attempts=%d error=%s", claim.call_id, claim.attempt, error)
        await self._database(lambda db: jobs.finish(db, claim, _now(), error=error, failed=True, of=Mix))
        self.failed += 1

    def _leg(self, recording: Recording, leg: Leg) -> tuple[str, float, bool]:
        return str(self._recordings / recording.path), recording.offset_seconds, leg.role != Role.CALLER

    async def _database(self, work: Callable[[Session], T]) -> T:
        return await asyncio.to_thread(self._in_session, work)

    def _in_session(self, work: Callable[[Session], T]) -> T:
        with session(self._engine) as db:
            return work(db)


def _path(rows: list[tuple[Recording, Leg]]) -> str:
    """Where the call's file belongs, below the recordings folder."""
    first = min((recording for recording, _ in rows), key=lambda recording: recording.started_at)
    return str(Path(first.path).with_name(NAME))


def _finish(db: Session, claim: Claim, path: str, made: dict[str, Any]) -> None:
    values = {"path": path, "rate": made["rate"], "size": made["size"], "duration_seconds": made["seconds"]}
    if not jobs.finish(db, claim, _now(), error="; ".join(made["missing"]) or None, of=Mix, **values):
        log.warning("stereo written twice call=%s", claim.call_id)


def _now() -> datetime:
    return datetime.now(UTC)
