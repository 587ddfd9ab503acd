from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import Engine, text

from callcenter.domain.calls import EventName
from callcenter.domain.cloudevents import CloudEvent
from callcenter.events import publisher as publishers
from callcenter.events.client import MqttClient, Subscription
from callcenter.events.publisher import Replay, Seen, publish_outbox
from callcenter.store import outbox
from callcenter.store.engine import session
from tests.support import eventually, scaled
from tests.unit.events.conftest import connected
from tests.unit.store.facts import at, call


def add(engine: Engine, count: int, role: str = "switchboard", begin: int = 0) -> list[str]:
    with session(engine) as work:
        return [
            outbox.add(
                work,
                role=role,
                site="main",
                event=EventName.RINGING,
                call=call(f"c{number}"),
                data={},
                now=at(0),
            )
            for number in range(begin, begin + count)
        ]


def backlog(engine: Engine, role: str = "switchboard") -> int:
    with session(engine) as work:
        return outbox.backlog(work, role)


async def ids_of(messages: Subscription, count: int) -> list[str]:
    async with asyncio.timeout(scaled(20)):
        return [CloudEvent.parse((await anext(messages)).payload).id for _ in range(count)]


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[Subscription]:
    async with connected(url) as reader, reader.subscribe("callcenter/v1/main/calls/+/+") as messages:
        yield messages


@asynccontextmanager
async def publishing(client: MqttClient, engine: Engine, wake: asyncio.Event) -> AsyncIterator[None]:
    task = asyncio.create_task(publish_outbox(client, engine, "switchboard", wake, replay=Replay(0.1, 5.0)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_its_roles_events_are_published_in_order_and_marked(url: str, engine: Engine) -> None:
    ids = add(engine, 250)
    add(engine, 1, role="scribe")
    wake = asyncio.Event()
    async with listening(url) as messages, connected(url) as client, publishing(client, engine, wake):
        assert await ids_of(messages, 250) == ids
        await eventually(lambda: backlog(engine) == 0)
        more = add(engine, 3)
        wake.set()
        assert await ids_of(messages, 3) == more
    assert backlog(engine, "scribe") == 1


async def test_a_crash_between_publishing_and_marking_tells_the_same_ids_again(
    url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = add(engine, 3)
    async with listening(url) as messages:
        with monkeypatch.context() as patch:
            patch.setattr(outbox, "mark_published", crash)
            async with connected(url) as client:
                with pytest.raises(RuntimeError, match="killed here"):
                    await publish_outbox(client, engine, "switchboard", asyncio.Event())
        assert backlog(engine) == 3
        async with connected(url) as client, publishing(client, engine, asyncio.Event()):
            assert await ids_of(messages, 6) == ids + ids
            await eventually(lambda: backlog(engine) == 0)
    seen = Seen()
    assert [id for id in ids + ids if seen.first(id)] == ids


def crash(*_: object) -> None:
    raise RuntimeError("killed here")


async def test_a_database_that_is_away_is_waited_for(
    url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(publishers, "POLL", 0.05)
    ids = add(engine, 2)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE outbox RENAME TO elsewhere"))
    async with (
        listening(url) as messages,
        connected(url) as client,
        publishing(client, engine, asyncio.Event()),
    ):
        await eventually(lambda: "outbox unavailable" in caplog.text)
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO outbox"))
        assert await ids_of(messages, 2) == ids


def test_seen_remembers_the_last_ones() -> None:
    seen = Seen(2)
    assert [seen.first(id) for id in ("a", "a", "b", "c", "a", "c")] == [True, False, True, True, True, False]
