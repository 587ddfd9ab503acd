"""A real call whose parties hum: in the file with both sides each tone is on its side, at its time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlmodel import Session

from callcenter.recordings.mixer import Mixer, Pace
from callcenter.store.tables import Mix
from sip.aio.ports import PortPool
from tests.board import TRUNK, Phone, Switchboard, settings_for, switchboard
from tests.support import eventually
from tests.unit.recordings.test_flac import read

CALLER, AGENT, TARGET = 440.0, 1000.0, 2000.0


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    async with switchboard(settings_for(tmp_path)) as running:
        mixer = Mixer(running.board.settings.recordings, running.engine, pace=Pace(poll=0.1))
        work = asyncio.create_task(mixer.run())
        yield running
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


@contextlib.asynccontextmanager
async def phone(
    desk: Switchboard, number: str, hertz: float, *, register: bool = True
) -> AsyncIterator[Phone]:
    made = Phone(number, hertz, PortPool("127.0.0.1", 62400, 63399, quarantine=0))
    await made.start(desk.address, register=register)
    try:
        yield made
    finally:
        await made.stop()


def made_of(desk: Switchboard, call_id: str) -> Mix | None:
    with Session(desk.engine) as session:
        row = session.get(Mix, call_id)
        return row if row and row.state == "done" else None


def share(samples: NDArray[np.int16], hertz: float) -> float:
    """How much of the power is that tone's."""
    power = np.abs(np.fft.rfft(samples.astype(float) * np.hanning(len(samples)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / 8000) - hertz) < 25
    return float(power[near].sum() / max(power.sum(), 1e-9))


async def test_each_party_is_on_its_side_alone(desk: Switchboard) -> None:
    async with (
        phone(desk, "1", AGENT) as agent,
        phone(desk, "3", TARGET) as target,
        phone(desk, TRUNK, CALLER, register=False) as caller,
    ):
        await caller.dial("8000", caller="13800138000")
        await caller.connected()
        await caller.hears(AGENT)
        await agent.hears(CALLER)
        live = await desk.live()
        await asyncio.sleep(1.0)  # a second of conversation
        await desk.command("transfer", call_id=live.id, target="3")
        await caller.hears(TARGET)
        await asyncio.sleep(1.0)
        caller.call.hangup()
        await target.call.over()
    row = await desk.row()
    made = await eventually(lambda: made_of(desk, row.id), 30, message="no stereo file")
    rate, samples = read(desk.board.settings.recordings / str(made.path))
    assert row.answered_at is not None and row.ended_at is not None
    assert len(samples) / rate == pytest.approx((row.ended_at - row.answered_at).total_seconds(), abs=0.1)
    left, right = samples[:, 0], samples[:, 1]
    middle = samples[rate // 4 : rate]
    assert share(left[rate // 4 : -rate // 4], CALLER) > 0.98
    assert share(middle[:, 1], AGENT) > 0.98
    assert share(right[-rate * 3 // 4 : -rate // 4], TARGET) > 0.98
    for tone in (AGENT, TARGET):
        assert share(left, tone) < 0.001
    assert share(right, CALLER) < 0.001
    second = next(leg for leg in desk.legs() if leg.party == "3")
    assert second.answered_at is not None
    joined = round((second.answered_at - row.answered_at).total_seconds() * rate)
    first_of_target = joined + int(np.abs(right[joined:]).argmax())
    assert first_of_target - joined < rate // 2, "the second agent stands where they came in"
