"""Calls that the desk begins: the agent's own phone first, then the number."""

from __future__ import annotations

import pytest

from callcenter.events.errors import CommandError
from tests.board import Switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone


async def test_the_agents_phone_first_then_the_number(desk: Switchboard, make_phone: MakePhone) -> None:
    agent, other = await make_phone("1", 1000.0), await make_phone("3", 2000.0)
    other.ring_seconds = 0.3
    told = await desk.command("call", by="1", number="3")
    await eventually(lambda: other.calls)
    assert agent.call.answered_at is not None
    await agent.hears(2000.0)
    await other.hears(1000.0)
    other.call.hangup()
    row = await desk.row()
    assert (row.id, row.outcome, row.direction) == (told["call_id"], "answered", "internal")
    assert (row.caller, row.callee, row.hung_up_by) == ("1", "3", "agent")
    assert [(leg.role, leg.party) for leg in desk.legs()] == [("caller", "1"), ("target", "3")]
    await eventually(lambda: desk.board.pool.in_use == 0)


async def test_an_agent_who_does_not_pick_up(desk: Switchboard, make_phone: MakePhone) -> None:
    agent, other = await make_phone("1"), await make_phone("3")
    agent.refuse = 486
    await desk.command("call", by="1", number="3")
    row = await desk.row()
    assert (row.outcome, row.hung_up_by) == ("busy", "system")
    assert not other.calls
    await eventually(lambda: desk.board.pool.in_use == 0)


async def test_the_agent_hangs_up_before_the_number_answers(desk: Switchboard, make_phone: MakePhone) -> None:
    agent, other = await make_phone("1"), await make_phone("3")
    other.ring_seconds = None
    await desk.command("call", by="1", number="3")
    await eventually(lambda: other.calls)
    agent.call.hangup()
    await other.call.over()
    row = await desk.row()
    assert (row.outcome, row.hung_up_by) == ("abandoned", "caller")


async def test_the_number_is_busy(desk: Switchboard, make_phone: MakePhone) -> None:
    agent, other = await make_phone("1"), await make_phone("3")
    other.refuse = 486
    await desk.command("call", by="1", number="3")
    row = await desk.row()
    assert (row.outcome, row.hung_up_by) == ("busy", "system")
    await eventually(lambda: agent.call.is_over)


async def test_a_page_ends_it_while_the_agents_phone_rings(desk: Switchboard, make_phone: MakePhone) -> None:
    agent = await make_phone("1")
    agent.ring_seconds = None
    told = await desk.command("call", by="1", number="3")
    await eventually(lambda: agent.calls)
    await desk.command("hangup", by="1", call_id=told["call_id"])
    await agent.call.over()
    assert (await desk.row()).outcome == "failed"


async def test_a_phone_that_is_not_there_or_in_a_call(desk: Switchboard, make_phone: MakePhone) -> None:
    with pytest.raises(CommandError, match="not registered"):
        await desk.command("call", by="1", number="3")
    one, _ = await make_phone("1"), await make_phone("3")
    await one.dial("3")
    await one.connected()
    with pytest.raises(CommandError, match="in a call"):
        await desk.command("call", by="1", number="3")


async def test_a_number_that_the_extension_may_not_call(desk: Switchboard, make_phone: MakePhone) -> None:
    await make_phone("1")
    with pytest.raises(CommandError, match="may not call"):
        await desk.command("call", by="1", number="13800138000")
