"""From the outbox to the broker: in order, at least once, marked when the broker has acknowledged.

A consumer sees an event more than once where the publisher died between publishing and marking, and after the
connection to the broker was lost: a broker that is killed forgets what it had acknowledged but not passed on,
so what was acknowledged last is published again, once the other clients had time to come back. The id stays
the same; consumers ignore an id that they have seen (`Seen`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from callcenter.domain.cloudevents import encode
from callcenter.events.client import BACKOFF, MqttClient
from callcenter.events.errors import Disconnected
from callcenter.store import outbox
from callcenter.store.engine import brief, session
from callcenter.store.tables import Outbox

log = logging.getLogger(__name__)

T = TypeVar("T")

BATCH = 100
POLL = 5.0
PRUNE_EVERY = 3600.0


@dataclass(frozen=True, slots=True)
class Replay:
    """After a lost connection: wait `settle` seconds, then begin again with what was acknowledged in the
    `margin` seconds before the last acknowledgement."""

    settle: float = BACKOFF[-1] + 1.0
    margin: float = 5.0


class Seen:
    """The last `size` event ids a consumer has handled."""

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._ids: dict[str, None] = {}

    def first(self, event_id: str) -> bool:
        """Whether the id is new; remembers it."""
        if event_id in self._ids:
            return False
        self._ids[event_id] = None
        if len(self._ids) > self._size:
            del self._ids[next(iter(self._ids))]
        return True


async def publish_outbox(
    client: MqttClient, engine: Engine, role: str, wake: asyncio.Event, *, replay: Replay = Replay()
) -> None:
    """Publishes `role`'s events until cancelled; `wake` is set after a commit that may have added some.

    Without a wake-up it looks every POLL seconds. A broker or database that is away is waited for.
    """
    publisher = _Publisher(client, engine, role, replay)
    while True:
        wake.clear()
        try:
            await publisher.catch_up()
        except Disconnected as error:
            log.info("publisher waits role=%s error=%s", role, error)
            continue
        except DBAPIError as error:
            log.warning("outbox unavailable role=%s error=%s", role, brief(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), POLL)


class _Publisher:
    def __init__(self, client: MqttClient, engine: Engine, role: str, replay: Replay) -> None:
        self._client, self._engine, self._role, self._replay = client, engine, role, replay
        self._connection = 0
        self._acknowledged_at: datetime | None = None
        self._prune_at = time.monotonic()

    async def catch_up(self) -> None:
        """Returns when the outbox is empty."""
        await self._client.wait_connected()
        if self._client.connections != self._connection:
            await self._reconnected()
        while rows := await self._database(lambda work: outbox.pending(work, self._role, BATCH)):
            await self._publish(rows)
        if time.monotonic() >= self._prune_at:
            self._prune_at = time.monotonic() + PRUNE_EVERY
            await self._database(lambda work: outbox.prune(work, datetime.now(UTC)))

    async def _reconnected(self) -> None:
        """Puts back what the broker may have lost; the first connection has lost nothing."""
        connection = self._client.connections
        if self._acknowledged_at is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._client.wait_disconnected(), self._replay.settle)
                raise Disconnected("lost again before the replay")
            since = self._acknowledged_at - timedelta(seconds=self._replay.margin)
            again = await self._database(lambda work: outbox.reopen(work, self._role, since))
            log.info("publisher replays role=%s events=%d", self._role, again)
        self._connection = connection

    async def _publish(self, rows: Sequence[Outbox]) -> None:
        """Sends the rows at once and marks those acknowledged, up to the first that was not.

        TCP keeps their order, so a later one that was acknowledged came after the earlier ones: sending both
        again shows each consumer their first copies in order.
        """
        sending = [self._client.publish(row.topic, encode(row.payload)) for row in rows]
        results = await asyncio.gather(*sending, return_exceptions=True)
        failed = next((index for index, result in enumerate(results) if result is not None), len(rows))
        done = [row.id for row in rows[:failed] if row.id is not None]
        if done:
            now = self._acknowledged_at = datetime.now(UTC)
            await self._database(lambda work: outbox.mark_published(work, done, now))
        if failed < len(rows) and (error := results[failed]) is not None:
            raise error

    async def _database(self, work: Callable[[Session], T]) -> T:
        return await asyncio.to_thread(self._in_session, work)

    def _in_session(self, work: Callable[[Session], T]) -> T:
        with session(self._engine) as current:
            return work(current)
