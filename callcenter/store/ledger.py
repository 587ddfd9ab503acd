"""The switchboard's only way to the database: a queue, and one thread that writes.

The event loop never waits for a disk. What happened is kept in the order in which it was put; entries that
wait together become one transaction, and after each the writer pauses so that they do. A write that fails
is tried again until it succeeds, and nothing is lost while the process lives; while it fails, `backlog`
grows and `last_error` says why.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from callcenter.domain.calls import CallFacts, EventName, RecordingFacts
from callcenter.store import outbox
from callcenter.store.callbacks import Teller, follow, settle
from callcenter.store.calls import (
    add_jobs,
    forget_recordings,
    kept_calls,
    recorded,
    recordings_of,
    save_calls,
    save_recordings,
)
from callcenter.store.engine import brief, session
from callcenter.store.entries import (
    AgentChanged,
    Audited,
    CallbackWanted,
    FeatureSet,
    MessageLeft,
    SurveyAnswered,
    WorkEntry,
)
from callcenter.store.registrations import Contact, save_contacts
from callcenter.store.tables import Call
from callcenter.store.work import keep

log = logging.getLogger(__name__)

ROLE = "switchboard"
BATCH = 200
PAUSE = 0.05
"""Seconds between two transactions: the writer shares the processor with the sound, and of a call's snapshots
that wait together only the newest is written. At 70 calls a second a call's writing takes 5.7 ms of CPU
without, 1.8 ms with it."""
BACKOFF = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class CallChanged:
    """A call's new snapshot and, with `event`, what is told of it. `at` is the event's time."""

    facts: CallFacts
    event: EventName | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True)
class RecordingOpened:
    """A leg's file has begun to grow. Its call and leg were put before."""

    facts: RecordingFacts


@dataclass(frozen=True, slots=True)
class RecordingClosed:
    """A leg's file is complete: `facts` says finished, and how long it is."""

    facts: RecordingFacts


@dataclass(frozen=True, slots=True)
class RecordingDiscarded:
    """A leg's file was deleted while it grew, since its call is not to be recorded: no trace of it stays."""

    call_id: str
    recording_id: str


@dataclass(frozen=True, slots=True)
class CallRecorded:
    """An ended call whose recordings (if any) are all closed: the scribe gets its job, `recorded` is told."""

    call_id: str
    data: Mapping[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True)
class Registered:
    """A user's phones have registered, renewed or left: all that there are now."""

    user: str
    contacts: tuple[Contact, ...]


CallEntry = CallChanged | RecordingOpened | RecordingClosed | RecordingDiscarded | CallRecorded
Entry = CallEntry | Registered | WorkEntry


class LedgerError(Exception):
    """The ledger was closed before everything was written."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An entry that no database would ever take (a fault of ours), set aside so that the others go on."""

    entry: Entry
    reason: str


@dataclass(frozen=True, slots=True)
class _Mark:
    """Resolved once everything put before it is written."""

    done: asyncio.Future[None]


_Item = Entry | _Mark | None  # None: the end

_FOLLOWS = {EventName.ANSWERED: settle, EventName.ENDED: follow}
"""What an event of a call means for callbacks; it is written in the same transaction."""


