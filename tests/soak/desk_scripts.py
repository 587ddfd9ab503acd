"""Calls to a desk whose phones all ring, to one with a queue, to numbers outside; and all scripts by kind."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.soak import hard_scripts
from tests.soak.phones import Line, Phone
from tests.soak.plan import Kind
from tests.soak.scripts import ANY, How, Mute, PickUp, Refuse, RingOn, Script
from tests.soak.world import OUTSIDE, QUEUE_DESK, TOGETHER_DESK

LEFT = ("callback", "message", "closed")
"""How a call may end that no agent took."""


class Together(Script):
    """All phones of a desk ring at once; two may pick up in one moment."""

    kind = Kind.TOGETHER

    def choose(self) -> None:
        self.desk = TOGETHER_DESK
        drawn: list[How] = [
            PickUp(0.1),
            PickUp(0.1),
            PickUp(0.101),
            PickUp(0.4),
            Refuse(486),
            Refuse(603),
            RingOn(),
        ]
        self.how = tuple(self.random.choices(drawn, k=3))
        self.patience = self.random.choice((0.05, 20.0, 20.0, 20.0))

    async def calls(self, phone: Phone, line: Line) -> None:
        if await self.answered(phone, line, self.patience):
            await self.sleep(0.1, 1.5)

    def wanted(self, code: int | None) -> Sequence[str] | None:
        if code == 401:  # they left before they could say who they are
            return None
        return ("abandoned", "answered", "busy", "no_answer", "rejected")


class Queue(Script):
    """The caller waits for an agent, who may let it ring or refuse; presses keys, and goes when they like."""

    kind = Kind.QUEUE

    def choose(self) -> None:
        self.desk = QUEUE_DESK
        self.how = (
            self.random.choice((PickUp(0.2), PickUp(0.5), PickUp(0.5), Refuse(486), RingOn())),
            PickUp(0.2),
        )
        self.keys = self.random.choice(("", "", "", "1", "2", "9", "91"))
        self.patience = self.random.choice((0.3, 2.0, 6.0, 12.0))
        self.report.want = (*ANY, *LEFT)

    async def calls(self, phone: Phone, line: Line) -> None:
        if not await self.answered(phone, line, 30.0):
            return
        for key in self.keys:
            await self.sleep(0.2, 1.0)
            line.stream.press(key, 100)
        waiting = asyncio.ensure_future(line.call.over())
        await asyncio.wait([waiting], timeout=self.patience)
        waiting.cancel()

    async def talks(self, phone: Phone, line: Line) -> None:
        waiting = asyncio.ensure_future(line.call.over())
        await asyncio.wait([waiting], timeout=self.random.choice((0.5, 2.0, 5.0)))
        waiting.cancel()


class Outside(Script):
    """An extension calls a number outside; the carrier does what carriers do."""

    kind = Kind.OUTSIDE

    def choose(self) -> None:
        self.desk = f"{OUTSIDE}{self.report.deed:08d}"
        ends: list[How] = [
            PickUp(0.2),
            PickUp(0.5),
            PickUp(0.0),
            Refuse(486),
            Refuse(603),
            Refuse(404),
            RingOn(),
            Mute(),
        ]
        self.how = (self.random.choice(ends),)
        self.hangs_up = self.random.random() < 0.5
        self.patience = self.random.choice((0.5, 20.0, 20.0))
        self.report.want = ANY

    async def run(self) -> None:
        phone = self.stage.inside(self.random)
        self.number = phone.number
        await self._dial(phone)

    async def calls(self, phone: Phone, line: Line) -> None:
        if await self.answered(phone, line, self.patience):
            await self.sleep(0.2, 2.0)

    async def talks(self, phone: Phone, line: Line) -> None:
        if self.hangs_up:
            await self.sleep(0.2, 1.5)
        else:
            await super().talks(phone, line)


SCRIPTS: dict[Kind, type[Script]] = {}


def _collect(parent: type[Script]) -> None:
    for script in parent.__subclasses__():
        if "kind" in vars(script):
            SCRIPTS[script.kind] = script
        _collect(script)


assert hard_scripts  # whose classes are among those collected
_collect(Script)
