"""Recording legs to files that grow, off the media path: one thread writes for all of them.

The media path appends to lists. Every 200 ms the thread takes what is there, has it placed by time
(`sip/media/growing.py`) and writes it, sizes after the data they speak of, so that a process killed at any
moment leaves a file that plays. Tracks take turns in 4 ms slots: the thread must not hold the
interpreter long.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from sip.media.codecs import Codec
from sip.media.growing import Packet, Write, growing

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.2
"""A file is never further behind the call than this and the timeline's 100 ms."""

SLOTS = 50
"""Turns in a flush period; a track has one of them. With ten, a turn of 500 calls held the loop up until
packets were 5 to 7 ms late (p99)."""

TOGETHER = 32
"""Tracks that share a turn before another turn is begun: each wakes a sleeping thread, at some 100 µs."""

MAX_BEHIND = 50.0
"""Seconds of speech that wait for the thread; beyond, a stuck disk costs sound, no memory."""

MAX_QUEUED = 2500
"""Packets and runs of packets that wait: more in a flush period are a flood."""


@dataclass(slots=True)
class RecorderStats:
    """Counters of all tracks since the recorder began."""

    open_tracks: int = 0
    bytes_written: int = 0
    failed_tracks: int = 0
    """Tracks that ended with an error of the disk."""
    dropped_packets: int = 0
    """Packets that found a list full: the disk could not follow, or somebody flooded a leg."""
    longest_flush: float = 0.0
    """Seconds the slowest slot took, to be compared with its 4 ms."""


