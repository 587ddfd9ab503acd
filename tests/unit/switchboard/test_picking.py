"""Picking up a colleague's telephone that rings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.domain.agents import State
from callcenter.switchboard.picking import colleagues
from sip.aio.call import CallFailed
from tests.board import Phone, Switchboard, settings_for, switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    settings = settings_for(tmp_path, ring_timeout=30.0)
    async with switchboard(settings) as running:
        yield running


@pytest.fixture
async def rung(desk: Switchboard, make_phone: MakePhone, caller: Phone) -> tuple[Phone, Phone]:
    """Telephones 1, which rings for a caller of the desk's, and 2."""
    one, two = await make_phone("1", 1080.0), await make_phone("2", 1200.0)
    one.ring_seconds = None
    await caller.dial("8000")
    await eventually(lambda: caller.call.ringing_at)
    return one, two


@pytest.mark.parametrize("code", ["*8", "*81"])
async def test_a_colleagues_call_is_picked_up(
    desk: Switchboard, rung: tuple[Phone, Phone], caller: Phone, code: str
) -> None:
    one, two = rung
    await two.dial(code)
    await two.connected()
    await caller.connected()
    await caller.hears(1200.0)
    await two.hears(440.0)
    await one.call.over()
    agents = desk.board.agents
    assert (agents.state("1"), agents.state("2")) == (State.READY, State.TALKING)
    assert desk.board.distribution.waiting() == []
    caller.call.hangup()
    row = await desk.row()
    assert row.outcome == "answered"
    assert [(leg.role, leg.party, leg.answered_at is not None) for leg in desk.legs()] == [
        ("caller", row.caller, True),
        ("agent", "1", False),
        ("agent", "2", True),
    ]
    await eventually(lambda: agents.available("1") and agents.available("2"))
    await eventually(lambda: desk.board.pool.in_use == 0)


async def test_whoever_shares_no_group_cannot(
    desk: Switchboard, rung: tuple[Phone, Phone], make_phone: MakePhone
) -> None:
    three = await make_phone("3")
    call = await three.dial("*81")
    with pytest.raises(CallFailed) as failed:
        await call.answered()
    assert failed.value.ended.code == 404
    assert not rung[0].call.is_over
    await eventually(lambda: desk.board.pool.in_use == 2)  # the caller's and the ringing telephone's


async def test_where_nothing_rings(desk: Switchboard, make_phone: MakePhone) -> None:
    one = await make_phone("1")
    call = await one.dial("*8")
    with pytest.raises(CallFailed) as failed:
        await call.answered()
    assert failed.value.ended.code == 404
    await eventually(lambda: desk.board.pool.in_use == 0)


async def test_who_was_quicker_has_the_call(
    desk: Switchboard, rung: tuple[Phone, Phone], caller: Phone
) -> None:
    one, two = rung
    await one.pick_up()
    await caller.connected()
    call = await two.dial("*8")
    with pytest.raises(CallFailed):
        await call.answered()
    await caller.hears(1080.0)


async def test_a_supervisor_picks_up_anybodys(tmp_path: Path) -> None:
    async with switchboard(settings_for(tmp_path, roles={"3": "supervisor"})) as desk:
        assert colleagues(desk.board, "1") == {"2"}
        assert colleagues(desk.board, "3") == {"1", "2"}
