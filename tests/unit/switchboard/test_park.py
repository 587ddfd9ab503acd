"""Parked calls: who waits in a slot hears music, whoever dials the slot talks with them."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from callcenter.events.errors import CommandError
from callcenter.switchboard.lot import NoSlot, Parked, ParkingLot
from tests.board import Phone, Switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone


def parked() -> Parked:
    return cast(Parked, object())


def test_the_first_free_slot_is_taken() -> None:
    lot = ParkingLot(("701", "702"))
    assert lot.free() == "701"
    lot.parked["701"] = parked()
    assert lot.free() == "702"
    lot.parked["702"] = parked()
    with pytest.raises(NoSlot, match="every slot"):
        lot.free()


def test_a_slot_that_is_taken_or_none_is_refused() -> None:
    lot = ParkingLot(("701",), {"701": parked()})
    for wanted in ("701", "799"):
        with pytest.raises(NoSlot, match=wanted):
            lot.free(wanted)


async def parking(desk: Switchboard, caller: Phone) -> Any:
    """A call that talks, and is parked by the page's command."""
    await caller.dial("8000")
    await caller.connected()
    live = await desk.live()
    await eventually(lambda: desk.reception.stories[live.id].talking)
    assert (await desk.command("park", call_id=live.id))["slot"] == "701"
    await eventually(lambda: "701" in desk.board.lot.parked)
    return live


async def test_whoever_dials_the_slot_talks_with_them(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent, other = await make_phone("1", 1000.0), await make_phone("3", 2000.0)
    live = await parking(desk, caller)
    await agent.call.over()
    await other.dial("701")
    await other.connected()
    await caller.hears(2000.0)
    await other.hears(440.0)
    assert not desk.board.lot.parked
    other.call.hangup()
    row = await desk.row()
    assert (row.outcome, row.hung_up_by) == ("answered", "agent")
    assert [wait["kind"] for wait in row.waits] == ["park"]
    assert [edge["kind"] for edge in row.path if edge["kind"] in ("park", "transfer")] == ["park", "transfer"]
    assert [(leg.role, leg.party) for leg in desk.legs()][-1] == ("target", "3")
    assert live.book.facts.waits[0].ended_at is not None
    await eventually(lambda: desk.board.pool.in_use == 0)


async def test_a_parked_caller_may_leave(desk: Switchboard, make_phone: MakePhone, caller: Phone) -> None:
    await make_phone("1")
    await parking(desk, caller)
    caller.call.hangup()
    row = await desk.row()
    assert (row.outcome, row.hung_up_by) == ("answered", "caller")
    assert not desk.board.lot.parked
    await eventually(lambda: desk.board.pool.in_use == 0)


async def test_whom_nobody_takes_comes_back(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = await make_phone("1", 1000.0)
    park = desk.board.settings.park.model_copy(update={"patience": 0.3})
    monkeypatch.setattr(desk.board, "settings", desk.board.settings.model_copy(update={"park": park}))
    await parking(desk, caller)
    await eventually(lambda: len(agent.calls) == 2)
    await caller.hears(1000.0)
    caller.call.hangup()
    row = await desk.row()
    assert [edge["kind"] for edge in row.path].count("back") == 1


async def test_two_who_dial_at_once(desk: Switchboard, make_phone: MakePhone, caller: Phone) -> None:
    await make_phone("1")
    two, three = await make_phone("2", 1000.0), await make_phone("3", 2000.0)
    await parking(desk, caller)
    await asyncio.gather(two.dial("701"), three.dial("701"))
    await eventually(lambda: sum(phone.call.is_over for phone in (two, three)) == 1)
    winner = two if three.call.is_over else three
    await winner.connected()
    await caller.hears(winner.hertz)


async def test_nobody_outside_takes_a_parked_call(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    await make_phone("1")
    await parking(desk, caller)
    stranger = await make_phone("city", 2000.0, register=False)
    await stranger.dial("701")
    ended = await stranger.call.over()
    assert ended.code == 404
    assert "701" in desk.board.lot.parked


async def test_there_is_no_parking_while_nobody_talks(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await make_phone("1")
    agent.ring_seconds = None
    await caller.dial("8000")
    live = await desk.live()
    with pytest.raises(CommandError, match="nobody is talking"):
        await desk.command("park", call_id=live.id)