class Track:
    """One leg's file. Made by `Recorder.open`."""

    def __init__(self, recorder: Recorder, path: Path, codec: Codec, started: float) -> None:
        self.path = path
        self.codec = codec
        self.started = started
        """Monotonic seconds of the file's first sample."""
        self.error: Exception | None = None
        """Why nothing more is written, where writing failed; the call is not told otherwise."""
        self.dropped = 0
        self._recorder = recorder
        self._queue: list[Packet | list[bytes]] = []
        self._served = started
        self._growing = growing(codec, started)
        self._file: int | None = None
        self._on_disk = 0.0
        self._closing = self._unwanted = False
        self._done: Future[float] = Future()

    @property
    def seconds(self) -> float:
        """What the file holds."""
        return self._on_disk

    def feed(
        self, now: float, ssrc: int, sequence: int, timestamp: int, second: int, payload: bytes, /
    ) -> None:
        """Takes one packet's audio (`second`: the header's second byte); for the media path: never waits."""
        if now - self._served > MAX_BEHIND or len(self._queue) >= MAX_QUEUED:
            self.dropped += sum(len(item) if isinstance(item, list) else 1 for item in self._queue)
            self._queue.clear()
            self._served = now
        self._queue.append((now, ssrc, sequence, timestamp, second, payload))

    @property
    def follow(self) -> Callable[[bytes], None]:
        """Takes the payload, in the track's codec, of the packet that comes next after the last one taken, in
        sequence and timestamp: nothing but a list's append. Holds until the next `feed`, which there must be
        now and then: it is what binds the sound to the clock."""
        run: list[bytes] = []
        self._queue.append(run)
        return run.append

    async def close(self, ended: float) -> float:
        """Ends the file at `ended` (monotonic seconds), silence up to there, and gives its length in seconds.

        Where writing failed the length is what reached the disk; see `error`. A second call gives the same.
        """
        if not self._closing:
            self._closing = True
            self._recorder._commands.put(lambda: self._recorder._end(self, ended))
        return await asyncio.shield(asyncio.wrap_future(self._done))

    async def discard(self) -> None:
        """Ends the file and deletes it: nothing of it is to be kept. Too late once `close` was called."""
        self._unwanted = self._unwanted or not self._closing
        await self.close(self.started)

    # From here on in the recorder's thread.

    def _remove(self, _: float) -> int:
        self.path.unlink(missing_ok=True)
        return 0

    def _flush(self, now: float) -> int:
        self._served = now
        self._place()
        return self._write(self._growing.take(now))

    def _finish(self, ended: float) -> int:
        self._place()
        writes, size = self._growing.finish(ended)
        written = self._write(writes)
        if self._file is not None:
            os.ftruncate(self._file, size)
            self._release()
        return written

    def _create(self, _: float) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Never over an existing recording: it is evidence.
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        return self._write(self._growing.head())

    def _place(self) -> None:
        waiting = self._queue
        batch = waiting[:]
        # The media path may have appended since: take away exactly what was copied. The last run still grows.
        grows = bool(batch) and isinstance(batch[-1], list)
        del waiting[: len(batch) - grows]
        self._growing.place([_taken(item) if isinstance(item, list) else item for item in batch])

    def _write(self, writes: list[Write]) -> int:
        if self._file is None:
            return 0
        written = 0
        for position, data in writes:
            _write_all(self._file, data, position)
            written += len(data)
        self._on_disk = self._growing.seconds
        return written

    def _release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class Recorder:
    """Writes all tracks below `folder` from one thread, which begins with the first track."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stats = RecorderStats()
        self._slots: list[dict[Track, None]] = [{} for _ in range(SLOTS)]
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._stopping = False

    def open(self, relative_path: str | Path, codec: Codec, started: float) -> Track:
        """A track for `folder / relative_path`, file time zero at `started` (monotonic seconds).

        Returns at once; the thread makes folders and file, and what goes wrong there is in `track.error`.
        Raises `ValueError` for a path that leaves the folder, `RuntimeError` after `close`.
        """
        if self._stopping:
            raise RuntimeError("the recorder is closed")
        relative = Path(relative_path)
        if relative.is_absolute() or ".." in relative.parts:
            raise ValueError(f"the recording {relative_path} lies outside {self.folder}")
        track = Track(self, self.folder / relative, codec, started)
        self._commands.put(lambda: self._begin(track))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            self._thread.start()
        return track

    async def close(self) -> None:
        """Ends every track still open at this moment, then the thread."""
        now = time.monotonic()
        self._stopping = True
        if self._thread is not None:
            self._commands.put(lambda: self._stop(now))
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    # From here on in the recorder's thread.

    def _run(self) -> None:
        slot, due = 0, time.monotonic()
        running: bool = True
        while running:
            running = self._obey(due)
            now = time.monotonic()
            if now < due:
                continue
            for track in tuple(self._slots[slot]):
                self._serve(track, Track._flush, time.monotonic())
            self.stats.longest_flush = max(self.stats.longest_flush, time.monotonic() - now)
            slot, steps = self._next_turn(slot)
            due = max(due + steps * FLUSH_SECONDS / SLOTS, now)

    def _next_turn(self, slot: int) -> tuple[int, int]:
        """The next slot that has tracks, and how many turns away it is."""
        steps = next((n for n in range(1, SLOTS) if self._slots[(slot + n) % SLOTS]), SLOTS)
        return (slot + steps) % SLOTS, steps

    def _obey(self, until: float) -> bool:
        """Waits for a command up to `until` (for ever where there is no track); False after the last one."""
        try:
            wait = max(0.0, until - time.monotonic()) if self.stats.open_tracks else None
            self._commands.get(timeout=wait)()
        except queue.Empty:
            return True
        except _Stopped:
            return False
        return True

    def _begin(self, track: Track) -> None:
        roomy = (slot for slot in self._slots if len(slot) < TOGETHER)
        next(roomy, min(self._slots, key=len))[track] = None
        self.stats.open_tracks += 1
        self._serve(track, Track._create, track.started)

    def _end(self, track: Track, ended: float) -> None:
        if track._done.done():
            return
        for slot in self._slots:
            slot.pop(track, None)
        self.stats.open_tracks -= 1
        self._serve(track, Track._finish, ended)
        if track._unwanted:
            self._serve(track, Track._remove, ended)
        self.stats.dropped_packets += track.dropped + track._growing.dropped
        track._done.set_result(track.seconds)

    def _stop(self, now: float) -> None:
        for slot in self._slots:
            for track in tuple(slot):
                self._end(track, now)
        raise _Stopped

    def _serve(self, track: Track, work: Callable[[Track, float], int], when: float) -> None:
        """Does one track's work; what fails ends that track only."""
        try:
            self.stats.bytes_written += work(track, when)
        except Exception as error:
            track.error = error
            track._release()
            self.stats.failed_tracks += 1
            log.error("recording failed file=%s error=%s", track.path.name, error)


class _Stopped(Exception):
    """Ends the thread's loop."""


def _taken(run: list[bytes]) -> list[bytes]:
    """What is in a run that may grow meanwhile, taken out of it."""
    taken = run[:]
    del run[: len(taken)]
    return taken


def _write_all(file: int, data: bytes | bytearray, offset: int) -> None:
    """`os.pwrite` until everything is written; raises `OSError` (a full disk, for one)."""
    done = os.pwrite(file, data, offset)
    while done < len(data):
        done += os.pwrite(file, data[done:], offset + done)
