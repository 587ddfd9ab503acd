"""Steps of a flow that lead to one extension, to a number outside, and to another desk."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from sip.aio.ports import PortPool
from tests.board import Phone
from tests.carrier import Carrier
from tests.unit.switchboard.flows import Floor, floor

STEP = """
[start]
open = "reach"
[step.reach]
{step}
no_answer = "sorry"
busy = "sorry"
nobody = "sorry"
[step.sorry]
do = "hangup"
prompt = "desk-unavailable"
"""
EXTENSION = STEP.format(step='do = "extension"\nnumber = "3"\nring_timeout = 1')
OUTSIDE = STEP.format(step='do = "outside"\nnumber = "13800138000"')


async def called(on: Floor) -> Phone:
    caller = await on.caller()
    await caller.dial("8000", caller="13900139000")
    return caller


async def story(on: Floor) -> tuple[str | None, list[tuple[Any, ...]]]:
    row = await on.desk.row()
    return row.outcome, [(edge["kind"], edge["target"], edge["result"]) for edge in row.path]


async def test_an_extension_answers(tmp_path: Path) -> None:
    async with floor(tmp_path, EXTENSION) as on:
        phone = await on.phone("3")
        caller = await called(on)
        await caller.connected()
        await phone.hears(440.0)
        caller.call.hangup()
        assert await story(on) == ("answered", [("step", "reach", ""), ("ring", "3", "answered")])


async def test_an_extension_lets_it_ring_and_the_flow_goes_on(tmp_path: Path) -> None:
    async with floor(tmp_path, EXTENSION) as on:
        phone = await on.phone("3")
        phone.ring_seconds = None
        caller = await called(on)
        await caller.call.over()
        outcome, path = await story(on)
        assert outcome == "no_answer"
        assert path == [("step", "reach", ""), ("ring", "3", "no_answer"), ("step", "sorry", "")]


async def test_a_number_outside(tmp_path: Path) -> None:
    low = random.randrange(60000, 65000, 100)
    pool = PortPool("127.0.0.1", low, low + 99)
    carrier = await Carrier(pool, (180, 0.05, 200)).start()
    line = {"id": "line", "mode": "ip", "server": carrier.server, "ping": 0}
    try:
        async with floor(tmp_path, OUTSIDE, trunks=[line]) as on:
            caller = await called(on)
            await caller.connected()
            await caller.hears(1000.0)
            caller.call.hangup()
            outcome, path = await story(on)
            assert path == [("step", "reach", ""), ("ring", "13800138000", "answered")]
            assert outcome == "answered"
    finally:
        await carrier.stop()


async def test_a_number_outside_that_no_line_takes(tmp_path: Path) -> None:
    async with floor(tmp_path, OUTSIDE) as on:
        caller = await called(on)
        await caller.call.over()
        _, path = await story(on)
        assert path[1:] == [("ring", "13800138000", "unreachable"), ("step", "sorry", "")]


async def test_another_desk_goes_on_with_its_own_flow(tmp_path: Path) -> None:
    flow = '[start]\nopen = "over"\n[step.over]\ndo = "desk"\ndesk = "night"\n'
    async with floor(tmp_path, flow, more={"id": "night", "number": "8001", "agents": ("3",)}) as on:
        phone = await on.phone("3")
        caller = await called(on)
        await caller.connected()
        await phone.hears(440.0)
        caller.call.hangup()
        outcome, path = await story(on)
        assert outcome == "answered"
        assert [each for each in path if each[0] == "step"][:2] == [
            ("step", "over", ""),
            ("step", "night", "overflow"),
        ]
        assert path[-1] == ("ring", "3", "answered")
