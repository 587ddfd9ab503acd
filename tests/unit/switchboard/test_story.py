"""What happens in a call: who hears whom (by tones), and what is on record afterwards."""

from __future__ import annotations

import pytest

from callcenter.switchboard.board import Board
from callcenter.switchboard.dialling import Miss, Missed
from callcenter.switchboard.story import NotTalking, Story
from callcenter.switchboard.walk import ToFlow
from callcenter.switchboard.ways import Guide, Left, unanswered
from prompts.catalogue import UnknownPrompt
from sip.media.clip import Clip
from tests.board import RING_SECONDS, Phone, Switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone


async def test_caller_and_agent_hear_each_other(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await make_phone("1", 1000.0)
    await caller.dial("8000", caller="13800138000")
    await caller.connected()
    await caller.hears(1000.0)
    await agent.hears(440.0)
    caller.call.hangup()
    await agent.call.over()
    row = await desk.row()
    assert (row.outcome, row.hung_up_by, row.line) == ("answered", "caller", "external")
    assert (row.caller, row.desk, row.three_rings) == ("13800138000", "front", "pass")
    assert [leg.hung_up_by for leg in desk.legs()] == ["caller", "caller"]


async def test_the_agent_hangs_up(desk: Switchboard, make_phone: MakePhone, caller: Phone) -> None:
    agent = await make_phone("1")
    await caller.dial("8000")
    await caller.connected()
    agent.call.hangup()
    await caller.call.over()
    assert (await desk.row()).hung_up_by == "agent"


async def test_the_next_agent_is_rung_when_the_first_lets_it_ring(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    first, second = await make_phone("1"), await make_phone("2", 1000.0)
    first.ring_seconds = None
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1000.0)
    caller.call.hangup()
    row = await desk.row()
    legs = {leg.party: leg for leg in desk.legs()}
    ring = legs["1"].ring_seconds
    assert ring is not None and ring == pytest.approx(RING_SECONDS, abs=0.3)
    assert legs["1"].final_status == 487
    assert row.ring_seconds is not None and row.ring_seconds > ring  # the caller heard both ring
    assert second.call.answered_at is not None


async def test_the_caller_leaves_while_it_rings(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await make_phone("1")
    agent.ring_seconds = None
    call = await caller.dial("8000")
    await eventually(lambda: call.ringing_at)
    call.hangup()
    await agent.call.over()
    row = await desk.row()
    assert (row.outcome, row.three_rings) == ("abandoned", "not_applicable")
    assert desk.board.pool.in_use == 0


async def test_a_transfer_connects_the_target(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent, target = await make_phone("1", 1000.0), await make_phone("3", 2000.0)
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1000.0)
    live = await desk.live()
    await desk.command("transfer", call_id=live.id, target="3")
    await agent.call.over()
    await caller.hears(2000.0)
    await target.hears(440.0)
    caller.call.hangup()
    row = await desk.row()
    assert (row.outcome, row.transfer_to) == ("answered", "3")
    assert [(leg.role, leg.hung_up_by) for leg in desk.legs()] == [
        ("caller", "caller"),
        ("agent", "system"),
        ("target", "caller"),
    ]


async def test_a_transfer_to_a_busy_target_comes_back_to_the_desk(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent, target = await make_phone("1", 1000.0), await make_phone("3")
    target.refuse = 486
    await caller.dial("8000")
    await caller.connected()
    live = await desk.live()
    await desk.command("transfer", call_id=live.id, target="3")
    await eventually(lambda: len(agent.calls) == 2, 15)
    await caller.hears(1000.0)
    facts = live.book.facts
    assert [a.prompt for a in facts.announcements] == ["busy-to-desk"]
    caller.call.hangup()
    assert (await desk.row()).outcome == "answered"
    assert [leg.final_status for leg in desk.legs()] == [200, 200, 486, 200]


async def test_the_caller_leaves_during_the_prompt(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    await make_phone("1", 1000.0)
    target = await make_phone("3")
    target.refuse = 486
    await caller.dial("8000")
    await caller.connected()
    live = await desk.live()
    await desk.command("transfer", call_id=live.id, target="3")
    await eventually(lambda: target.calls and target.call.is_over)
    caller.call.hangup()
    row = await desk.row()
    assert (row.outcome, row.hung_up_by) == ("answered", "caller")
    await eventually(lambda: desk.board.pool.in_use == 0)


async def test_a_transfer_with_nobody_left_at_the_desk_ends_with_an_apology(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await make_phone("1")
    await caller.dial("8000")
    await caller.connected()
    agent.refuse = 486  # it will not take the caller back
    live = await desk.live()
    await desk.command("transfer", call_id=live.id, target="3")  # not registered
    await eventually(lambda: caller.call.is_over, 25)
    assert [a.prompt for a in live.book.facts.announcements] == ["no-answer-to-desk", "desk-unavailable"]
    assert (await desk.row()).hung_up_by == "system"


async def test_no_transfer_while_it_rings(desk: Switchboard, make_phone: MakePhone, caller: Phone) -> None:
    agent = await make_phone("1")
    agent.ring_seconds = None
    await caller.dial("8000")
    await desk.live()
    story = next(iter(desk.reception._stories.values()))
    with pytest.raises(NotTalking):
        story.send_on(story.live.caller, "3", story.to_extension("3"))


async def test_extensions_call_each_other(desk: Switchboard, make_phone: MakePhone) -> None:
    one, other = await make_phone("1", 440.0), await make_phone("2", 1000.0)
    await one.dial("2")
    await one.connected()
    await one.hears(1000.0)
    await other.hears(440.0)
    one.call.hangup()
    row = await desk.row()
    assert (row.direction, row.line, row.desk) == ("internal", "internal", None)
    assert row.three_rings == "not_applicable"


async def test_a_cancel_that_came_first_is_what_is_on_record(
    desk: Switchboard, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes with the INVITE in one go: nobody is there to be rung, but the caller hears 487, not why."""

    async def cancelled_meanwhile(way: ToFlow, story: Story, guide: Guide) -> Left:
        call = story.live.caller.call
        call.agent.perform(call, call.session.receive_cancel(""), call.agent.now())
        return unanswered(Missed(Miss.BUSY))

    monkeypatch.setattr(ToFlow, "reach", cancelled_meanwhile)
    call = await caller.dial("8000")
    ended = await call.over()
    row = await desk.row()
    assert (ended.code, row.outcome, row.hung_up_by) == (487, "abandoned", "caller")


async def test_no_caller_is_lost_for_want_of_a_prompt(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, target = await make_phone("1", 1000.0), await make_phone("3")
    target.refuse = 486
    await caller.dial("8000")
    await caller.connected()
    live = await desk.live()

    def missing(board: Board, prompt: str, language: str | None = None) -> Clip:
        raise UnknownPrompt(prompt)

    monkeypatch.setattr(Board, "prompt", missing)
    await desk.command("transfer", call_id=live.id, target="3")
    await eventually(lambda: len(agent.calls) == 2, 15)
    await caller.hears(1000.0)
