from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any, cast

from callcenter.events.client import MqttClient
from callcenter.events.errors import Disconnected
from callcenter.scribe.hands import Standing
from callcenter.scribe.live import Teller, heard_data
from callcenter.store.listenings import Growing
from tests.unit.scribe.rows import call

GROWING = Growing("r1", call("c1"), "l1", "agent", "c1/l1.wav", 20.0)
STANDING = Standing(5.0, 0.1, "请问", ((0.5, 1.5, "您好万科物业"),))


class Broker:
    site = "main"

    def __init__(self, up: bool = True) -> None:
        self.up = up
        self.published: list[tuple[str, dict[str, Any], int]] = []

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        await asyncio.sleep(0)
        if not self.up:
            raise Disconnected("away")
        self.published.append((topic, json.loads(payload), qos))


def test_times_are_those_of_the_call() -> None:
    assert heard_data(GROWING, STANDING) == {
        "recording_id": "r1",
        "leg_id": "l1",
        "role": "agent",
        "seconds": 25.0,
        "utterances": [{"start": 20.5, "end": 21.5, "text": "您好万科物业"}],
        "partial": "请问",
    }


async def test_it_is_published_as_an_event_of_the_call() -> None:
    broker = Broker()
    teller = Teller(cast(MqttClient, broker))
    await teller.heard(GROWING, Standing(1.0))  # nothing was said yet
    await teller.heard(GROWING, STANDING)
    await teller.heard(GROWING, replace(STANDING, seconds=6.0))  # and nothing more
    ((topic, event, qos),) = broker.published
    assert topic == "callcenter/v1/main/calls/c1/heard"
    assert (event["type"], event["subject"], qos) == ("callcenter.call.heard.v1", "c1", 0)
    assert event["data"]["partial"] == "请问"


async def test_a_broker_that_is_away_is_not_waited_for() -> None:
    await Teller(cast(MqttClient, Broker(up=False))).heard(GROWING, STANDING)
