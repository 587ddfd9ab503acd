"""Named tasks whose failures are logged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tasks:
    """Tasks that somebody started; named, and their failures logged."""

    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self.tasks.add(task)
        task.add_done_callback(self._done)

    async def stop(self) -> None:
        """Cancels what still runs and waits for its end."""
        running = tuple(self.tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("task failed name=%s error=%r", task.get_name(), error, exc_info=error)
