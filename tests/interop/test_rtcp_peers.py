"""RTCP with baresip: each side's reports reach the other, and a leg's figures go on record."""

from __future__ import annotations

from pathlib import Path

from callcenter.demo.phones.phone import Line, Ports, line_arguments
from callcenter.demo.phones.phone import Phone as PhoneProcess
from tests.board import PASSWORD, TRUNK, Phone, settings_for, switchboard
from tests.interop.test_phones import tone
from tests.support import eventually, scaled
from tests.unit.sip.phone import pool


async def test_loss_jitter_and_round_trip_of_baresip_are_on_record(tmp_path: Path) -> None:
    async with switchboard(settings_for(tmp_path, ring_timeout=10)) as desk:
        line = Line("1", PASSWORD, f"127.0.0.1:{desk.address[1]}")
        arguments = [*line_arguments(line, Ports().block()), "--record", tmp_path / "agent.wav"]
        arguments += ["--play", tone(tmp_path / "high.wav", 1000, 30)]
        agent = await PhoneProcess.start("agent", "baresip_agent.py", arguments, tmp_path)
        caller = Phone(TRUNK, 440.0, pool())
        await caller.start(desk.address, register=False)
        try:
            await agent.wait("registered", scaled(15))
            await caller.dial("8000")
            await caller.connected()
            await caller.hears(1000.0)
            live = await desk.live()
            # A round trip is known when they have answered a report of ours with one of theirs.
            await eventually(
                lambda: all(leg.stream.rtcp.figures.round_trip is not None for leg in live.legs), 40
            )
            caller.call.hangup()
            await desk.row()
            for leg in desk.legs():
                assert leg.loss is not None and leg.loss < 0.05
                assert leg.jitter_seconds is not None and leg.jitter_seconds < scaled(0.1)
                assert leg.rtt_seconds is not None and leg.rtt_seconds < scaled(0.5)
        finally:
            await caller.stop()
            await agent.stop()
