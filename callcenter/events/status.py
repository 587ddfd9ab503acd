"""Whether a role is there: a retained message, a heartbeat, and a last will that the broker speaks for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from callcenter.domain.cloudevents import encode, jsonable, rfc3339
from callcenter.domain.topics import status_topic
from callcenter.events.errors import Disconnected

if TYPE_CHECKING:
    from callcenter.events.client import MqttClient

ONLINE = "online"
OFFLINE = "offline"


def status_payload(
    state: str, at: datetime, metrics: Mapping[str, Any], details: Mapping[str, Any] | None = None
) -> bytes:
    """`{"state", "at", "metrics"}` and what `details` adds; in a last will `at` is when the connection
    began."""
    said = {"state": state, "at": rfc3339(at), "metrics": metrics, **(details or {})}
    return encode(jsonable(said))


async def publish_status(
    client: MqttClient,
    role: str,
    metrics: Callable[[], Mapping[str, Any]],
    every: float = 5.0,
    details: Callable[[], Mapping[str, Any]] = dict,
) -> None:
    """Says `online` with the metrics and details at each connection and every `every` seconds, until
    cancelled."""
    topic = status_topic(client.site, role)
    while True:
        await client.wait_connected()
        payload = status_payload(ONLINE, datetime.now(UTC), metrics(), details())
        with contextlib.suppress(Disconnected):  # said again at the next connection
            await client.publish(topic, payload, retain=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(client.wait_disconnected(), every)
