"""The scribe: takes ended calls, has each leg transcribed by a worker process, judges, and tells.

Words, findings, the job's end and the events `transcribed` and `judged` are one transaction: a scribe that is
killed leaves all of it or nothing, and its lease runs out within seconds.
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
from typing import TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from callcenter.domain.calls import Role
from callcenter.domain.standards import Standard
from callcenter.judging.judging import spot_phrases
from callcenter.scribe.attention import Attention
from callcenter.scribe.case import Judgement, judge_work, recordings_of
from callcenter.scribe.commit import Result, commit
from callcenter.scribe.filling import fill_in_all
from callcenter.scribe.following import Following, Heard
from callcenter.scribe.hands import Hands, Standing, Transcript, WorkerDied
from callcenter.scribe.lease import ClaimLost, kept
from callcenter.scribe.site_words import site_lexicon, worker_arguments
from callcenter.scribe.stopping import Stopped, unless
from callcenter.scribe.terms import Terms
from callcenter.settings import Settings
from callcenter.store import jobs
from callcenter.store.drawing import draw_call
from callcenter.store.engine import brief, session
from callcenter.store.jobs import Claim, Work
from callcenter.store.judgings import Judged, Weighed
from callcenter.store.listenings import Growing, taken_by_another
from callcenter.store.tables import Recording
from transcripts.engines import engine_model

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: how long a claim lasts without renewal, how often to look for jobs, when to try again."""

    lease: float = 10.0
    poll: float = 0.5
    again: float = 1.0
    attempts: int = 3


