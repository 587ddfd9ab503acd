"""Calls that are sent on, crossed, lost, or not acknowledged; and what is no call at all."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from callcenter.events.errors import CommandError
from sip.aio.call import CallFailed
from sip.errors import StateError
from tests.soak.noise import malformed, stranger
from tests.soak.phones import Line, Phone
from tests.soak.plan import Kind
from tests.soak.scripts import ANY, PickUp, Script, bounded, draw_target
from tests.soak.world import CALLERS, FRAIL_DESK, TARGETS
from tests.transferor import replaces


class ByeRace(Script):
    """Both hang up in one moment; or the agent does so right after the answer."""

    kind = Kind.BYE_RACE

    def choose(self) -> None:
        super().choose()
        self.seconds = self.random.choice((0.0, 0.005, 0.05, 0.5))
        self.skew = self.random.choice((0.0, 0.0, 0.002, 0.01))
        self.now = asyncio.Event()

    async def calls(self, phone: Phone, line: Line) -> None:
        if await self.answered(phone, line):
            await asyncio.sleep(self.seconds)
            self.now.set()
            await asyncio.sleep(self.skew)

    async def talks(self, phone: Phone, line: Line) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.now.wait(), self.seconds + 0.05)


class Blind(Script):
    kind = Kind.BLIND

    def choose(self) -> None:
        super().choose()
        self.how = (*self.how, PickUp(0.2))
        self.target = self.random.choice((*TARGETS, *TARGETS, "8001", "777"))
        self.target_how = draw_target(self.random)
        self.hangs_up = self.random.random() < 0.5
        self.patience = self.random.choice((0.3, 2.0, 6.0))
        self.referred = False

    async def calls(self, phone: Phone, line: Line) -> None:
        if await self.answered(phone, line):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(line.call.over(), 1.0 + self.patience)

    async def talks(self, phone: Phone, line: Line) -> None:
        if self.referred:  # it came back
            await super().talks(phone, line)
            return
        self.referred = True
        await self.sleep(0.05, 0.6)
        await bounded(phone.refer(line.call, f"<sip:{self.target}@127.0.0.1>"), 40.0)
        if not self.hangs_up:
            await super().talks(phone, line)


class Attended(Script):
    """The agent asks a colleague first."""

    kind = Kind.ATTENDED

    def choose(self) -> None:
        super().choose()
        self.target = self.random.choice(TARGETS)
        self.target_how = draw_target(self.random)
        self.waits = self.random.random() < 0.7
        self.patience = self.random.choice((0.5, 3.0, 5.0))
        self.consulted = False

    async def calls(self, phone: Phone, line: Line) -> None:
        if await self.answered(phone, line):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(line.call.over(), 1.0 + self.patience)

    async def talks(self, phone: Phone, line: Line) -> None:
        if self.consulted or phone.number in TARGETS:
            await super().talks(phone, line)
            return
        self.consulted = True
        with contextlib.suppress(CallFailed, StateError):  # the caller has gone
            await bounded(line.hold(True))
        other = await phone.dial(self.target, caller=phone.number, name=self.name)
        self.report.others.append(other.call.call_id)
        try:
            await self._consult(phone, line, other)
        finally:
            other.call.hangup()
            other.close()

    async def _consult(self, phone: Phone, line: Line, other: Line) -> None:
        if self.waits:
            if not await self.answered(phone, other, 5.0):
                return
            await self.sleep(0.0, 0.5)
        else:
            await self.sleep(0.1, 0.3)
        if other.call.session.dialog.remote_tag:
            to = f"<sip:{self.target}@127.0.0.1?{replaces(other.call.session.dialog)}>"
            await bounded(phone.refer(line.call, to), 40.0)
            await super().talks(phone, line)


class Command(Script):
    """Somebody at the page sends the caller on, or ends the call."""

    kind = Kind.COMMAND

    def choose(self) -> None:
        super().choose()
        self.how = (*self.how, PickUp(0.2))
        self.target_how = draw_target(self.random)
        self.transfers = self.random.random() < 0.6

    async def run(self) -> None:
        async with self.stage.outside("UDP") as phone:
            await self._dial(phone)

    async def calls(self, phone: Phone, line: Line) -> None:
        asking = asyncio.create_task(self.stage.call_id(self.number))
        try:
            if not await self.answered(phone, line):
                return
            args: dict[str, Any] = {"call_id": await bounded(asking)}
        finally:
            asking.cancel()
        if self.transfers:
            args["target"] = self.random.choice(TARGETS)
        with contextlib.suppress(CommandError):  # the agent has just hung up
            await self.stage.commands.request("transfer" if self.transfers else "hangup", args)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(line.call.over(), self.random.choice((0.5, 4.0)))


class Replace(Script):
    """The agent goes on with another call of its own (RFC 3891)."""

    kind = Kind.REPLACE
    replaced = False

    async def calls(self, phone: Phone, line: Line) -> None:
        if await self.answered(phone, line):
            await self.sleep(0.5, 2.5)

    async def talks(self, phone: Phone, line: Line) -> None:
        if self.replaced:
            await super().talks(phone, line)
            return
        self.replaced = True
        await self.sleep(0.1, 0.5)
        dialog = line.call.session.dialog
        header = f"{dialog.call_id};to-tag={dialog.remote_tag};from-tag={dialog.local_tag}"
        more = (("Replaces", header),)
        other = await phone.dial(phone.number, caller=phone.number, name=self.name, headers=more)
        try:
            if await self.answered(phone, other):
                await bounded(other.call.over(), 30.0)
        finally:
            other.call.hangup()
            other.close()


class Lost(Script):
    """A party's sound stops, and it does not hang up."""

    kind = Kind.LOST

    def choose(self) -> None:
        super().choose()
        self.caller_stops = self.random.random() < 0.5

    async def calls(self, phone: Phone, line: Line) -> None:
        if await self.answered(phone, line):
            await asyncio.sleep(0.5)
            if self.caller_stops:
                line.fall_silent()
            await bounded(line.call.over(), 30.0)
            self.report.by = ("network",)

    async def talks(self, phone: Phone, line: Line) -> None:
        await asyncio.sleep(0.5)
        if not self.caller_stops:
            line.fall_silent()
        await super().talks(phone, line)


