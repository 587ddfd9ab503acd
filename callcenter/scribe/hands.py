"""The scribe's end of a worker process: start it, ask it, and notice when it dies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from callcenter.workers import Worker, WorkerDied
from transcripts.transcript import Transcript, from_plain

__all__ = ["Hands", "Transcript", "WorkerDied"]

PATIENCE = 120.0
"""Seconds for loading the model and a short file; each second of sound adds SLOWEST."""
SLOWEST = 5.0
BYTES_PER_SECOND = 8000


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
        return from_plain(await self._worker.ask(question, _patience(path)))

    async def close(self) -> int | None:
        """Kills the process if one runs, and returns its exit status."""
        return await self._worker.close()


def _patience(path: Path) -> float:
    try:
        return PATIENCE + SLOWEST * path.stat().st_size / BYTES_PER_SECOND
    except OSError:
        return PATIENCE  # the worker says what is wrong with the file
