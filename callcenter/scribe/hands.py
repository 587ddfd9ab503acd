"""The scribe's end of a worker process: start it, ask it, and notice when it dies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callcenter.workers import Worker, WorkerDied
from transcripts.recogniser import Word

__all__ = ["Hands", "Transcript", "WorkerDied"]

PATIENCE = 120.0
"""Seconds for loading the model and a short file; each second of sound adds SLOWEST."""
SLOWEST = 5.0
BYTES_PER_SECOND = 8000


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
    """One worker process with the model, started when first asked and again after it died."""

    def __init__(self, model: Path, name: str) -> None:
        self.name = name
        self._model = model
        self._worker = Worker(name, "callcenter.scribe.worker", str(model))

    @property
    def engine(self) -> str:
        """The model's name, as kept beside each finding."""
        return self._model.name

    @property
    def pid(self) -> int | None:
        """The worker's process id, None where none runs."""
        return self._worker.pid

    async def transcribe(self, path: Path, phrases: Sequence[str] | None = None) -> Transcript:
        """Raises WorkerDied; the next call starts a new process."""
        question = {"path": str(path), "phrases": list(phrases) if phrases else None}
        return _transcript(await self._worker.ask(question, _patience(path)))

    async def close(self) -> int | None:
        """Kills the process if one runs, and returns its exit status."""
        return await self._worker.close()


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