class Scribe:
    """The role's state: made once, run once."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        *,
        recorded: asyncio.Event | None = None,
        wake: Callable[[], None] = lambda: None,
        heard: Heard | None = None,
        pace: Pace = Pace(),
    ) -> None:
        """`recorded` is set by the wiring when a call has been recorded; `wake` is called after each commit;
        `heard` is told what is said in calls under way.

        Raises ModelError where there is no speech model, StandardError where a desk's standard is wrong,
        LexiconError where the site's own words are.
        """
        chosen = settings.scribe.engine
        model = engine_model(chosen, settings.scribe.model)
        self._terms = Terms(settings.desks, ZoneInfo(settings.timezone))
        self.done = 0
        self.failed = 0
        name = _identity()
        self._names = site_lexicon(settings).names
        lexicon, numbers = worker_arguments(settings), range(settings.scribe.processes)
        self.hands = [Hands(model, f"{name}/{number}", chosen, lexicon) for number in numbers]
        self._settings, self._engine = settings, engine
        self._recorded = recorded or asyncio.Event()
        self._wake, self._pace, self._tell_heard = wake, pace, heard or _nobody
        self._attention = Attention(self._terms, engine, settings.site, wake, settings.scribe.alerts)
        self.following = Following(
            name, self.hands, engine, settings.recordings, self._live_phrases, heard=self._heard
        )

    def metrics(self) -> dict[str, float]:
        """Figures for the status message and Prometheus."""
        done = {"scribe_calls_done": self.done, "scribe_calls_failed": self.failed}
        return done | self.following.metrics()

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; then a call in hand is given back, and its worker killed.

        Nothing is lost by it: the next scribe that is there takes the call up at once.
        A transcription may need longer than a role has to end.
        """
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.following.run(stop), name="scribe following")
                filling = fill_in_all(self._database, self._names, stop)
                group.create_task(filling, name="scribe filling in")
                for hands in self.hands:
                    group.create_task(self._serve(hands, stop), name=f"scribe {hands.name}")
        finally:
            for hands in self.hands:
                await hands.close()

    async def _serve(self, hands: Hands, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                claim = await self._database(lambda work: self._claim(work, hands.name))
                if claim is not None:
                    await self._work(claim, hands, stop)
                    continue
            except DBAPIError as error:
                log.warning("database unavailable role=scribe error=%s", brief(error))
            await self._rest(stop)

    async def _rest(self, stop: asyncio.Event) -> None:
        """Until a call was recorded, the scribe is stopped, or it is time to look again."""
        waiting = [asyncio.ensure_future(event.wait()) for event in (self._recorded, stop)]
        try:
            await asyncio.wait(waiting, timeout=self._pace.poll, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
        self._recorded.clear()

    def _claim(self, work: Session, worker: str) -> Claim | None:
        now = _now()
        others = taken_by_another(self.following.worker, now)
        return jobs.claim(work, worker, now, timedelta(seconds=self._pace.lease), unless=others)

    async def _work(self, claim: Claim, hands: Hands, stop: asyncio.Event) -> None:
        """One call, from claim to commit. A worker that dies costs an attempt, not the call."""
        log.info("job claimed call=%s attempt=%d worker=%s", claim.call_id, claim.attempt, hands.name)
        work = await self._database(lambda db: jobs.load_work(db, claim.call_id))
        try:
            if claim.attempt > self._pace.attempts:
                raise WorkerDied("a scribe died over this call each time it was tried")
            async with kept(lambda: self._renew(claim), self._pace.lease / 3, claim.call_id):
                result = await unless(stop, self._transcribe_and_judge(work, hands))
                await self._commit(claim, work, result)
        except WorkerDied as error:
            await self._failed(claim, work, hands, str(error))
        except Stopped:
            await self._database(lambda db: jobs.give_back(db, claim))
            log.info("job given back call=%s worker=%s", claim.call_id, hands.name)
        except ClaimLost:
            log.warning("job lost call=%s worker=%s", claim.call_id, hands.name)

    async def _transcribe_and_judge(self, work: Work, hands: Hands) -> Result:
        standard, names = self._terms.standard(work.call)
        phrases = spot_phrases(standard, names)
        agents = {recording.id for recording in recordings_of(work, Role.AGENT)}
        heard: dict[str, Transcript] = {}
        errors: list[str] = []
        async with self.following.reading([recording.id for recording in work.recordings]) as progress:
            for recording in work.recordings:
                wanted = phrases if recording.id in agents else []
                transcript = await self._read(recording, wanted, hands, progress)
                if transcript.error is None:
                    heard[recording.id] = transcript
                else:
                    log.warning("recording unreadable call=%s error=%s", work.call.id, transcript.error)
                    errors.append(transcript.error)
        flow = await asyncio.to_thread(self._terms.flow, work.call)
        found = judge_work(work, standard, names, heard, flow, now=_now(), zone=self._terms.zone)
        return Result(found.findings, _judged(standard, hands, found), heard, "; ".join(errors) or None)

    async def _read(
        self, recording: Recording, phrases: list[str], hands: Hands, progress: Callable[[str, float], None]
    ) -> Transcript:
        """By the worker that followed it while it grew, which has but its end to read, or else by `hands`."""
        followed = await self.following.handed_over(recording.id, phrases)
        return await (followed or hands).transcribe(
            self._settings.recordings / recording.path,
            phrases,
            id=recording.id,
            progress=lambda seconds: progress(recording.id, seconds),
        )

    async def _heard(self, growing: Growing, standing: Standing) -> None:
        await self._tell_heard(growing, standing)
        try:
            await self._attention.heard(growing, standing)
        except DBAPIError as error:
            log.warning("warning not told call=%s error=%s", growing.call.id, brief(error))

    def _live_phrases(self, growing: Growing) -> list[str]:
        if growing.role != Role.AGENT.value:
            return []
        standard, names = self._terms.standard(growing.call)
        return spot_phrases(standard, names)

    async def _failed(self, claim: Claim, work: Work, hands: Hands, error: str) -> None:
        """Tried again until the attempts are used up; then judged by what the signalling says alone."""
        if claim.attempt < self._pace.attempts:
            log.warning("job failed call=%s attempt=%d error=%s", claim.call_id, claim.attempt, error)
            again = _now() + timedelta(seconds=self._pace.again)
            await self._database(lambda db: jobs.release(db, claim, error, again))
            return
        log.error("job given up call=%s attempts=%d error=%s", claim.call_id, claim.attempt, error)
        standard, names = self._terms.standard(work.call)
        flow = await asyncio.to_thread(self._terms.flow, work.call)
        found = judge_work(work, standard, names, {}, flow, now=_now(), zone=self._terms.zone)
        result = Result(found.findings, _judged(standard, hands, found), error=error, failed=True)
        with contextlib.suppress(ClaimLost):
            await self._commit(claim, work, result)

    async def _commit(self, claim: Claim, work: Work, result: Result) -> None:
        await self._database(lambda db: self._keep(db, claim, work, result))
        if result.failed:
            self.failed += 1
        else:
            self.done += 1
        self._wake()
        log.info("call judged call=%s standard=%s", claim.call_id, result.judged.standard.name)

    def _keep(self, db: Session, claim: Claim, work: Work, result: Result) -> None:
        commit(db, self._settings.site, claim, work.call, result, self._names)
        review = self._settings.review
        draw_call(db, work.call.id, review.sampling, result.judged.at, review.seed)

    async def _renew(self, claim: Claim) -> bool:
        until = _now() + timedelta(seconds=self._pace.lease)
        return await self._database(lambda db: jobs.renew(db, claim, until))

    async def _database(self, work: Callable[[Session], T]) -> T:
        return await asyncio.to_thread(self._in_session, work)

    def _in_session(self, work: Callable[[Session], T]) -> T:
        with session(self._engine) as db:
            return work(db)


async def _nobody(growing: Growing, standing: Standing) -> None:
    """Nobody wants to know what is said meanwhile."""


def _identity() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"


def _now() -> datetime:
    return datetime.now(UTC)


def _judged(standard: Standard, hands: Hands, found: Judgement) -> Judged:
    return Judged(Weighed.of(standard), hands.engine, _now(), ground=found.ground)