class Ledger:
    """Writes what the switchboard puts; made within a running event loop, whose thread alone calls it.

    `on_committed` is called on the loop after each commit: there may be events to publish.
    """

    def __init__(self, engine: Engine, site: str, node: str, on_committed: Callable[[], None]) -> None:
        self.last_error: str | None = None
        self.rejected: list[Rejected] = []
        self.written = 0
        self.failures = 0
        self._engine, self._site, self._node = engine, site, node
        self._teller = Teller(ROLE, site)
        self._on_committed = on_committed
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._put = 0
        self._closed = False
        self._give_up = threading.Event()
        self._written_at = 0.0
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    @property
    def puts(self) -> int:
        """Entries put so far: while it stays the same nothing has happened."""
        return self._put

    @property
    def backlog(self) -> int:
        """Entries that are not in the database yet."""
        return self._put - self.written - len(self.rejected)

    def metrics(self) -> dict[str, float]:
        """Figures for the status message and Prometheus."""
        return {
            "ledger_backlog": self.backlog,
            "ledger_written": self.written,
            "ledger_failures": self.failures,
            "ledger_rejected": len(self.rejected),
        }

    def put(self, entry: Entry) -> None:
        """Takes an entry and returns at once. Raises LedgerError after `close`."""
        if self._closed:
            raise LedgerError("the ledger is closed")
        self._put += 1
        self._queue.put(entry)

    async def flush(self) -> None:
        """Returns once everything put so far is committed, however long the database is away."""
        await self._mark()

    async def close(self, patience: float = 30.0) -> None:
        """Writes what is left and ends the thread.

        Raises LedgerError where the database did not take everything within `patience` seconds.
        """
        if self._closed:
            return
        self._closed = True
        done = self._mark()
        self._queue.put(None)
        try:
            await asyncio.wait_for(done, patience)
        except TimeoutError:
            self._give_up.set()
        await asyncio.to_thread(self._thread.join)
        if self.backlog:
            raise LedgerError(f"{self.backlog} entries were not written: {self.last_error}")

    def _mark(self) -> asyncio.Future[None]:
        done: asyncio.Future[None] = self._loop.create_future()
        self._queue.put(_Mark(done))
        return done

    # Below here: the writer's thread.

    def _run(self) -> None:
        ended = False
        while not ended and not self._give_up.is_set():
            batch = self._next_batch()
            ended = batch[-1] is None
            entries = [item for item in batch if item is not None and not isinstance(item, _Mark)]
            if entries:
                self._write(entries)
            if self._give_up.is_set():
                return
            for item in batch:
                if isinstance(item, _Mark):
                    self._tell(_resolve, item.done)

    def _next_batch(self) -> list[_Item]:
        batch = [self._queue.get()]
        if batch[0] is not None:
            self._give_up.wait(max(0.0, self._written_at + PAUSE - time.monotonic()))
        while len(batch) < BATCH and batch[-1] is not None:
            try:
                batch.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return batch

    def _write(self, entries: Sequence[Entry]) -> None:
        """Commits `entries` in one transaction; where one of them is at fault, each in its own."""
        fault = self._commit_patiently(entries)
        if fault is None:
            return
        if len(entries) == 1:
            self._reject(entries[0], fault)
            return
        for entry in entries:
            self._write([entry])

    def _commit_patiently(self, entries: Sequence[Entry]) -> Exception | None:
        """Tries until the database takes them. Returns an error that trying again would not mend."""
        for attempt in itertools.count():
            if self._give_up.is_set():
                break
            try:
                self._commit(entries)
                break
            except Exception as error:
                if not _passing(error):
                    return error
                self._report(error, attempt)
            self._give_up.wait(BACKOFF[min(attempt, len(BACKOFF) - 1)])
        return None

    def _commit(self, entries: Sequence[Entry]) -> None:
        with session(self._engine) as work:
            self._save_facts(work, entries)
            self._tell_of(work, entries)
        self._written_at = time.monotonic()
        self.written += len(entries)
        if self.last_error is not None:
            log.info("ledger recovered backlog=%d", self.backlog)
            self.last_error = None
        self._tell(self._on_committed)

    def _save_facts(self, work: Session, entries: Sequence[Entry]) -> None:
        """Of what is told several times within one transaction only the newest is written."""
        calls = {entry.facts.id: entry.facts for entry in entries if isinstance(entry, CallChanged)}
        save_calls(work, list(calls.values()), self._site, self._node)
        files = {
            entry.facts.id: entry.facts
            for entry in entries
            if isinstance(entry, RecordingOpened | RecordingClosed)
        }
        save_recordings(work, list(files.values()))
        gone = [entry.recording_id for entry in entries if isinstance(entry, RecordingDiscarded)]
        forget_recordings(work, gone)
        phones = {entry.user: entry.contacts for entry in entries if isinstance(entry, Registered)}
        save_contacts(work, self._node, phones)

    def _tell_of(self, work: Session, entries: Sequence[Entry]) -> None:
        """The events of `entries` into the outbox, in their order, and what follows from them."""
        over = {entry.call_id: entry.at for entry in entries if isinstance(entry, CallRecorded)}
        calls, files = kept_calls(work, list(over)), recordings_of(work, list(over))
        new = add_jobs(work, over)
        rows = []
        for entry in entries:
            match entry:
                case CallChanged(facts, EventName() as event, data, at):
                    rows.append(self._row(event, facts, data, at))
                    if follows := _FOLLOWS.get(event):
                        rows += follows(work, facts, self._teller)
                case CallRecorded(call_id, data, at) if call_id in new:
                    told = {**recorded(files[call_id]), **data}
                    rows.append(self._row(EventName.RECORDED, calls[call_id], told, at))
                case _ if isinstance(entry, WorkEntry):
                    rows += keep(work, entry, self._teller, self._node)
        outbox.add_rows(work, rows)

    def _row(
        self, event: EventName, call: CallFacts | Call, data: Mapping[str, Any], at: datetime
    ) -> dict[str, Any]:
        return outbox.event_row(role=ROLE, site=self._site, event=event, call=call, data=data, now=at)

    def _report(self, error: Exception, attempt: int) -> None:
        self.failures += 1
        self.last_error = brief(error)
        log.warning(
            "ledger write failed attempt=%d backlog=%d error=%s", attempt + 1, self.backlog, self.last_error
        )

    def _reject(self, entry: Entry, error: Exception) -> None:
        self.rejected.append(Rejected(entry, brief(error)))
        log.error(
            "ledger rejected entry=%s call=%s error=%s",
            type(entry).__name__,
            _subject_of(entry),
            brief(error),
            exc_info=None if isinstance(error, DBAPIError) else error,
        )

    def _tell(self, callback: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:  # the loop ended without closing the ledger; what was written is written
            log.warning("ledger loop closed backlog=%d", self.backlog)


def _subject_of(entry: Entry) -> str:
    match entry:
        case CallChanged(facts):
            return facts.id
        case RecordingOpened(facts=recording) | RecordingClosed(facts=recording):
            return recording.call_id
        case CallRecorded(call_id) | RecordingDiscarded(call_id):
            return call_id
        case Registered(user):
            return user
        case AgentChanged(agent=subject) | FeatureSet(extension=subject) | Audited(subject=subject):
            return subject
        case CallbackWanted(call_id) | MessageLeft(call_id) | SurveyAnswered(call_id):
            return call_id


def _passing(error: Exception) -> bool:
    """Whether the same write may succeed later: the database is locked, away, full or not migrated yet."""
    if isinstance(error, DBAPIError):
        return not isinstance(error, IntegrityError | DataError)
    return isinstance(error, OSError | PoolTimeout)


def _resolve(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
