"""Encrypted media with other people's phones; tones prove who hears whom, the recording is in plain."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.demo.phones.phone import Line, Ports, line_arguments
from callcenter.demo.phones.phone import Phone as PhoneProcess
from callcenter.settings import Settings
from sip.media.g711 import PCMA
from sip.media.wav import Wav
from tests.board import PASSWORD, TRUNK, Heard, Phone, Switchboard, settings_for, switchboard
from tests.interop.linphone import ENCRYPTED, Linphone
from tests.interop.test_phones import share, tone
from tests.support import eventually, scaled
from tests.unit.sip.phone import pool


def with_srtp(settings: Settings, mode: str) -> Settings:
    extensions = [each.model_copy(update={"srtp": mode}) for each in settings.extensions]
    return settings.model_copy(update={"extensions": tuple(extensions)})


@pytest.fixture
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Switchboard]:
    settings = settings_for(tmp_path / "data", ring_timeout=10)
    async with switchboard(with_srtp(settings, request.param)) as running:
        yield running


@pytest.fixture
async def caller(desk: Switchboard) -> AsyncIterator[Phone]:
    phone = Phone(TRUNK, 440.0, pool())
    await phone.start(desk.address, register=False)
    yield phone
    await phone.stop()


async def talk_and_record(desk: Switchboard, caller: Phone, *, encrypted: bool) -> None:
    """The caller on plain RTP hears the agent's 1000 Hz; both recordings have their party's tone."""
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1000.0)
    live = await desk.live()
    agent = next(leg for leg in live.legs if leg.party == "1")
    assert (agent.stream._link.secure is not None) == encrypted
    await eventually(lambda: agent.stream.stats.packets_out > 75)
    assert agent.stream.stats.rejected < 5  # linphone opens NATs with a few empty packets in plain
    caller.call.hangup()
    await desk.row()
    for leg, hertz in ((live.caller, 440), (agent, 1000)):
        assert share_of(await desk.recorded(leg.id), hertz) > 0.9


def share_of(path: Path, hertz: float) -> float:
    return Heard(PCMA, [Wav.parse(path.read_bytes()).data]).share(hertz)


async def baresip(folder: Path, desk: Switchboard, encrypt: str) -> PhoneProcess:
    line = Line("1", PASSWORD, f"127.0.0.1:{desk.address[1]}")
    arguments = [*line_arguments(line, Ports().block()), "--record", folder / "agent.wav"]
    arguments += ["--play", tone(folder / "high.wav", 1000, 30), "--encrypt", encrypt]
    phone = await PhoneProcess.start("agent", "baresip_agent.py", arguments, folder)
    await phone.wait("registered", scaled(15))
    return phone


@pytest.mark.parametrize(
    ("desk", "theirs", "encrypted"),
    [("required", "srtp-mand", True), ("optional", "srtp", True), ("optional", "", False)],
    indirect=["desk"],
)
async def test_baresip(
    desk: Switchboard, caller: Phone, theirs: str, encrypted: bool, tmp_path: Path
) -> None:
    phone = await baresip(tmp_path, desk, theirs)
    try:
        await talk_and_record(desk, caller, encrypted=encrypted)
        await phone.wait("ended", scaled(10))
    finally:
        await phone.stop()
    assert share(tmp_path / "agent-1.wav", 440) > 0.9


@pytest.mark.parametrize("desk", ["off"], indirect=True)
async def test_baresip_that_requires_encryption_gets_no_call_in_plain(
    desk: Switchboard, caller: Phone, tmp_path: Path
) -> None:
    phone = await baresip(tmp_path, desk, "srtp-mand")
    try:
        await caller.dial("8000")
        await desk.row()
        assert {leg.final_status for leg in desk.legs() if leg.role == "agent"} == {488}
    finally:
        await phone.stop()


@pytest.mark.parametrize("desk", ["required"], indirect=True)
async def test_linphone(desk: Switchboard, caller: Phone, tmp_path: Path) -> None:
    tone_file = tone(tmp_path / "high.wav", 1000, 30)
    async with Linphone.start(tmp_path, tone_file, settings=ENCRYPTED) as phone:
        await phone.register("1", PASSWORD, f"127.0.0.1:{desk.address[1]}")
        phone.answer_next()
        await talk_and_record(desk, caller, encrypted=True)
    assert share(phone.heard, 440) > 0.9
