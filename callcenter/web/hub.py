"""Hands each event that comes from the broker to every open page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from callcenter.web.overheard import Overheard
from callcenter.web.ports import LIVE, RoleStatus

QUEUE_LIMIT = 256
"""Events that wait for one slow page; past it the oldest goes, for pages read the state anew anyway."""


class LiveHub:
    """A LiveBus fed by whoever listens to the broker: `publish`, `status`, `connected`. One event loop."""

    def __init__(self) -> None:
        self.connected = False
        self._queues: set[asyncio.Queue[dict[str, Any]]] = set()
        self._roles: dict[str, RoleStatus] = {}
        self._states: dict[str, Mapping[str, Any]] = {}
        self.overheard = Overheard()

    @property
    def states(self) -> Mapping[str, Mapping[str, Any]]:
        return MappingProxyType(self._states)

    @property
    def roles(self) -> Mapping[str, RoleStatus]:
        return MappingProxyType(self._roles)

    @property
    def listeners(self) -> int:
        return len(self._queues)

    def publish(self, event: dict[str, Any]) -> None:
        """An event (CloudEvents, decoded) for every subscriber; never blocks."""
        self.overheard.take(event)
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

    def live(self, node: str, state: Mapping[str, Any]) -> None:
        """A switchboard's live state; one that is older than the last is left out."""
        before = self._states.get(node)
        if before is None or _age(state) > _age(before):
            self._states[node] = state
            text = json.dumps(state, ensure_ascii=False)  # once, however many pages are open
            self.publish({"type": LIVE, "subject": node, "data": state, "text": text})

    def status(self, role: str, payload: Mapping[str, Any]) -> None:
        """A status message of a role: `{"state", "at", "metrics", "trunks", "flows"}`; what cannot be
        read in it is left out."""
        metrics = payload.get("metrics")
        numbers = metrics.items() if isinstance(metrics, Mapping) else ()
        self._roles[role] = RoleStatus(
            str(payload.get("state", "offline")),
            _instant(payload.get("at")),
            {str(name): float(value) for name, value in numbers if isinstance(value, int | float)},
            _words(payload.get("trunks")),
            _words(payload.get("flows")),
        )

    async def subscribe(self) -> AsyncIterator[dict[str, Any]]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(QUEUE_LIMIT)
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)


def _age(state: Mapping[str, Any]) -> tuple[str, int]:
    sequence = state.get("seq")
    return str(state.get("since", "")), sequence if isinstance(sequence, int) else 0


def _words(value: object) -> dict[str, str]:
    items = value.items() if isinstance(value, Mapping) else ()
    return {str(name): str(text) for name, text in items}


def _instant(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
