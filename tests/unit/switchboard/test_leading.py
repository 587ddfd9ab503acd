"""Commands that lead a call elsewhere: to a number outside, by an operator's call, to a desk."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from callcenter.events.errors import CommandError
from sip.aio.ports import PortPool
from tests.board import Phone
from tests.carrier import Carrier, Step
from tests.support import eventually
from tests.unit.switchboard.flows import Floor, floor

FLOW = """
[start]
open = "ring"
[step.ring]
do = "ring"
group = "front"
"""
NUMBER = "075512345678"


@dataclass
class Talk:
    """A caller and agent 1, who may call outside, and the carrier there."""

    on: Floor
    carrier: Carrier
    caller: Phone
    agent: Phone
    id: str

    def prompts(self) -> list[str]:
        return [said.prompt for said in self.on.desk.board.calls[self.id].book.facts.announcements]


@contextlib.asynccontextmanager
async def talking(
    folder: Path, steps: Sequence[Step] = (180, 0.05, 200), *, transfers: bool = True
) -> AsyncIterator[Talk]:
    low = random.randrange(46000, 60000, 200)
    carrier = await Carrier(PortPool("127.0.0.1", low, low + 199), steps, hertz=1800.0).start()
    trunk = {"id": "line", "mode": "ip", "server": carrier.server, "ping": 0}
    try:
        may = ("1",) if transfers else ()
        async with floor(folder, FLOW, outside={"1": True}, trunks=[trunk], transfers=may) as on:
            agent, caller = await on.phone("1"), await on.caller()
            await caller.dial("8000")
            await caller.connected()
            await caller.hears(1000.0)
            live = await on.desk.live()
            yield Talk(on, carrier, caller, agent, live.id)
    finally:
        await carrier.stop()


async def test_a_caller_is_transferred_outside(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.on.desk.command("transfer", by="1", call_id=talk.id, target=NUMBER)
        await talk.caller.hears(1800.0)
        await talk.agent.call.over()
        talk.caller.call.hangup()
        row = await talk.on.desk.row()
        assert (row.outcome, row.transfer_to) == ("answered", NUMBER)
        await eventually(lambda: talk.on.desk.board.pool.in_use == 0)


async def test_nobody_is_sent_outside_by_an_extension_that_may_not(tmp_path: Path) -> None:
    async with talking(tmp_path, transfers=False) as talk:
        with pytest.raises(CommandError, match="no number 1 may call"):
            await talk.on.desk.command("transfer", by="1", call_id=talk.id, target=NUMBER)
        await talk.caller.hears(1000.0)
        assert not talk.carrier.calls


async def test_the_far_party_hears_where_the_call_is_from(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        told = await talk.on.desk.command("operator", by="1", call_id=talk.id, number=NUMBER, place="上海")
        assert told["target"] == NUMBER
        await talk.caller.hears(1800.0)
        assert talk.prompts() == ["long-distance"]
        talk.caller.call.hangup()
        row = await talk.on.desk.row()
        assert (row.outcome, row.transfer_to) == ("answered", NUMBER)


async def test_a_place_that_is_not_recorded(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.on.desk.command("operator", by="1", call_id=talk.id, number=NUMBER, place="桃花源")
        await talk.caller.hears(1800.0)
        assert talk.prompts() == ["long-distance-unnamed"]


async def test_the_one_who_asked_hears_that_the_number_is_busy(tmp_path: Path) -> None:
    async with talking(tmp_path, (486,)) as talk:
        await talk.on.desk.command("operator", by="1", call_id=talk.id, number=NUMBER)
        await eventually(lambda: talk.prompts() == ["busy-to-desk"], 20)
        await eventually(lambda: len(talk.agent.calls) == 2)
        await talk.caller.hears(1000.0)


async def test_a_transfer_to_the_desk_walks_its_flow(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        other = await talk.on.phone("2", 2500.0)
        await talk.on.desk.command("transfer", by="1", call_id=talk.id, target="8000")
        await talk.agent.call.over()
        await eventually(lambda: talk.caller.heard.share(2500.0) > 0.9 or len(talk.agent.calls) == 2)
        await eventually(lambda: talk.on.desk.reception.stories[talk.id].talking)
        assert other.number == "2"
        talk.caller.call.hangup()
        row = await talk.on.desk.row()
        assert [edge["kind"] for edge in row.path] == ["step", "ring", "step", "ring", "transfer"]


async def test_a_target_in_the_call_already(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        with pytest.raises(CommandError, match="in this call already"):
            await talk.on.desk.command("transfer", by="1", call_id=talk.id, target="1")


async def test_who_asks_is_who_leaves(tmp_path: Path) -> None:
    """Between two extensions it is not the one who was called: theirs is neither the wish nor the bill."""
    async with floor(tmp_path, FLOW) as on:
        one, two, three = await on.phone("1"), await on.phone("2", 1500.0), await on.phone("3", 2000.0)
        await one.dial("2")
        await one.connected()
        await two.hears(1000.0)
        live = await on.desk.live()
        await on.desk.command("transfer", by="1", call_id=live.id, target="3")
        await one.call.over()
        await two.hears(2000.0)
        await three.hears(1500.0)
