"""A supervisor on a call of other people's phones, in several codecs: who heard whom, by the spectrum."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.switchboard.monitor import Mode, Monitor
from tests.board import PASSWORD, Switchboard, settings_for, switchboard
from tests.humming import Baresip
from tests.spectrum import TONES, ever, read
from tests.support import eventually
from tests.unit.switchboard.test_monitor import with_supervisor

CALLER, AGENT, BOSS = TONES[0], TONES[5], TONES[12]
PATIENCE = 60.0
"""Seconds: on a machine with more to do than it can, telephones of others stutter."""
HEARS = {
    Mode.LISTEN: ({AGENT}, {CALLER}),
    Mode.WHISPER: ({AGENT}, {CALLER, BOSS}),
    Mode.JOIN: ({AGENT, BOSS}, {CALLER, BOSS}),
}
"""What the caller hears, and the agent; the supervisor hears both."""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    settings = with_supervisor(settings_for(tmp_path / "data", ring_timeout=10.0, agents=("1",)))
    async with switchboard(settings) as running:
        yield running


@pytest.mark.parametrize(
    "codecs",
    [("pcma", "pcma", "pcma"), ("pcmu", "pcmu", "opus/48000/2")],
    ids=["all-a-law", "opus-supervisor"],
)
async def test_a_supervisor_listens_whispers_joins_and_leaves(
    desk: Switchboard, tmp_path: Path, codecs: tuple[str, str, str]
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        phones = [
            await stack.enter_async_context(
                Baresip.start(tmp_path, user, hertz, desk.address, f"codecs={codec}", password=PASSWORD)
            )
            for user, hertz, codec in zip("213", (CALLER, AGENT, BOSS), codecs, strict=True)
        ]
        caller, agent, boss = phones
        await caller.dial("8000")
        await caller.hears(AGENT, timeout=PATIENCE)
        await agent.hears(CALLER, timeout=PATIENCE)
        live = await desk.live()
        monitor = Monitor(live, lambda action, detail: None)
        await monitor.begin("3", Mode.LISTEN)
        for mode in (Mode.LISTEN, Mode.WHISPER, Mode.JOIN, Mode.LISTEN):
            monitor.change(mode)
            of_caller, of_agent = HEARS[mode]
            await boss.hears(CALLER, AGENT, timeout=PATIENCE)
            await caller.hears(*of_caller, timeout=PATIENCE)
            await agent.hears(*of_agent, timeout=PATIENCE)
        monitor.end()
        await boss.wait("CALL_CLOSED")
        await caller.hears(AGENT, timeout=PATIENCE)
        await agent.hears(CALLER, timeout=PATIENCE)
        legs = {leg.party: leg for leg in live.legs}
        paths = {
            party: desk.board.settings.recordings / leg.recording.path
            for party, leg in legs.items()
            if leg.recording is not None
        }
        await caller.do("hangup")
        await desk.row()
        await eventually(lambda: not desk.board.calls)
    assert paths.keys() == {"1", "2"}
    for party, hertz in (("1", AGENT), ("2", CALLER)):
        if paths[party].suffix == ".wav" and legs[party].codec in ("PCMA", "PCMU"):
            assert ever(read(paths[party])) == {hertz}  # its own sound alone
