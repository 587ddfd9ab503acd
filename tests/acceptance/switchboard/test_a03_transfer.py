"""A3: a transferred caller is never lost, never sent to the wrong number; who heard whom, by their tones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.events.errors import CommandError, ErrorCode
from callcenter.store.tables import Call
from tests.acceptance.switchboard.stage import AGENT, CALLER, OTHER, TARGET, Stage, settings_of, staged
from tests.humming import Baresip, Scripted
from tests.spectrum import story


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path, settings_of(tmp_path, agents=("1",))) as here:
        yield here


async def talking(stage: Stage) -> tuple[Scripted, Baresip, Baresip]:
    """A caller who talks with an agent, and the one to whom they will go."""
    agent, target = await stage.phone("1", AGENT), await stage.phone("4", TARGET, "0.2")
    caller = await stage.caller()
    await caller.hears(AGENT)
    await agent.hears(CALLER)
    return caller, agent, target


async def over(stage: Stage, caller: Scripted, calls: int = 1) -> Call:
    """The caller hangs up; their call."""
    caller.run.nudge()
    await caller.succeeded()
    return (await stage.ended(calls))[0]


def roles(stage: Stage, call: Call) -> list[tuple[str, str]]:
    return [(leg.role, leg.party) for leg in stage.legs(call)]


async def test_blind_by_refer(stage: Stage) -> None:
    caller, agent, target = await talking(stage)
    await agent.transfer("4")
    await caller.hears(TARGET)
    await target.hears(CALLER)
    await agent.wait("CALL_CLOSED")
    call = await over(stage, caller)
    assert caller.story() == [{AGENT}, {TARGET}]
    assert (agent.ever(), target.ever()) == ({CALLER}, {CALLER})
    assert (call.outcome, call.transfer_to, call.hung_up_by) == ("answered", "4", "caller")
    assert [party for _, party in roles(stage, call)][1:] == ["1", "4"]


async def test_attended_by_refer(stage: Stage) -> None:
    """While the agent asks, the caller hears music: neither the agent nor whom she asks."""
    caller, agent, target = await talking(stage)
    await agent.do("hold")
    await caller.hears()
    await agent.dial("4")
    await agent.hears(TARGET, call=2)
    await target.hears(AGENT)
    await caller.hears()
    await agent.begin("attended")
    await caller.hears(TARGET)
    await target.hears(CALLER)
    call = await over(stage, caller, calls=2)
    assert caller.story() == [{AGENT}, {TARGET}]
    assert target.story() == [{AGENT}, {CALLER}]
    assert (agent.ever(1), agent.ever(2)) == ({CALLER}, {TARGET})
    assert (call.outcome, call.transfer_to, call.hung_up_by) == ("answered", "4", "caller")
    assert roles(stage, call)[1:] == [("agent", "1"), ("target", "4")]


async def test_from_the_page(stage: Stage) -> None:
    caller, agent, target = await talking(stage)
    (call,) = stage.calls()
    await stage.transfer(call, "4")
    await caller.hears(TARGET)
    await target.hears(CALLER)
    await agent.wait("CALL_CLOSED")
    call = await over(stage, caller)
    assert caller.story() == [{AGENT}, {TARGET}]
    assert (call.outcome, call.transfer_to) == ("answered", "4")


async def test_on_and_on_and_back_to_where_it_began(stage: Stage) -> None:
    """Each in turn hears the caller and nobody else; the caller hears each."""
    caller, agent, target = await talking(stage)
    other = await stage.phone("5", OTHER, "0.2")
    await agent.transfer("4")
    await caller.hears(TARGET)
    await target.hears(CALLER)
    await target.transfer("5")
    await caller.hears(OTHER)
    await other.hears(CALLER)
    await target.wait("CALL_CLOSED")
    await other.transfer("1")
    await caller.hears(AGENT)
    await agent.hears(CALLER, call=2)
    call = await over(stage, caller)
    assert caller.story() == [{AGENT}, {TARGET}, {OTHER}, {AGENT}]
    heard = [agent.sound(1), target.sound(1), other.sound(1), agent.sound(2)]
    assert [story(sound) for sound in heard] == [[{CALLER}]] * 4
    assert [party for _, party in roles(stage, call)][1:] == ["1", "4", "5", "1"]
    assert (call.outcome, call.transfer_to, call.hung_up_by) == ("answered", "1", "caller")


async def test_never_to_a_number_that_nobody_has(stage: Stage) -> None:
    """The page is refused, and the conversation goes on; a phone's REFER ends in the desk's care."""
    caller, agent, target = await talking(stage)
    (call,) = stage.calls()
    with pytest.raises(CommandError) as refused:
        await stage.transfer(call, "777")
    assert refused.value.code is ErrorCode.INVALID
    await caller.hears(AGENT)
    await agent.transfer("777")
    await caller.hears()
    await caller.hears(AGENT)
    call = await over(stage, caller)
    assert caller.story() == [{AGENT}]
    assert (call.outcome, call.hung_up_by, target.calls) == ("answered", "caller", 0)
