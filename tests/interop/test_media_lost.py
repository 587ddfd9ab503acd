"""Phones that are killed in mid-call: row 20, with sipp and with baresip."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.demo.phones.phone import Line, Ports, line_arguments
from callcenter.demo.phones.phone import Phone as PhoneProcess
from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    called,
    play,
    ring,
    scenario,
    wait_bye,
)
from callcenter.switchboard import silence
from sip.media.wav import Wav
from tests.board import PASSWORD, TRUNK, Phone, Switchboard, settings_for, switchboard
from tests.interop.peers import Sipp, sipp_register
from tests.interop.test_phones import tone
from tests.phones import hum
from tests.support import eventually, free_port, scaled
from tests.unit.sip.phone import pool

TIMEOUT = 2.0


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Switchboard]:
    monkeypatch.setattr(silence, "BUSY_TONE", 1.0)
    async with switchboard(settings_for(tmp_path, ring_timeout=10, media_timeout=TIMEOUT)) as running:
        yield running


@pytest.fixture
async def caller(desk: Switchboard) -> AsyncIterator[Phone]:
    phone = Phone(TRUNK, 700.0, pool())
    await phone.start(desk.address, register=False)
    yield phone
    await phone.stop()


async def check_told_and_on_record(desk: Switchboard, caller: Phone, killed_at: float) -> None:
    await caller.hears(450.0)
    noticed = asyncio.get_running_loop().time() - killed_at
    assert TIMEOUT <= noticed < scaled(TIMEOUT + 2)
    await caller.call.over()
    row = await desk.row()
    assert (row.outcome, row.hung_up_by) == ("answered", "network")
    assert {leg.role: leg.hung_up_by for leg in desk.legs()} == {"caller": "system", "agent": "network"}
    for path in (desk.board.settings.data / "recordings").rglob("*.wav"):
        assert Wav.parse(path.read_bytes()).seconds >= TIMEOUT


async def test_row_20_sipp_is_killed_in_mid_call(desk: Switchboard, caller: Phone, tmp_path: Path) -> None:
    port = free_port()
    steps = (called(), ring(100), answer(), acknowledged(), play(hum(tmp_path, 1000, 30)), wait_bye())
    agent = Sipp.start(tmp_path, scenario(*steps), desk.address, service="1", port=port).listening()
    await asyncio.to_thread(sipp_register, tmp_path, desk.address, "1", PASSWORD, port)
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1000.0)
    agent.process.kill()
    agent.wait()
    await check_told_and_on_record(desk, caller, asyncio.get_running_loop().time())


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
async def test_row_20_baresip_is_killed_in_mid_call(
    desk: Switchboard, caller: Phone, tmp_path: Path, blow: signal.Signals
) -> None:
    """Gone, or there and dead: the socket of a stopped process takes packets, and nobody answers our BYE."""
    line = Line("1", PASSWORD, f"127.0.0.1:{desk.address[1]}")
    arguments = [*line_arguments(line, Ports().block()), "--record", tmp_path / "agent.wav"]
    arguments += ["--play", tone(tmp_path / "high.wav", 1000, 30)]
    agent = await PhoneProcess.start("agent", "baresip_agent.py", arguments, tmp_path)
    try:
        await agent.wait("registered", scaled(15))
        await caller.dial("8000")
        await caller.connected()
        await caller.hears(1000.0)
        agent.process.send_signal(blow)
        await check_told_and_on_record(desk, caller, asyncio.get_running_loop().time())
    finally:
        if agent.process.returncode is None:
            agent.process.kill()
        await agent.stop()


async def test_row_20_a_phone_that_never_sent_anything_is_left_alone(
    desk: Switchboard, caller: Phone, tmp_path: Path
) -> None:
    port = free_port()
    steps = (called(), ring(100), answer(), acknowledged(), wait_bye())
    agent = Sipp.start(tmp_path, scenario(*steps), desk.address, service="1", port=port).listening()
    await asyncio.to_thread(sipp_register, tmp_path, desk.address, "1", PASSWORD, port)
    await caller.dial("8000")
    await caller.connected()
    live = await desk.live()
    started = asyncio.get_running_loop().time()
    await eventually(lambda: asyncio.get_running_loop().time() > started + 2 * TIMEOUT)
    assert not live.lost
    caller.call.hangup()
    assert (await desk.row()).hung_up_by == "caller"
    await asyncio.to_thread(agent.succeeded)
