"""Holds and calls that last too long: the schedule without a clock, and on live calls with real phones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from callcenter.domain.calls import EventName
from callcenter.store.ledger import CallChanged
from callcenter.switchboard.live_call import LiveCall
from callcenter.switchboard.warnings import CONVERSATION, HoldLimits, Kind, Limits, Schedule, Warned, Whom
from tests.board import Phone, Switchboard
from tests.support import eventually, scaled
from tests.unit.switchboard.conftest import MakePhone

AGENT_20 = Warned(Kind.HOLD, Whom.AGENT, 20.0, "leg")
SUPERVISOR_30 = Warned(Kind.HOLD, Whom.SUPERVISOR, 30.0, "leg")
CALL_600 = Warned(Kind.CALL, Whom.AGENT, 600.0)


def test_a_hold_is_told_to_the_agent_and_then_to_the_supervisor_once_each() -> None:
    schedule = Schedule()
    assert schedule.next_at() is None and schedule.due(1e9) == []
    schedule.began("leg", 100.0)
    schedule.began("leg", 105.0)  # told twice: it began when it began
    assert schedule.next_at() == 120.0
    assert schedule.due(119.9) == []
    assert schedule.due(120.0) == [AGENT_20]
    assert schedule.due(125.0) == [] and schedule.next_at() == 130.0
    assert schedule.due(131.0) == [SUPERVISOR_30]
    assert schedule.next_at() is None


def test_a_hold_that_ends_is_not_told_and_the_next_one_counts_anew() -> None:
    schedule = Schedule()
    schedule.began("leg", 100.0)
    assert schedule.due(125.0) == [AGENT_20]
    schedule.ended("leg")
    assert schedule.next_at() is None
    schedule.began("leg", 200.0)
    assert schedule.due(240.0) == [AGENT_20, SUPERVISOR_30]


def test_a_long_call_is_told_once_beside_its_holds() -> None:
    schedule = Schedule(Limits(long_call=600.0))
    schedule.began(CONVERSATION, 0.0)
    schedule.began("leg", 585.0)
    assert schedule.due(606.0) == [CALL_600, AGENT_20]
    schedule.began(CONVERSATION, 610.0)
    assert schedule.next_at() == 615.0


def test_zero_is_never() -> None:
    schedule = Schedule(Limits(HoldLimits(0.0, 0.0), 0.0))
    schedule.began("leg", 0.0)
    schedule.began(CONVERSATION, 0.0)
    assert schedule.next_at() is None


# -- live -------------------------------------------------------------------------------------------------

SOON = Limits(HoldLimits(0.6, 1.2))
CALLER, AGENT, NOTE = 440.0, 1000.0, 1400.0


@pytest.fixture
def told(desk: Switchboard, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The data of every `warned` event."""
    data: list[dict[str, Any]] = []
    put = desk.board.ledger.put

    def listen(entry: Any) -> None:
        if isinstance(entry, CallChanged) and entry.event is EventName.WARNED:
            data.append(dict(entry.data))
        put(entry)

    monkeypatch.setattr(desk.board.ledger, "put", listen)
    return data


async def talking(desk: Switchboard, make_phone: MakePhone, caller: Phone) -> tuple[LiveCall, Phone]:
    agent = await make_phone("1", AGENT)
    await caller.dial("8000")
    await caller.connected()
    await agent.hears(CALLER)
    return await desk.live(), agent


def by_phone(live: LiveCall, agent: Phone, direction: str) -> None:
    agent.reinvite(direction)


def by_page(live: LiveCall, agent: Phone, direction: str) -> None:
    leg = next(leg for leg in live.legs if leg.party == "1")
    live.hold_here(leg, direction != "sendrecv", live.board.now())


@pytest.mark.parametrize("hold", [by_phone, by_page])
async def test_a_long_hold_warns_the_agent_and_the_supervisor(
    desk: Switchboard,
    make_phone: MakePhone,
    caller: Phone,
    told: list[dict[str, Any]],
    hold: Callable[[LiveCall, Phone, str], None],
) -> None:
    live, agent = await talking(desk, make_phone, caller)
    leg = next(leg for leg in live.legs if leg.party == "1")
    live.warnings.limits = SOON
    hold(live, agent, "sendonly")
    await eventually(lambda: told)
    hears_a_note = eventually(lambda: agent.heard.share(NOTE, 12) > 0.5, message="no note was heard")
    if hold is by_page:
        await hears_a_note
        await eventually(lambda: agent.heard.share(NOTE, 12) < 0.01)
        await eventually(lambda: agent.heard.share(CALLER, 12) < 0.01)  # silence, as before
    else:
        hears_a_note.close()  # its phone is sent nothing
    await eventually(lambda: len(told) == 2)
    about = {"leg": leg.id, "party": "1", "kind": "hold"}
    assert told == [
        {**about, "seconds": 0.6, "for": "agent"},
        {**about, "seconds": 1.2, "for": "supervisor"},
    ]
    hold(live, agent, "sendrecv")
    await caller.hears(AGENT)
    await agent.hears(CALLER)
    assert caller.heard.share(NOTE) < 0.01
    caller.call.hangup()
    await desk.row()
    await eventually(lambda: not desk.board.calls)
    assert live.warnings._timer is None and len(told) == 2


async def test_a_short_hold_warns_nobody_nor_does_one_of_the_caller_outside(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, told: list[dict[str, Any]]
) -> None:
    live, agent = await talking(desk, make_phone, caller)
    live.warnings.limits = Limits(HoldLimits(scaled(5.0), scaled(5.0)))
    agent.reinvite("sendonly")
    await eventually(lambda: live.book.facts.holds)
    assert live.warnings._timer is not None
    agent.reinvite("sendrecv")
    await eventually(lambda: live.book.facts.holds[0].ended_at)
    assert live.warnings._timer is None
    caller.reinvite("sendonly")
    await eventually(lambda: len(live.book.facts.holds) == 2)
    assert live.warnings._timer is None and not told


async def test_a_long_call_warns_the_agent_who_hears_two_notes(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, told: list[dict[str, Any]]
) -> None:
    live, agent = await talking(desk, make_phone, caller)
    live.warnings.limits = Limits(long_call=0.2)
    await eventually(lambda: agent.heard.share(NOTE, 12) > 0.3)
    await agent.hears(CALLER)
    assert told == [{"kind": "call", "seconds": 0.2, "for": "agent"}]
    assert caller.heard.share(NOTE) < 0.01


async def test_a_call_that_ends_before_anything_lasted_too_long_leaves_no_timer(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    live, _ = await talking(desk, make_phone, caller)
    assert live.warnings._timer is not None
    caller.call.hangup()
    await eventually(lambda: not desk.board.calls)
    assert live.warnings._timer is None


async def test_the_holder_who_leaves_is_warned_no_more(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, told: list[dict[str, Any]]
) -> None:
    live, agent = await talking(desk, make_phone, caller)
    await make_phone("2", 3000.0)
    live.warnings.limits = Limits(HoldLimits(scaled(5.0), scaled(5.0)))
    agent.reinvite("sendonly")
    await eventually(lambda: live.book.facts.holds)
    await desk.command("transfer", call_id=live.id, target="2")
    await caller.hears(3000.0)
    assert live.warnings._timer is None and not told
