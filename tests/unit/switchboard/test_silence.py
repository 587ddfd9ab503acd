"""A party whose RTP stops without a word: noticed, told, on record; and the silences that mean nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.switchboard import silence
from sip.media.wav import Wav
from tests.board import TRUNK, Phone, Switchboard, settings_for, switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone

TIMEOUT = 1.0


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Switchboard]:
    monkeypatch.setattr(silence, "BUSY_TONE", 1.0)
    async with switchboard(settings_for(tmp_path, media_timeout=TIMEOUT)) as running:
        yield running


@pytest.fixture
async def caller(make_phone: MakePhone) -> Phone:
    """Hums what is no neighbour of the busy tone's 450 Hz."""
    return await make_phone(TRUNK, 700.0, register=False)


async def talking(make_phone: MakePhone, caller: Phone) -> Phone:
    agent = await make_phone("1", 1000.0)
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1000.0)
    await agent.hears(700.0)
    return agent


async def power_off(phone: Phone) -> None:
    """No RTP any more, and no SIP either."""
    assert phone.stream is not None
    phone.stream.close()
    await phone.agent.wire.close()


async def test_row_20_the_agents_phone_vanishes_and_the_caller_is_told(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, tmp_path: Path
) -> None:
    agent = await talking(make_phone, caller)
    await power_off(agent)
    await caller.hears(450.0)
    await caller.call.over()
    row = await desk.row()
    assert (row.outcome, row.hung_up_by) == ("answered", "network")
    assert {leg.role: leg.hung_up_by for leg in desk.legs()} == {"caller": "system", "agent": "network"}
    await eventually(lambda: desk.board.pool.in_use == 0)
    recordings = list((tmp_path / "recordings").rglob("*.wav"))
    assert len(recordings) == 2
    assert all(Wav.parse(path.read_bytes()).seconds > TIMEOUT for path in recordings)


async def test_row_20_the_caller_vanishes_and_the_agent_is_told(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await talking(make_phone, caller)
    await power_off(caller)
    await agent.hears(450.0)
    await agent.call.over()
    row = await desk.row()
    assert (row.outcome, row.hung_up_by) == ("answered", "network")
    assert {leg.role: leg.hung_up_by for leg in desk.legs()} == {"caller": "network", "agent": "system"}


async def test_an_agent_who_hangs_up_while_told_is_not_waited_for(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "BUSY_TONE", 60.0)
    agent = await talking(make_phone, caller)
    await power_off(caller)
    await agent.hears(450.0)
    agent.call.hangup()
    row = await desk.row()
    assert row.hung_up_by == "network"
    assert {leg.role: leg.hung_up_by for leg in desk.legs()} == {"caller": "network", "agent": "agent"}


async def test_a_prompt_is_played_where_one_is_configured(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, media_timeout=TIMEOUT, media_lost_prompt="desk-unavailable")
    async with switchboard(settings) as running:
        played = running.board.prompt(settings.sip.media_lost_prompt)
        assert len(played.alaw) > 8000


@pytest.mark.parametrize("direction", ["sendonly", "inactive", "recvonly"])
async def test_row_20_silence_on_hold_or_muted_means_nothing(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, direction: str
) -> None:
    agent = await talking(make_phone, caller)
    agent.reinvite(direction)
    live = await desk.live()
    leg = next(leg for leg in live.legs if leg.party == "1")
    await eventually(lambda: not leg.stream.receiving)
    assert agent.stream is not None
    agent.stream.stop_playing()
    await asyncio.sleep(2 * TIMEOUT)
    assert not caller.call.is_over
    agent.reinvite("sendrecv")
    await eventually(lambda: leg.stream.receiving)
    await caller.call.over()  # still silent, and now that means something
    assert (await desk.row()).hung_up_by == "network"


async def test_row_20_silence_suppression_means_nothing(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await talking(make_phone, caller)
    live = await desk.live()
    next(leg for leg in live.legs if leg.party == "1").media.silences = True
    assert agent.stream is not None
    agent.stream.stop_playing()
    await asyncio.sleep(2 * TIMEOUT)
    assert not caller.call.is_over