class Vanish(Script):
    """A phone loses its power while it rings, or in mid-call; an agent's comes back later."""

    kind = Kind.VANISH

    def choose(self) -> None:
        self.how = (PickUp(self.random.uniform(0.3, 0.8)),)
        self.caller_goes = self.random.random() < 0.6
        self.talking = self.random.random() < 0.6
        self.rings = asyncio.Event()
        self.at: Phone | None = None

    async def run(self) -> None:
        self.report.want = ANY
        if self.caller_goes:
            async with self.stage.outside(self.random.choice(("UDP", "TCP"))) as phone:
                await self._dial(phone)
            return
        self.desk = FRAIL_DESK
        async with self.stage.frail, self.stage.outside("UDP") as phone:
            await self._dial(phone)

    async def calls(self, phone: Phone, line: Line) -> None:
        if self.talking:
            if not await self.answered(phone, line):
                return
            self.report.want, self.report.by = ("answered",), ("network",)
            await asyncio.sleep(0.6)
        else:
            await bounded(self._ringing_or_over(line))
        if self.caller_goes:
            await phone.lose_power()
            line.stream.stop_playing()
            return
        await self._agent_goes(line)

    async def _ringing_or_over(self, line: Line) -> None:
        waiting = [asyncio.ensure_future(self.rings.wait()), asyncio.ensure_future(line.call.over())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    async def _agent_goes(self, line: Line) -> None:
        if self.at is None:
            return
        await self.at.lose_power()
        try:
            if self.talking:
                await bounded(line.call.over(), 30.0)
            else:
                await asyncio.sleep(1.0)
        finally:
            await self.at.switch_on()

    async def rung(self, phone: Phone, call: Any) -> None:
        self.at = phone
        self.rings.set()
        await super().rung(phone, call)


class NoAck(Script):
    """The caller does not acknowledge the 200: it says BYE at last, or nothing any more."""

    kind = Kind.NO_ACK

    def prepare(self, phone: Phone) -> None:
        phone.agent.acknowledges = False

    async def run(self) -> None:
        async with self.stage.outside("UDP") as phone:
            await self._dial(phone)

    async def calls(self, phone: Phone, line: Line) -> None:
        if await self.answered(phone, line):
            await self.sleep(0.2, 1.5)
            if self.random.random() < 0.5:
                await phone.lose_power()


class FaultyNetwork(Script):
    """Datagrams of the caller's come twice, or not at all."""

    kind = Kind.FAULTY_NETWORK

    def prepare(self, phone: Phone) -> None:
        send, drawn = phone.agent._transmit, self.random
        loss, copies = drawn.choice(((0.0, 0.9), (0.2, 0.2), (0.3, 0.0)))

        def transmit(data: bytes, to: Any) -> None:
            for _ in range(2 if drawn.random() < copies else 1):
                if drawn.random() >= loss:
                    send(data, to)

        phone.agent._transmit = transmit  # type: ignore[method-assign]

    async def run(self) -> None:
        self.report.want = (*ANY, "none")  # with bad luck the INVITE never arrives
        async with self.stage.outside("UDP") as phone:
            await self._dial(phone)


class Churn(Script):
    """Phones come and go."""

    kind = Kind.CHURN

    async def run(self) -> None:
        phone = Phone(
            self.random.choice(CALLERS), self.stage.pool, self.random.choice(("UDP", "TCP")), self.reject
        )
        await phone.start(self.stage.server, register=False)
        try:
            for _ in range(self.random.randrange(1, 4)):
                await phone.register(self.random.choice((60, 300, 3600)))
                await self.sleep(0.0, 0.5)
                await phone.unregister()
        finally:
            await phone.stop()

    @staticmethod
    async def reject(phone: Phone, call: Any) -> None:
        call.reject(480)


class Malformed(Script):
    """Bytes that are no SIP, or nearly are."""

    kind = Kind.MALFORMED

    async def run(self) -> None:
        await malformed(self.stage.server, self.random)


class Stranger(Script):
    """Somebody from elsewhere guesses passwords and numbers."""

    kind = Kind.STRANGER

    async def run(self) -> None:
        await stranger(self.stage.server, self.random)
