"""The queue: music and announcements until somebody is free, or the caller takes another way."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.switchboard import distribution
from tests.board import Phone
from tests.support import eventually
from tests.unit.switchboard.flows import Floor, floor

FLOW = """
[start]
open = "queue"
[step.queue]
do = "queue"
group = "front"
announce_every = 0
offer = "queue-offer"
keys = {"1" = "bye"}
longest = 30
overflow = "bye"
nobody = "bye"
[step.bye]
do = "hangup"
prompt = "menu-goodbye"
"""


async def busy(on: Floor, number: str) -> tuple[Phone, Phone]:
    """An agent who talks with somebody."""
    agent, first = await on.phone(number), await on.caller(700.0)
    await first.dial("8000", caller="13900139001")
    await first.connected()
    await first.hears(agent.hertz)
    return agent, first


async def waiting(on: Floor) -> Phone:
    """A caller who waits in the queue."""
    caller = await on.caller()
    await caller.dial("8000", caller="13900139002")
    await caller.connected()
    return caller


async def test_the_next_in_line_gets_the_agent_who_is_free_again(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW) as on:
        agent, first = await busy(on, "1")
        caller = await waiting(on)
        assert len(agent.calls) == 1
        first.call.hangup()
        await caller.hears(1000.0)
        await agent.hears(440.0)
        caller.call.hangup()
        row = await on.desk.row("13900139002")
        assert (row.outcome, row.three_rings) == ("answered", "pass")
        assert row.queue_seconds > 0
        assert [wait["kind"] for wait in row.waits] == ["queue"]
        await eventually(lambda: on.desk.board.pool.in_use == 0)


async def test_nobody_hears_of_a_queue_while_an_agent_is_free(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW) as on:
        await on.phone("1")
        caller = await waiting(on)
        await caller.hears(1000.0)
        caller.call.hangup()
        row = await on.desk.row()
        assert (row.waits, row.queue_seconds) == ([], 0.0)


async def test_a_key_leads_out_of_the_queue(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW) as on:
        agent, _ = await busy(on, "1")
        caller = await waiting(on)
        assert caller.stream is not None
        caller.stream.press("1")
        await caller.call.over()
        row = await on.desk.row("13900139002")
        assert (row.outcome, [wait["kind"] for wait in row.waits]) == ("closed", ["queue", "prompt"])
        assert len(agent.calls) == 1


async def test_a_wait_that_is_too_long_goes_on_elsewhere(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW.replace("longest = 30", "longest = 0.3")) as on:
        await busy(on, "1")
        caller = await waiting(on)
        await caller.call.over()
        row = await on.desk.row("13900139002")
        assert [edge["target"] for edge in row.path] == ["queue", "bye"]


async def test_nobody_waits_where_no_agent_is_there(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW) as on:
        caller = await waiting(on)
        await caller.call.over()
        row = await on.desk.row()
        assert (row.outcome, row.queue_seconds) == ("closed", 0.0)


async def test_a_caller_who_leaves_the_queue(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW) as on:
        agent, first = await busy(on, "1")
        caller = await waiting(on)
        caller.call.hangup()
        row = await on.desk.row("13900139002")
        assert (row.outcome, row.hung_up_by, row.three_rings) == ("abandoned", "caller", "not_applicable")
        first.call.hangup()
        await eventually(lambda: on.desk.board.pool.in_use == 0)
        assert len(agent.calls) == 1


async def test_who_lets_it_ring_gives_the_caller_back_to_the_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribution, "AGAIN_SECONDS", 0.3)
    async with floor(tmp_path, FLOW) as on:
        agent, first = await busy(on, "1")
        caller = await waiting(on)
        agent.ring_seconds = None
        first.call.hangup()
        await eventually(lambda: len(agent.calls) > 1 and agent.calls[1].is_over)
        agent.ring_seconds = 0.05
        await caller.hears(1000.0)
        caller.call.hangup()
        row = await on.desk.row("13900139002")
        assert [wait["kind"] for wait in row.waits] == ["queue", "queue"]
        assert row.ring_seconds is not None and 2.0 < row.ring_seconds < 3.0
