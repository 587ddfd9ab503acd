"""Do-not-disturb and forwarding, with phones that hum."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from callcenter.domain.agents import State
from callcenter.events.errors import CommandError, ErrorCode
from callcenter.store.engine import session
from callcenter.store.work import features
from sip.aio.call import CallFailed
from tests.board import Phone, Switchboard, settings_for, switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    outside = {"1": True, "3": True}
    settings = settings_for(tmp_path, roles={"3": "supervisor"}, outside=outside, transfers=("3",))
    async with switchboard(settings) as running:
        yield running


@pytest.fixture
async def phones(make_phone: MakePhone) -> list[Phone]:
    return [await make_phone("1", 1080.0), await make_phone("2", 1200.0), await make_phone("3", 1500.0)]


async def put(desk: Switchboard, **args: Any) -> None:
    await desk.command("feature", **{"by": "1", "dnd": False, "forward_to": "", "forward_when": "", **args})


async def test_who_is_not_to_be_disturbed_is_busy_and_is_offered_nothing(
    desk: Switchboard, phones: list[Phone], caller: Phone
) -> None:
    one, two, three = phones
    await put(desk, dnd=True)
    call = await three.dial("1")
    with pytest.raises(CallFailed) as failed:
        await call.answered()
    assert failed.value.ended.code == 486
    assert one.calls == []
    assert desk.board.agents.state("1") is State.READY and not desk.board.agents.available("1")
    await caller.dial("8000")  # the desk rings the next agent
    await caller.connected()
    await caller.hears(1200.0)
    assert one.calls == [] and len(two.calls) == 1
    await put(desk)
    assert desk.board.agents.available("1")


@pytest.mark.parametrize("when", ["always", "busy", "no_answer"])
async def test_calls_go_where_they_are_forwarded_to(
    desk: Switchboard, phones: list[Phone], when: str
) -> None:
    one, _, three = phones
    one.refuse = {"busy": 486, "no_answer": 480}.get(when)
    await put(desk, forward_to="2", forward_when=when)
    await put(desk, by="3", extension="2", forward_to="1", forward_when="always")  # followed once
    await three.dial("1")
    await three.connected()
    await three.hears(1200.0)
    assert len(one.calls) == (0 if when == "always" else 1)
    live = await desk.live()
    assert [(each.source, each.target) for each in live.book.facts.path if each.kind == "forward"] == [
        ("1", "2")
    ]


async def test_a_desks_callers_do_not_follow_an_agents_forward(
    desk: Switchboard, phones: list[Phone], caller: Phone
) -> None:
    await put(desk, forward_to="3", forward_when="always")
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1200.0)
    assert phones[0].calls == phones[2].calls == []


async def test_a_miss_of_another_kind_is_not_forwarded(desk: Switchboard, phones: list[Phone]) -> None:
    phones[0].refuse = 486
    await put(desk, forward_to="2", forward_when="no_answer")
    call = await phones[2].dial("1")
    with pytest.raises(CallFailed):
        await call.answered()
    assert phones[1].calls == []


async def test_what_cannot_be_is_refused_and_what_is_set_is_kept(desk: Switchboard) -> None:
    cases: list[tuple[ErrorCode, dict[str, Any]]] = [
        (ErrorCode.FORBIDDEN, {"by": "2", "extension": "1", "dnd": True}),
        (ErrorCode.NOT_FOUND, {"by": "3", "extension": "99", "dnd": True}),
        (ErrorCode.INVALID, {"forward_to": "1", "forward_when": "always"}),
        (ErrorCode.INVALID, {"forward_to": "777", "forward_when": "always"}),
        (ErrorCode.INVALID, {"forward_to": "13800138000", "forward_when": "always"}),  # may not send callers
        (ErrorCode.INVALID, {"forward_to": "2", "forward_when": "sometimes"}),
        (ErrorCode.INVALID, {"forward_to": "110", "forward_when": "always", "extension": "3", "by": "3"}),
    ]
    for code, args in cases:
        with pytest.raises(CommandError) as caught:
            await put(desk, **args)
        assert caught.value.code is code, args
    await put(desk, forward_to="8000", forward_when="busy")
    await desk.board.ledger.flush()

    def kept() -> str:
        with session(desk.engine) as work:
            return features(work)["1"].forward_to

    assert await eventually(kept) == "8000"
