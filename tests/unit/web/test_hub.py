"""Events reach every open page, and a slow one holds nobody up."""

from __future__ import annotations

import asyncio
from typing import Any

from callcenter.web.hub import QUEUE_LIMIT, LiveHub
from tests.support import eventually, scaled


async def test_every_subscriber_gets_every_event() -> None:
    hub = LiveHub()
    pages = [hub.subscribe(), hub.subscribe()]
    waiting = [asyncio.ensure_future(anext(page)) for page in pages]
    await eventually(lambda: hub.listeners == 2)
    hub.publish({"id": "1"})
    async with asyncio.timeout(scaled(5)):
        assert await asyncio.gather(*waiting) == [{"id": "1"}, {"id": "1"}]
    for page in pages:
        await page.aclose()  # type: ignore[attr-defined]
    assert hub.listeners == 0


async def test_a_slow_page_loses_the_oldest() -> None:
    hub = LiveHub()
    page = hub.subscribe()
    first = asyncio.ensure_future(anext(page))
    await eventually(lambda: hub.listeners == 1)
    for number in range(QUEUE_LIMIT + 10):
        hub.publish({"id": number})
    async with asyncio.timeout(scaled(5)):
        got: list[dict[str, Any]] = [await first] + [await anext(page) for _ in range(QUEUE_LIMIT - 1)]
    assert got[0]["id"] == 10
    assert got[-1]["id"] == QUEUE_LIMIT + 9
    await page.aclose()  # type: ignore[attr-defined]


def test_a_status_that_cannot_be_read_is_offline() -> None:
    hub = LiveHub()
    hub.status("scribe", {"at": "nonsense", "metrics": [1]})
    assert hub.roles["scribe"].state == "offline"
    assert hub.roles["scribe"].at is None


async def test_the_newest_live_state_is_kept_and_told() -> None:
    hub = LiveHub()
    page = hub.subscribe()
    first = asyncio.ensure_future(anext(page))
    await eventually(lambda: hub.listeners == 1)
    hub.live("node-1", {"since": "2026-01-01", "seq": 2, "calls": []})
    hub.live("node-1", {"since": "2026-01-01", "seq": 1, "calls": [{}]})  # came twice, late
    hub.live("node-1", {"since": "2026-01-02", "seq": 1, "calls": []})  # it was started anew
    assert hub.states["node-1"]["since"] == "2026-01-02"
    async with asyncio.timeout(scaled(5)):
        told = [await first, await anext(page)]
    assert [(each["type"], each["subject"], each["data"]["seq"]) for each in told] == [
        ("callcenter.live", "node-1", 2),
        ("callcenter.live", "node-1", 1),
    ]
    await page.aclose()  # type: ignore[attr-defined]
