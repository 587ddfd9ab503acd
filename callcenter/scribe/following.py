"""Recordings listened to while they grow: each by one worker, which goes on with it when the call has ended.

Nothing depends on it. What is not followed, because the workers have enough to do, or the scribe was not
there, or its worker died, is read from the file when the call has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from callcenter.scribe import pressure
from callcenter.scribe.hands import Hands, Standing, Transcript, WorkerDied
from callcenter.store import listenings
from callcenter.store.engine import brief, session
from callcenter.store.listenings import Backlog, Growing

log = logging.getLogger(__name__)

T = TypeVar("T")

NOTHING = Standing()
Heard = Callable[[Growing, Standing], Awaitable[None]]
"""Told at each step how a recording stands."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds: between two looks at the database, between two at a recording; how much sound is read at once;
    how long a recording is ours without renewal; how long it is kept after its call ended, for its job."""

    look: float = 1.0
    step: float = 0.5
    most: float = 4.0
    lease: float = 10.0
    kept: float = 60.0


@dataclass(slots=True)
class _Leg:
    growing: Growing
    hands: Hands
    phrases: tuple[str, ...]
    standing: Standing = NOTHING
    over: bool = False
    task: asyncio.Task[None] | None = None
    ended_at: float | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Following:
    """What one scribe listens to. `run` is a task of its own."""

    def __init__(
        self,
        worker: str,
        hands: Sequence[Hands],
        engine: Engine,
        folder: Path,
        phrases: Callable[[Growing], Sequence[str]],
        *,
        heard: Heard,
        rhythm: Rhythm = Rhythm(),
        limits: pressure.Limits = pressure.LIMITS,
    ) -> None:
        """`worker` is the scribe's name; `phrases` are those of the narrow pass of a recording."""
        self.worker = worker
        self.backlog = Backlog()
        self.given_way = 0
        self._hands, self._engine, self._folder = hands, engine, folder
        self._phrases, self._heard = phrases, heard
        self._rhythm, self._limits = rhythm, limits
        self._legs: dict[str, _Leg] = {}
        self._left: set[str] = set()
        self._progress: dict[str, float] = {}

    def metrics(self) -> dict[str, float]:
        """Figures for the status message and Prometheus."""
        waiting = self._waiting()
        return {
            "scribe_live_recordings": len(waiting),
            "scribe_live_behind_seconds": max(waiting.values(), default=0.0),
            "scribe_given_way": self.given_way,
            "scribe_backlog_calls": self.backlog.calls,
            "scribe_backlog_seconds": self.backlog.seconds,
            "scribe_backlog_oldest_seconds": self.backlog.oldest,
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Looks for recordings that grow and listens to them, until `stop` is set."""
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                try:
                    await self._look(group)
                except DBAPIError as error:
                    log.warning("database unavailable role=scribe error=%s", brief(error))
                await _rest(stop, self._rhythm.look)
            for leg in self._legs.values():
                if leg.task is not None:
                    leg.task.cancel()
        await self._leave([*self._legs])

    async def handed_over(self, id: str, phrases: Sequence[str]) -> Hands | None:
        """The call of a recording has ended: the worker that has heard it so far, with these phrases in the
        narrow pass; None: nobody has, and it is to be read from its beginning."""
        leg = self._legs.pop(id, None)
        if leg is None:
            return None
        await self._stop(leg)
        if leg.phrases == tuple(phrases) and id not in self._left:
            return leg.hands
        with contextlib.suppress(WorkerDied):
            await leg.hands.drop(id)
        return None

    @contextlib.asynccontextmanager
    async def reading(self, ids: Sequence[str]) -> AsyncIterator[Callable[[str, float], None]]:
        """While an ended call's recordings are read; gives what is to be told how far each one is."""
        self._progress |= dict.fromkeys(ids, 0.0)
        await self._take(ids)
        try:
            yield self._progress.__setitem__
        finally:
            for id in ids:
                self._progress.pop(id, None)
            await self._leave(ids)

    async def _look(self, group: asyncio.TaskGroup) -> None:
        now = _now()
        found, self.backlog = await self._database(
            lambda db: (listenings.growing(db), listenings.backlog(db, now))
        )
        growing = {each.id: each for each in found}
        self._left = {id for id in self._left if id in growing}
        for id in growing.keys() & self._legs.keys():
            self._legs[id].growing = growing[id]
        await self._let_go(growing.keys())
        if (late := pressure.gives_way(self._waiting(), self._limits)) is not None:
            await self._give_way(late)
        known = {*self._legs, *self._left, *self._progress}
        await self._begin(group, [each for id, each in growing.items() if id not in known])
        progress = {id: leg.standing.seconds for id, leg in self._legs.items()} | self._progress
        until = now + timedelta(seconds=self._rhythm.lease)
        await self._database(lambda db: listenings.renew(db, self.worker, progress, until))

    async def _begin(self, group: asyncio.TaskGroup, new: Sequence[Growing]) -> None:
        """Takes one new recording after the other, as long as the workers keep up."""
        if not new or not pressure.may_begin(
            self._waiting(), self.backlog.calls, len(self._hands), self._limits
        ):
            return
        taken = await self._take([each.id for each in new])
        for each in new:
            if each.id in taken:
                leg = _Leg(each, self._freest(), tuple(self._phrases(each)))
                self._legs[each.id] = leg
                leg.task = group.create_task(self._follow(leg), name=f"follow {each.id}")

    async def _follow(self, leg: _Leg) -> None:
        path = self._folder / leg.growing.path
        try:
            while not leg.over:
                found = await leg.hands.follow(leg.growing.id, path, leg.phrases, self._rhythm.most)
                if isinstance(found, Transcript):
                    await self._give_up(leg, found.error or "it has ended")
                    return
                leg.standing = found
                await self._heard(leg.growing, found)
                if found.waiting < self._rhythm.most:
                    await _rest(leg.done, self._rhythm.step)
        except WorkerDied as error:
            await self._give_up(leg, str(error))

    async def _give_up(self, leg: _Leg, reason: str) -> None:
        log.info("recording not followed recording=%s reason=%s", leg.growing.id, reason)
        self._left.add(leg.growing.id)
        if self._legs.pop(leg.growing.id, None) is not None:
            await self._leave([leg.growing.id])

    async def _let_go(self, growing: Set[str]) -> None:
        """What grows no more is kept for its job for a while, if the job comes to us."""
        now = asyncio.get_running_loop().time()
        for id, leg in list(self._legs.items()):
            if id in growing:
                continue
            leg.ended_at = leg.ended_at or now
            leg.over = True
            leg.done.set()
            if now - leg.ended_at > self._rhythm.kept:
                await self._drop(id)

    async def _give_way(self, id: str) -> None:
        self.given_way += 1
        self._left.add(id)
        behind = self._legs[id].standing.waiting
        log.warning("recording gives way recording=%s behind=%.0f", id, behind)
        await self._drop(id)

    async def _drop(self, id: str) -> None:
        leg = self._legs.pop(id, None)
        if leg is None:
            return
        await self._stop(leg)
        with contextlib.suppress(WorkerDied):
            await leg.hands.drop(id)
        await self._leave([id])

    @staticmethod
    async def _stop(leg: _Leg) -> None:
        """Lets it end its step: a worker that is interrupted in one is lost, and all that it heard."""
        leg.over = True
        leg.done.set()
        if leg.task is not None:
            await asyncio.wait({leg.task})

    def _waiting(self) -> dict[str, float]:
        return {id: leg.standing.waiting for id, leg in self._legs.items() if not leg.over}

    def _freest(self) -> Hands:
        """The worker with the fewest recordings."""
        busy = [leg.hands for leg in self._legs.values()]
        return min(self._hands, key=busy.count)

    async def _take(self, ids: Sequence[str]) -> set[str]:
        now = _now()
        until = now + timedelta(seconds=self._rhythm.lease)
        return await self._database(lambda db: listenings.take(db, ids, self.worker, now, until))

    async def _leave(self, ids: Sequence[str]) -> None:
        with contextlib.suppress(DBAPIError):  # then they are free when the lease has run out
            await self._database(lambda db: listenings.leave(db, ids, self.worker))

    async def _database(self, work: Callable[[Session], T]) -> T:
        return await asyncio.to_thread(self._in_session, work)

    def _in_session(self, work: Callable[[Session], T]) -> T:
        with session(self._engine) as db:
            return work(db)


async def _rest(until: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(until.wait(), seconds)


def _now() -> datetime:
    return datetime.now(UTC)
