"""A connection to the broker that comes back by itself, with its subscriptions and its last will."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import ssl
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import aiomqtt

from callcenter.domain.topics import matches, status_topic
from callcenter.events.address import BrokerAddress
from callcenter.events.errors import Disconnected
from callcenter.events.status import OFFLINE, status_payload

log = logging.getLogger(__name__)

BACKOFF = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds between attempts to connect. The publisher waits longer than the last one before it replays."""
QUIET = 30  # attempts from one line in the log to the next
KEEPALIVE = 15
QUEUE = 10_000
ACK_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Message:
    """What came in. `retained`: the broker's last word on the topic, from before the subscription."""

    topic: str
    payload: bytes
    retained: bool = False


class Subscription:
    """The messages of one topic filter, as an asynchronous iterator.

    A reader that falls QUEUE messages behind loses the oldest ones, counted in `dropped`.
    """

    def __init__(self, topic_filter: str) -> None:
        self.filter = topic_filter
        self.dropped = 0
        self._messages: deque[Message] = deque()
        self._arrived = asyncio.Event()

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        while not self._messages:
            self._arrived.clear()
            await self._arrived.wait()
        return self._messages.popleft()

    def deliver(self, message: Message) -> None:
        if len(self._messages) >= QUEUE:
            self._messages.popleft()
            self.dropped += 1
            if self.dropped == 1 or self.dropped % QUEUE == 0:
                log.warning("mqtt reader too slow filter=%s dropped=%d", self.filter, self.dropped)
        self._messages.append(message)
        self._arrived.set()


class MqttClient:
    """One process's connection to the broker; `run` keeps it up and is a task of its own.

    With a `role`, the broker says `offline` on `status/<role>` when the process vanishes. Delivery is at
    least once: a message may come twice, after a reconnection or where filters of this client overlap.

    Raises AddressError for a malformed URL.
    """

    def __init__(self, url: str, *, site: str, role: str | None = None) -> None:
        self.address = BrokerAddress.parse(url)
        self.site, self.role = site, role
        self.client_id = f"{site}-{role or 'client'}-{uuid4().hex[:8]}"
        self.connections = 0
        self._subscriptions: list[Subscription] = []
        self._unacknowledged: set[asyncio.Timeout] = set()
        self._mqtt: aiomqtt.Client | None = None
        self._up = asyncio.Event()
        self._down = asyncio.Event()
        self._down.set()

    @property
    def connected(self) -> bool:
        return self._mqtt is not None

    async def wait_connected(self) -> None:
        """Returns once there is a connection, with its subscriptions restored."""
        await self._up.wait()

    async def wait_disconnected(self) -> None:
        await self._down.wait()

    async def run(self) -> None:
        """Connects, again and again, until cancelled; then says `offline` and disconnects."""
        attempt = 0
        while True:
            before = self.connections
            try:
                await self._connection()
            except (aiomqtt.MqttError, OSError) as error:
                attempt = 0 if self.connections > before else attempt
                if attempt % QUIET == 0:
                    log.warning("mqtt disconnected broker=%s error=%s", self.address, error)
            await asyncio.sleep(BACKOFF[min(attempt, len(BACKOFF) - 1)])
            attempt += 1

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Returns when the broker has acknowledged (QoS 1). Raises Disconnected otherwise.

        Messages of tasks that begin in order are sent in order.
        """
        if self._mqtt is None:
            raise Disconnected(f"no connection to {self.address}")
        try:
            async with asyncio.timeout(ACK_TIMEOUT) as limit:
                self._unacknowledged.add(limit)
                try:
                    await self._mqtt.publish(topic, payload, qos=qos, retain=retain, timeout=math.inf)
                finally:
                    self._unacknowledged.remove(limit)
        except (aiomqtt.MqttError, TimeoutError) as error:
            raise Disconnected(f"{self.address}: {error or 'not acknowledged'}") from None

    @contextlib.asynccontextmanager
    async def subscribe(self, topic_filter: str) -> AsyncIterator[Subscription]:
        """Messages that match the filter, while the block lasts and across reconnections.

        The block begins when the broker has confirmed, or at once while there is no connection.
        """
        subscription = Subscription(topic_filter)
        self._subscriptions.append(subscription)
        try:
            if self._mqtt is not None:
                with contextlib.suppress(aiomqtt.MqttError):  # lost: restored with the next connection
                    await self._mqtt.subscribe(topic_filter, qos=1)
            yield subscription
        finally:
            self._subscriptions.remove(subscription)
            await self._unsubscribe(topic_filter)

    async def _unsubscribe(self, topic_filter: str) -> None:
        if self._mqtt is None or any(other.filter == topic_filter for other in self._subscriptions):
            return
        with contextlib.suppress(aiomqtt.MqttError):  # lost: the broker has forgotten it by itself
            await self._mqtt.unsubscribe(topic_filter)

    async def _connection(self) -> None:
        async with self._make() as mqtt:
            mqtt.pending_calls_threshold = QUEUE
            await self._restore(mqtt)
            self._begin(mqtt)
            try:
                async for message in mqtt.messages:
                    self._dispatch(message)
            except asyncio.CancelledError:
                await self._say_offline(mqtt)
                raise
            finally:
                self._end()

    def _begin(self, mqtt: aiomqtt.Client) -> None:
        self._mqtt = mqtt
        self.connections += 1
        self._down.clear()
        self._up.set()
        log.info("mqtt connected broker=%s client=%s", self.address, self.client_id)

    def _end(self) -> None:
        self._mqtt = None
        self._up.clear()
        self._down.set()
        for limit in self._unacknowledged:  # aiomqtt would let them wait
            limit.reschedule(asyncio.get_running_loop().time())

    async def _restore(self, mqtt: aiomqtt.Client) -> None:
        restored: set[str] = set()
        while missing := {subscription.filter for subscription in self._subscriptions} - restored:
            await mqtt.subscribe([(topic_filter, 1) for topic_filter in sorted(missing)])
            restored |= missing

    def _dispatch(self, incoming: aiomqtt.Message) -> None:
        payload = incoming.payload
        body = payload if isinstance(payload, bytes) else str(payload or "").encode()
        message = Message(str(incoming.topic), bytes(body), bool(incoming.retain))
        for subscription in self._subscriptions:
            if matches(subscription.filter, message.topic):
                subscription.deliver(message)

    async def _say_offline(self, mqtt: aiomqtt.Client) -> None:
        if self.role is None:
            return
        with contextlib.suppress(aiomqtt.MqttError):  # then the last will says it
            payload = status_payload(OFFLINE, datetime.now(UTC), {})
            await mqtt.publish(status_topic(self.site, self.role), payload, qos=1, retain=True, timeout=1.0)

    def _make(self) -> aiomqtt.Client:
        will = None
        if self.role is not None:
            payload = status_payload(OFFLINE, datetime.now(UTC), {})
            will = aiomqtt.Will(status_topic(self.site, self.role), payload, qos=1, retain=True)
        return aiomqtt.Client(
            self.address.host,
            self.address.port,
            username=self.address.username,
            password=self.address.password,
            identifier=self.client_id,
            will=will,
            keepalive=KEEPALIVE,
            timeout=5.0,
            max_inflight_messages=100,
            tls_context=ssl.create_default_context() if self.address.tls else None,
        )
