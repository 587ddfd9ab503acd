"""The scribe's end of a worker process: start it, ask it, and notice when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transcripts.recogniser import Word

log = logging.getLogger(__name__)

ANSWER_LIMIT = 64 << 20
"""Bytes of one answer; an hour of dense speech gives about 1 MB."""

PATIENCE = 120.0
"""Seconds for loading the model and a short file; each second of sound adds SLOWEST."""
SLOWEST = 5.0
BYTES_PER_SECOND = 8000


class WorkerDied(Exception):
    """The worker process ended, or hung, in the middle of a file."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a worker heard in one file, in seconds from the file's beginning.

    `spotted` is the narrow pass, where one was asked for. `error` says why the file could not be read.
    """

    words: tuple[Word, ...] = ()
    spotted: tuple[Word, ...] | None = None
    seconds: float = 0.0
    error: str | None = None


class Hands:
    """One worker process, started when first asked and again after it died. One question at a time."""

    def __init__(self, model: Path, name: str) -> None:
        self.name = name
        self._model = model
        self._process: asyncio.subprocess.Process | None = None

    @property
    def engine(self) -> str:
        """The model's name, as kept beside each finding."""
        return self._model.name

    @property
    def pid(self) -> int | None:
        """The worker's process id, None where none runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else None

    async def transcribe(self, path: Path, phrases: Sequence[str] | None = None) -> Transcript:
        """Raises WorkerDied; the next call starts a new process."""
        process = await self._started()
        assert process.stdin is not None and process.stdout is not None
        question = json.dumps({"path": str(path), "phrases": list(phrases) if phrases else None})
        try:
            process.stdin.write(question.encode() + b"\n")
            await process.stdin.drain()
            line = await asyncio.wait_for(process.stdout.readline(), _patience(path))
        except TimeoutError:
            await self.close()
            raise WorkerDied(f"the worker did not answer in {_patience(path):.0f} s") from None
        except ConnectionError as error:
            await self.close()
            raise WorkerDied(f"the worker's pipe broke ({error})") from None
        except asyncio.CancelledError:
            await self.close()  # its answer would be taken for that of the next question
            raise
        if not line.endswith(b"\n"):
            status = await self.close()
            raise WorkerDied(f"the worker ended with status {status}")
        return _transcript(json.loads(line))

    async def close(self) -> int | None:
        """Kills the process if one runs, and returns its exit status."""
        process, self._process = self._process, None
        if process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        return await process.wait()

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        command = [sys.executable, "-m", "callcenter.scribe.worker", str(self._model)]
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=ANSWER_LIMIT,
        )
        log.info("worker started worker=%s pid=%d", self.name, self._process.pid)
        return self._process


def _patience(path: Path) -> float:
    try:
        return PATIENCE + SLOWEST * path.stat().st_size / BYTES_PER_SECOND
    except OSError:
        return PATIENCE  # the worker says what is wrong with the file


def _transcript(answer: dict[str, Any]) -> Transcript:
    if error := answer.get("error"):
        return Transcript(error=error)
    spotted = answer["spotted"]
    return Transcript(
        tuple(Word(*each) for each in answer["words"]),
        None if spotted is None else tuple(Word(*each) for each in spotted),
        answer["seconds"],
    )
