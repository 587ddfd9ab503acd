"""The phones of a soak, and the scripts that are being played on them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from callcenter.domain.calls import EventName
from callcenter.domain.topics import calls_filter
from callcenter.events.client import MqttClient
from callcenter.events.commands import CommandClient
from sip.aio.call import Call
from sip.aio.ports import PortPool
from sip.transactions import Address as HostPort
from tests.soak.phones import Phone
from tests.soak.world import (
    CALLERS,
    CARRIER_HOST,
    EVERYBODY,
    MEDIA_TIMEOUT,
    OUTSIDE,
    PHONES_HOST,
    SITE,
    TRUNK,
)

if TYPE_CHECKING:
    from tests.soak.scripts import Script


class Stage:
    """A name in From, `d17`, tells each phone by which script it is called."""

    def __init__(self, server: HostPort, mqtt: MqttClient, commands: CommandClient, carrier: int) -> None:
        """The carrier listens at that port."""
        self.server, self.commands = server, commands
        low = random.randrange(14000, 19000, 1000)
        self.pool = PortPool(PHONES_HOST, low, low + 999, quarantine=0.0)
        self.scripts: dict[str, Script] = {}
        self.frail = asyncio.Lock()
        """Held by the one script that takes a phone's power away."""
        self.phones = {
            number: Phone(number, self.pool, "TCP" if at % 3 == 2 else "UDP", self._rung)
            for at, number in enumerate(EVERYBODY)
        }
        self.carrier = Phone("carrier", self.pool, "UDP", self._rung_outside, host=CARRIER_HOST, port=carrier)
        self._mqtt = mqtt
        self._stalls: deque[float] = deque(maxlen=1000)
        self._ids: dict[str, asyncio.Future[str]] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Stage]:
        """Every phone is registered within the block."""
        watching = asyncio.gather(self._watch(), self._watch_clock())
        for phone in self.phones.values():
            await phone.start(self.server)
        await self.carrier.start(self.server, register=False)
        try:
            yield self
        finally:
            await asyncio.gather(*(phone.stop() for phone in (*self.phones.values(), self.carrier)))
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def outside(self, transport: str) -> AsyncIterator[Phone]:
        """A caller's own phone on the line from the city, switched off at the end."""
        phone = Phone(TRUNK, self.pool, transport, self._rung)
        await phone.start(self.server, register=False)
        try:
            yield phone
        finally:
            await phone.stop()

    def inside(self, drawn: random.Random) -> Phone:
        return self.phones[drawn.choice(CALLERS)]

    async def call_id(self, caller: str) -> str:
        """The switchboard's id of the call of that number, once it is answered; asked for before."""
        waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._ids[caller] = waiting
        try:
            return await waiting
        finally:
            del self._ids[caller]

    async def _rung(self, phone: Phone, call: Call) -> None:
        await self._play(phone, call, call.invite.from_address.name)

    async def _rung_outside(self, phone: Phone, call: Call) -> None:
        """No name is told to a carrier: the number says whose call it is."""
        number = call.request_uri.user or ""
        await self._play(phone, call, f"d{int(number.removeprefix(OUTSIDE) or 0)}")

    async def _play(self, phone: Phone, call: Call, name: str) -> None:
        script = self.scripts.get(name)
        if script is None:
            call.ring()
            call.reject(480)  # a copy of a script that is over
            return
        await script.rung(phone, call)

    def stood_still(self, since: float) -> bool:
        """Whether these phones were kept from their work, by a busy machine, since that (monotonic) moment:
        then their sound stopped, and who was taken for lost was rightly so."""
        return any(at >= since for at in self._stalls)

    async def _watch_clock(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.1)
            if time.monotonic() - before > MEDIA_TIMEOUT / 4:
                self._stalls.append(time.monotonic())

    async def _watch(self) -> None:
        async with self._mqtt.subscribe(calls_filter(SITE, EventName.ANSWERED)) as messages:
            async for message in messages:
                call = json.loads(message.payload)["data"]["call"]
                waiting = self._ids.get(call["caller"])
                if waiting is not None and not waiting.done():
                    waiting.set_result(call["id"])
