"""Callers who leave the queue by a key, and are called back when it is their turn."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlmodel import Session, select

from callcenter.domain.agents import State
from callcenter.store.tables import Callback
from callcenter.switchboard.live import look
from tests.board import TRUNK, Phone
from tests.support import eventually
from tests.unit.switchboard.flows import Floor, floor

FLOW = """
[start]
open = "queue"
[group.front]
order = "in_order"
agents = ["1"]
ring_timeout = 2
missed = "keep"
[step.queue]
do = "queue"
group = "front"
nobody = "bye"
overflow = "bye"
keys = { "1" = "callback" }
offer = "queue-offer"
[step.callback]
do = "callback"
next = "bye"
[step.bye]
do = "hangup"
"""
FIRST, SECOND = "13900139001", "13900139002"


def callbacks(on: Floor) -> dict[str, Callback]:
    with Session(on.desk.engine) as session:
        return {row.number: row for row in session.exec(select(Callback))}


async def waiting(on: Floor, number: str) -> Phone:
    """A caller in the queue."""
    caller = await on.phone(f"{TRUNK}", 440.0, register=False)
    await caller.dial("8000", caller=number)
    await caller.connected()
    await eventually(
        lambda: [place for place in on.desk.board.distribution.waiting() if place.wanted.caller == number]
    )
    return caller


async def test_who_left_by_the_key_is_called_before_who_came_later(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW, outside={"1": True}) as on:
        agent = await on.phone("1", 1000.0)
        board = on.desk.board
        await eventually(lambda: board.agents.state("1") is State.READY)
        talking = await on.caller()
        await talking.dial("8000", caller="13900139000")
        await talking.connected()
        await talking.hears(1000.0)
        first = await waiting(on, FIRST)
        second = await waiting(on, SECOND)
        assert first.stream is not None
        first.stream.press("1")
        await first.call.over()
        (queue,) = look(board).queues
        assert [(each.caller, each.position) for each in queue.callers] == [(FIRST, 1), (SECOND, 2)]
        far = await on.phone(TRUNK, 700.0)  # whoever is called outside answers there
        talking.call.hangup()
        await agent.hears(700.0)
        assert [call.invite.uri.user for call in far.calls] == [FIRST]
        done = await eventually(lambda: found if (found := callbacks(on)[FIRST]).state == "done" else None)
        assert (done.outcome, done.claimed_by) == ("reached", "1")
        assert second.call.ended is None  # waits on, the next one
        agent.call.hangup()
        await second.hears(1000.0)
        second.call.hangup()


async def test_a_promise_that_was_kept_by_people_calls_nobody(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW, outside={"1": True, "2": True}) as on:
        await on.phone("1", 1000.0)
        board = on.desk.board
        talking = await on.caller()
        await talking.dial("8000", caller="13900139000")
        await talking.connected()
        await talking.hears(1000.0)
        first = await waiting(on, FIRST)
        assert first.stream is not None
        first.stream.press("1")
        await first.call.over()
        await board.ledger.flush()
        other = await on.phone("2", 1200.0)
        far = await on.phone(TRUNK, 700.0)
        await on.desk.command("callback", by="2", id=callbacks(on)[FIRST].id)
        await other.hears(700.0)
        talking.call.hangup()
        await eventually(lambda: board.distribution.waiting() == [])
        await asyncio.sleep(0)
        assert len(far.calls) == 1
        other.call.hangup()


@pytest.mark.parametrize("missing", ["phone", "outside"])
async def test_an_agent_who_cannot_call_leaves_it_to_people(tmp_path: Path, missing: str) -> None:
    async with floor(tmp_path, FLOW, outside={} if missing == "outside" else {"1": True}) as on:
        agent = await on.phone("1", 1000.0)
        board = on.desk.board
        talking = await on.caller()
        await talking.dial("8000", caller="13900139000")
        await talking.connected()
        await talking.hears(1000.0)
        first = await waiting(on, FIRST)
        assert first.stream is not None
        if missing == "phone":
            agent.ring_seconds = None
        first.stream.press("1")
        await first.call.over()
        talking.call.hangup()
        if missing == "phone":
            tried = await eventually(lambda: found if (found := callbacks(on)[FIRST]).attempts else None, 40)
            assert tried.state == "open"
        else:
            await eventually(lambda: board.distribution.waiting() == [])
            assert callbacks(on)[FIRST].state == "open"
