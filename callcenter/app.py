"""The wiring: which parts a role is made of. Nothing else knows more than its own layer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

import uvloop
from sqlalchemy import Engine

from callcenter import SUPERVISED
from callcenter.domain.calls import EventName
from callcenter.domain.subjects import Subject
from callcenter.domain.topics import (
    calls_filter,
    live_filter,
    parse_live_topic,
    parse_status_topic,
    status_filter,
    subjects_filter,
)
from callcenter.events import broker
from callcenter.events.address import BrokerAddress
from callcenter.events.client import MqttClient
from callcenter.events.commands import CommandClient
from callcenter.events.publisher import publish_outbox
from callcenter.events.status import publish_status
from callcenter.recordings.mixer import Mixer
from callcenter.scribe.afterwards import Afterwards
from callcenter.scribe.live import Teller
from callcenter.scribe.rejudger import Rejudger
from callcenter.scribe.role import Scribe
from callcenter.scribe.terms import Terms
from callcenter.settings import Settings
from callcenter.store import migrate
from callcenter.store.engine import make_engine
from callcenter.switchboard import role as switchboard
from callcenter.web import role as web
from callcenter.web.hub import LiveHub

log = logging.getLogger(__name__)

Work = Callable[[Settings, Engine, MqttClient, asyncio.Event], Awaitable[None]]


def broker_url(settings: Settings) -> str:
    """Where the broker is: the configured one, or the embedded one."""
    return settings.mqtt.url or f"mqtt://{settings.mqtt.embedded}"


def run_switchboard(settings: Settings) -> None:
    """Runs the role in this process until SIGTERM or SIGINT."""
    _run("switchboard", settings, switchboard.run)


def run_scribe(settings: Settings) -> None:
    _run("scribe", settings, _scribe)


def run_web(settings: Settings, on_ready: Callable[[str], None] | None = None) -> None:
    """`on_ready` is told the address of the page."""

    async def work(settings: Settings, engine: Engine, client: MqttClient, stop: asyncio.Event) -> None:
        await _web(settings, engine, client, stop, on_ready)

    _run("web", settings, work)


def run_broker(settings: Settings) -> None:
    """The embedded MQTT broker."""

    async def serve() -> None:
        stop = _stop_event()
        address = BrokerAddress.parse(broker_url(settings))
        serving = asyncio.create_task(broker.run(address.host, address.port), name="broker")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    asyncio.run(serve())


def _run(role: str, settings: Settings, work: Work) -> None:
    migrate.upgrade(settings.database_url)
    engine = make_engine(settings.database_url)

    async def main() -> None:
        stop = _stop_event()
        client = MqttClient(broker_url(settings), site=settings.site, role=role)
        connection = asyncio.create_task(client.run(), name="mqtt")
        try:
            await work(settings, engine, client, stop)
        finally:
            connection.cancel()
            await asyncio.gather(connection, return_exceptions=True)

    try:
        uvloop.run(main())
    finally:
        engine.dispose()


async def _scribe(settings: Settings, engine: Engine, client: MqttClient, stop: asyncio.Event) -> None:
    wake, recorded, to_mix = asyncio.Event(), asyncio.Event(), asyncio.Event()
    scribe = Scribe(settings, engine, recorded=recorded, wake=wake.set, heard=Teller(client).heard)
    mixer = Mixer(settings.recordings, engine, to_mix)
    rejudger = Rejudger(settings, engine)
    terms = Terms(settings.desks, ZoneInfo(settings.timezone))
    afterwards = Afterwards(settings.site, engine, terms, wake.set)

    def metrics() -> dict[str, float]:
        return scribe.metrics() | mixer.metrics() | rejudger.metrics() | afterwards.metrics()

    async with _Tasks() as tasks:
        tasks.start("publisher", publish_outbox(client, engine, "scribe", wake))
        tasks.start("status", publish_status(client, "scribe", metrics))
        tasks.start("recorded", _note_recorded(client, settings.site, recorded, to_mix))
        tasks.start("mixer", mixer.run())
        tasks.start("rejudger", rejudger.run())
        tasks.start("afterwards", afterwards.run())
        await scribe.run(stop)


async def _note_recorded(client: MqttClient, site: str, *recorded: asyncio.Event) -> None:
    async with client.subscribe(calls_filter(site, EventName.RECORDED)) as messages:
        async for _ in messages:
            for event in recorded:
                event.set()


async def _web(
    settings: Settings,
    engine: Engine,
    client: MqttClient,
    stop: asyncio.Event,
    on_ready: Callable[[str], None] | None,
) -> None:
    hub = LiveHub()
    wake = asyncio.Event()
    async with _Tasks() as tasks, CommandClient(client).running() as commands:
        tasks.start("live calls", _feed_calls(client, settings.site, hub))
        for subject in Subject:
            tasks.start(f"live {subject}s", _feed_subject(client, settings.site, hub, subject))
        tasks.start("live state", _feed_live(client, settings.site, hub))
        tasks.start("live status", _feed_status(client, settings.site, hub))
        tasks.start("live connection", _feed_connection(client, hub))
        tasks.start("publisher", publish_outbox(client, engine, "web", wake))
        tasks.start("status", publish_status(client, "web", dict))
        await web.run(settings, engine, commands, hub, stop, on_ready=on_ready, committed=_setter(wake))


def _setter(wake: asyncio.Event) -> Callable[[], None]:
    """Sets the event from any thread: requests run in several."""
    loop = asyncio.get_running_loop()

    def committed() -> None:
        loop.call_soon_threadsafe(wake.set)

    return committed


async def _feed_calls(client: MqttClient, site: str, hub: LiveHub) -> None:
    async with client.subscribe(calls_filter(site)) as messages:
        async for message in messages:
            event = _object(message.payload)
            if event is not None:
                hub.publish(event)


async def _feed_subject(client: MqttClient, site: str, hub: LiveHub, subject: Subject) -> None:
    async with client.subscribe(subjects_filter(site, subject)) as messages:
        async for message in messages:
            event = _object(message.payload)
            if event is not None:
                hub.publish(event)


async def _feed_live(client: MqttClient, site: str, hub: LiveHub) -> None:
    async with client.subscribe(live_filter(site)) as messages:
        async for message in messages:
            node, state = parse_live_topic(message.topic), _object(message.payload)
            if node is not None and state is not None:
                hub.live(node, state)


async def _feed_status(client: MqttClient, site: str, hub: LiveHub) -> None:
    async with client.subscribe(status_filter(site)) as messages:
        async for message in messages:
            role, payload = parse_status_topic(message.topic), _object(message.payload)
            if role is not None and payload is not None:
                hub.status(role, payload)


async def _feed_connection(client: MqttClient, hub: LiveHub) -> None:
    while True:
        await client.wait_connected()
        hub.connected = True
        await client.wait_disconnected()
        hub.connected = False


def _object(payload: bytes) -> dict[str, object] | None:
    try:
        value = json.loads(payload)
    except ValueError:
        log.warning("message is not JSON bytes=%d", len(payload))
        return None
    return value if isinstance(value, dict) else None


class _Tasks:
    """Named tasks that end with the block; one that dies ends the role, by the group it is in."""

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> _Tasks:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(kind, error, trace)

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(self._group.create_task(work, name=name))


def _stop_event() -> asyncio.Event:
    """Set by SIGTERM and SIGINT, and when the supervisor that started us is gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if os.environ.get(SUPERVISED):
        parent = os.getppid()

        def look() -> None:
            if os.getppid() != parent:
                log.warning("supervisor gone pid=%d", parent)
                stop.set()
            else:
                loop.call_later(1.0, look)

        look()
    return stop
