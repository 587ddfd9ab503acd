"""Desks with a flow of their own, for the tests of its steps."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import dedent
from typing import Any

from callcenter.settings import Desk, Settings
from sip.aio.ports import PortPool
from tests.board import TRUNK, Phone, Switchboard, settings_for, switchboard

GROUP = """
[group.front]
order = "in_order"
agents = ["1", "2"]
ring_timeout = 2
missed = "keep"
"""


def with_flow(folder: Path, flow: str, more: dict[str, Any] | None = None, **changes: Any) -> Settings:
    """A site whose desk has this flow, with the group `front` of extensions 1 and 2 where it names it;
    `more` is another desk."""
    path = folder / "front.toml"
    text = dedent(flow)
    wants = 'group = "front"' in text and "[group." not in text
    path.write_text(text + GROUP if wants else text, "utf-8")
    settings = settings_for(folder, **changes)
    desk = settings.desks[0].model_copy(update={"agents": (), "flow": path})
    others = () if more is None else (Desk(name=more["id"], **more),)
    return settings.model_copy(update={"desks": (desk, *others)})


class Floor:
    """A switchboard at work, and the phones of a test."""

    def __init__(self, desk: Switchboard, pool: PortPool, stack: contextlib.AsyncExitStack) -> None:
        self.desk, self._pool, self._stack = desk, pool, stack

    async def phone(self, number: str, hertz: float = 1000.0, *, register: bool = True) -> Phone:
        phone = Phone(number, hertz, self._pool)
        await phone.start(self.desk.address, register=register)
        self._stack.push_async_callback(phone.stop)
        return phone

    async def caller(self, hertz: float = 440.0) -> Phone:
        """Somebody outside, on the trunk."""
        return await self.phone(TRUNK, hertz, register=False)


@contextlib.asynccontextmanager
async def floor(folder: Path, flow: str, **changes: Any) -> AsyncIterator[Floor]:
    low = random.randrange(46000, 60000, 200)
    async with (
        switchboard(with_flow(folder, flow, **changes), brief=True) as desk,
        contextlib.AsyncExitStack() as stack,
    ):
        yield Floor(desk, PortPool("127.0.0.1", low, low + 199), stack)
