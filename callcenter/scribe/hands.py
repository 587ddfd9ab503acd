"""The scribe's end of a worker process: start it, ask it, and notice when it dies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callcenter.workers import Worker, WorkerDied
from transcripts.recogniser import Word
from transcripts.transcript import Transcript, from_plain

__all__ = ["Hands", "Spoken", "Standing", "Transcript", "WorkerDied"]

PATIENCE = 120.0
"""Seconds for loading the model and reading the file; each second of sound adds SLOWEST."""
SLOWEST = 5.0
STEP = 10.0
"""Seconds of sound read at once of a complete file: others that are listened to come in between."""

Spoken = tuple[float, float, str]
"""An utterance: from second to second, and what was said."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a recording stands that is listened to: `seconds` were read, `waiting` more could be. `utterances`
    are the latest complete ones, `words` theirs; `partial` is what is being said."""

    seconds: float = 0.0
    waiting: float = 0.0
    partial: str = ""
    utterances: tuple[Spoken, ...] = ()
    words: tuple[Word, ...] = ()


class Hands:
    """One worker process with the model, started when first asked and again after it died."""

    def __init__(self, model: Path, name: str, engine: str = "vosk", lexicon: Sequence[str] = ()) -> None:
        """`lexicon` are the worker's further arguments: a site's file, or nothing, and the desks' names."""
        self.name = name
        self._model = model
        self._worker = Worker(name, "callcenter.scribe.worker", engine, str(model), *lexicon)
        self._turn = asyncio.Lock()

    @property
    def engine(self) -> str:
        """The model's name, as kept beside each finding."""
        return self._model.name

    @property
    def pid(self) -> int | None:
        """The worker's process id, None where none runs."""
        return self._worker.pid

    async def follow(self, id: str, path: Path, phrases: Sequence[str], most: float) -> Standing | Transcript:
        """Reads on, at most so many seconds, in a recording that grows; a Transcript, with its error, where
        it cannot be followed. A new worker begins at its beginning. Raises WorkerDied."""
        return await self._listen(id, path, phrases, most, complete=False)

    async def transcribe(
        self,
        path: Path,
        phrases: Sequence[str] = (),
        *,
        id: str | None = None,
        progress: Callable[[float], None] = lambda seconds: None,
    ) -> Transcript:
        """Reads a complete recording to its end, from where it was followed to under that id, or from its
        beginning; with `phrases` the narrow pass is made as well. `progress` is told the seconds read.

        Raises WorkerDied; the next call starts a new process.
        """
        while True:
            found = await self._listen(id or str(path), path, phrases, STEP, complete=True)
            if isinstance(found, Transcript):
                return found
            progress(found.seconds)

    async def drop(self, id: str) -> None:
        """Nobody wants to hear more of a recording. Raises WorkerDied."""
        if self.pid is not None:
            await self._ask({"drop": id}, 0.0)

    async def close(self) -> int | None:
        """Kills the process if one runs, and returns its exit status."""
        return await self._worker.close()

    async def _listen(
        self, id: str, path: Path, phrases: Sequence[str], most: float, *, complete: bool
    ) -> Standing | Transcript:
        where = {"listen": id, "path": str(path), "phrases": list(phrases)}
        answer = await self._ask({**where, "most": most, "complete": complete}, most)
        return from_plain(answer["transcript"]) if "transcript" in answer else _standing(answer)

    async def _ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        async with self._turn:
            return await self._worker.ask(question, PATIENCE + SLOWEST * seconds)


def _standing(answer: dict[str, Any]) -> Standing:
    return Standing(
        answer["seconds"],
        answer["waiting"],
        answer["partial"],
        tuple((start, end, text) for start, end, text in answer["utterances"]),
        tuple(Word(*each) for each in answer["words"]),
    )
