"""A site's own prompts, taken from a page: the work is done in a process of its own."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from callcenter.workers import Worker, WorkerDied
from prompts.upload import LARGEST, UploadError

PATIENCE = 120.0
"""Seconds for one file; three minutes of sound take 5 s of a processor."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What an admin gives: the prompt's id, its language, the file and its words ("" if not told)."""

    prompt_id: str
    language: str
    raw: bytes
    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A prompt that was kept: its length in seconds, and the loudness (LUFS) of the file as it came."""

    seconds: float
    lufs: float


class PromptUploads:
    """Keeps uploads in `root` (`<data>/prompts`); the switchboard finds them there by itself."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._worker = Worker("prompts", "prompts.worker")

    async def keep(self, upload: Upload, now: datetime) -> Kept:
        """Converts and keeps one file. Raises `UploadError` saying what is wrong with it. One at a time."""
        if len(upload.raw) > LARGEST:
            raise UploadError(f"{upload.name}: is larger than {LARGEST >> 20} MB")
        with tempfile.NamedTemporaryFile() as file:
            file.write(upload.raw)
            file.flush()
            return await self._asked(upload, Path(file.name), now)

    async def close(self) -> None:
        """Ends the process."""
        await self._worker.close()

    async def _asked(self, upload: Upload, file: Path, now: datetime) -> Kept:
        question = {
            "root": str(self._root.resolve()),
            "language": upload.language,
            "id": upload.prompt_id,
            "file": str(file),
            "name": upload.name,
            "text": upload.text,
            "now": now.isoformat(),
        }
        try:
            answer = await self._worker.ask(question, PATIENCE)
        except WorkerDied as error:
            raise UploadError(f"{upload.name}: could not be converted: {error}") from None
        if why := answer.get("error"):
            raise UploadError(why)
        return Kept(answer["seconds"], answer["lufs"])
