"""Calls to an extension that does not want them, or wants them elsewhere."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest

from sip.aio.call import CallFailed
from sip.aio.ports import PortPool
from tests.board import Phone, Switchboard, settings_for, switchboard
from tests.carrier import Carrier
from tests.unit.switchboard.conftest import MakePhone


@pytest.fixture
async def phones(make_phone: MakePhone) -> dict[str, Phone]:
    return {number: await make_phone(number, 500.0 * int(number)) for number in ("1", "2", "3")}


async def test_do_not_disturb_is_busy(desk: Switchboard, phones: dict[str, Phone]) -> None:
    desk.board.features.set_dnd("2", True, by="2")
    call = await phones["1"].dial("2")
    with pytest.raises(CallFailed) as failed:
        await call.answered()
    assert failed.value.ended.code == 486
    assert not phones["2"].calls
    assert (await desk.row()).outcome == "busy"


async def test_a_desk_does_not_ring_who_is_not_to_be_disturbed(
    desk: Switchboard, phones: dict[str, Phone], caller: Phone
) -> None:
    desk.board.features.set_forward("1", "3", "always", by="1")
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1000.0)
    assert not phones["1"].calls and not phones["3"].calls


async def test_everything_is_forwarded(desk: Switchboard, phones: dict[str, Phone]) -> None:
    desk.board.features.set_forward("2", "3", "always", by="2")
    await phones["1"].dial("2")
    await phones["1"].connected()
    await phones["1"].hears(1500.0)
    assert not phones["2"].calls
    live = await desk.live()
    assert [(way.kind, way.source, way.target) for way in live.book.facts.path][:1] == [("forward", "2", "3")]


async def test_who_is_busy_forwards(desk: Switchboard, phones: dict[str, Phone]) -> None:
    desk.board.features.set_forward("2", "3", "busy", by="2")
    desk.board.features.set_dnd("2", True, by="2")
    await phones["1"].dial("2")
    await phones["1"].connected()
    await phones["1"].hears(1500.0)


async def test_who_refuses_the_call_forwards_as_if_busy(desk: Switchboard, phones: dict[str, Phone]) -> None:
    desk.board.features.set_forward("2", "3", "busy", by="2")
    phones["2"].refuse = 486
    await phones["1"].dial("2")
    await phones["1"].connected()
    await phones["1"].hears(1500.0)


async def test_whose_telephone_is_away_forwards(desk: Switchboard, make_phone: MakePhone) -> None:
    caller, _ = await make_phone("1"), await make_phone("3", 1500.0)
    desk.board.features.set_forward("2", "3", "no_answer", by="2")
    await caller.dial("2")
    await caller.connected()
    await caller.hears(1500.0)


async def test_a_ring_of_forwards_ends(desk: Switchboard, phones: dict[str, Phone]) -> None:
    desk.board.features.set_forward("2", "3", "always", by="2")
    desk.board.features.set_forward("3", "2", "always", by="3")
    await phones["1"].dial("2")
    await phones["1"].connected()
    await phones["1"].hears(1500.0)  # the last of the ring is rung itself


async def test_nobody_is_forwarded_to_themselves(desk: Switchboard, phones: dict[str, Phone]) -> None:
    desk.board.features.set_forward("2", "1", "always", by="2")
    await phones["1"].dial("2")
    await phones["1"].connected()
    await phones["1"].hears(1000.0)


async def test_a_telephone_may_send_its_calls_to_the_desk(
    desk: Switchboard, phones: dict[str, Phone]
) -> None:
    desk.board.features.set_forward("3", "8000", "always", by="3")
    await phones["2"].dial("3")
    await phones["2"].connected()
    await phones["2"].hears(500.0)


async def test_a_number_outside_is_called_for_who_may_send_callers_there(tmp_path: Path) -> None:
    low = random.randrange(46000, 60000, 200)
    pool = PortPool("127.0.0.1", low, low + 199)
    async with contextlib.AsyncExitStack() as stack:
        carrier = await Carrier(pool).start()
        stack.push_async_callback(carrier.stop)
        trunk = {"id": "line", "mode": "ip", "server": carrier.server, "ping": 0}
        settings = settings_for(tmp_path, outside={"2": True}, transfers=("2",), trunks=[trunk])
        desk = await stack.enter_async_context(switchboard(settings))
        phone = Phone("1", 440.0, pool)
        await phone.start(desk.address, register=True)
        stack.push_async_callback(phone.stop)
        desk.board.features.set_forward("2", "13800138000", "always", by="2")
        await phone.dial("2")
        await phone.connected()
        await phone.hears(1000.0)
        phone.call.hangup()
        await desk.row()
        assert [leg.party for leg in desk.legs()] == ["1", "13800138000"]
