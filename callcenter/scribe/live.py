"""What is said in a call under way, told while it is said: the event `heard`, which nobody keeps."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from callcenter.domain.calls import EventName
from callcenter.domain.cloudevents import event_of
from callcenter.domain.topics import call_topic
from callcenter.events.client import MqttClient
from callcenter.events.errors import Disconnected
from callcenter.scribe.hands import Standing
from callcenter.store.listenings import Growing

MOST = 1000
"""Recordings whose last words are remembered."""


def heard_data(growing: Growing, standing: Standing) -> dict[str, Any]:
    """The event's data: the latest utterances, in seconds of call time, and the words of the one under way.
    Each event says all of it again: who missed one has lost nothing."""
    offset = growing.offset_seconds
    return {
        "recording_id": growing.id,
        "leg_id": growing.leg_id,
        "role": growing.role,
        "seconds": round(standing.seconds + offset, 3),
        "utterances": [
            {"start": round(start + offset, 3), "end": round(end + offset, 3), "text": text}
            for start, end, text in standing.utterances
        ],
        "partial": standing.partial,
    }


class Teller:
    """Publishes what is heard, at most once, without waiting for a broker that is away."""

    def __init__(self, client: MqttClient) -> None:
        self._client = client
        self._last: dict[str, tuple[object, ...]] = {}

    async def heard(self, growing: Growing, standing: Standing) -> None:
        """Tells it where something more was heard."""
        said = (standing.utterances, standing.partial)
        if self._last.pop(growing.id, ((), "")) == said:
            self._last[growing.id] = said
            return
        self._last[growing.id] = said
        if len(self._last) > MOST:
            del self._last[next(iter(self._last))]
        site = self._client.site
        event = event_of(
            id=str(uuid4()),
            site=site,
            role="scribe",
            event=EventName.HEARD,
            subject=growing.call.id,
            time=datetime.now(UTC),
            data=heard_data(growing, standing),
        )
        with contextlib.suppress(Disconnected):  # the next one says it again
            await self._client.publish(
                call_topic(site, growing.call.id, EventName.HEARD), bytes(event), qos=0
            )
