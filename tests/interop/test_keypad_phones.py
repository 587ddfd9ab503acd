"""Other people's phones press keys at a menu: by RTP events, by INFO, by both, and the moment it answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.demo.phones.phone import Ports
from callcenter.demo.phones.scenarios import (
    answered,
    authenticated_invite,
    bye,
    digit,
    pause,
    receive,
    request,
    scenario,
    sdp,
)
from callcenter.switchboard.keypad import Keypad
from callcenter.switchboard.live_call import LiveCall
from sip.media import tones
from tests.board import PASSWORD, TRUNK, Switchboard, settings_for, switchboard
from tests.interop import drive
from tests.interop.debian_baresip import Baresip
from tests.interop.linphone import Linphone
from tests.interop.peers import Sipp
from tests.interop.site import ended_well
from tests.interop.test_phones import tone
from tests.single import does
from tests.support import eventually, scaled


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    async with switchboard(settings_for(tmp_path / "data")) as running:
        yield running


class Menu:
    """Hums to its caller and keeps the digits that they press, up to a hash."""

    def __init__(self) -> None:
        self.digits: str | None = None

    async def __call__(self, live: LiveCall) -> None:
        live.caller.stream.play(tones.ringback(), loop=True)
        self.digits = await Keypad(live.caller).digits(8, scaled(30), scaled(10))
        live.caller.stream.stop_playing()
        await asyncio.sleep(scaled(1))  # a key told by both ways would come now

    async def got(self, digits: str) -> None:
        await eventually(lambda: self.digits is not None, 30)
        assert self.digits == digits


@pytest.fixture
def menu(desk: Switchboard, monkeypatch: pytest.MonkeyPatch) -> Menu:
    made = Menu()
    does(desk, monkeypatch, made)
    return made


@pytest.mark.parametrize("mode", ["rtpevent", "info"])
async def test_baresip_presses_keys(desk: Switchboard, menu: Menu, tmp_path: Path, mode: str) -> None:
    server = f"127.0.0.1:{desk.address[1]}"
    async with Baresip.start(tmp_path, play=tone(tmp_path / "low.wav", 440, 30)) as phone:
        await phone.register("1", PASSWORD, server, f";dtmfmode={mode}")
        phone.do("dial", f"sip:8000@{server}")
        await phone.wait("CALL_ESTABLISHED")
        for key in "12#":
            phone.do("sndcode", key)
        await menu.got("12")


async def test_baresip_python_presses_keys(desk: Switchboard, menu: Menu, tmp_path: Path) -> None:
    phone = await asyncio.to_thread(
        lambda: drive.Baresip(tmp_path, "1", PASSWORD, desk.address, 440, Ports())
    )
    try:
        phone.do(f"dial sip:8000@127.0.0.1:{desk.address[1]}")
        await eventually(lambda: phone.events("CALL_ESTABLISHED"))
        phone.do("send_dtmf 907#")
        await menu.got("907")
    finally:
        await asyncio.to_thread(phone.stop)


BOTH = "use_info=1\nuse_rfc2833=1\n"


@pytest.mark.parametrize("settings", ["use_info=0\nuse_rfc2833=1\n", "use_info=1\nuse_rfc2833=0\n", BOTH])
async def test_linphone_presses_keys(desk: Switchboard, menu: Menu, tmp_path: Path, settings: str) -> None:
    server = f"127.0.0.1:{desk.address[1]}"
    async with Linphone.start(tmp_path, tone(tmp_path / "low.wav", 440, 30), settings=settings) as phone:
        await phone.register("1", PASSWORD, server)
        phone.do(f"call sip:8000@{server}")
        await phone.wait("connected")
        for key in "5523#":
            phone.do(key)
            await asyncio.sleep(0.3)  # a finger's pace
        await menu.got("5523")


async def test_sipp_presses_a_key_by_rtp_events_as_soon_as_it_is_answered(
    desk: Switchboard, menu: Menu, tmp_path: Path
) -> None:
    invited = authenticated_invite(TRUNK, PASSWORD, sdp("[media_port]"))
    keys = digit("5") + pause(400) + digit("pound") + pause(400)
    steps = (invited, answered(2), keys, receive("BYE", 'timeout="20000"'))
    run = Sipp.start(tmp_path, scenario(*steps), desk.address, service="8000", user=TRUNK)
    try:
        await menu.got("5")
    finally:
        run.stop()


async def test_sipp_presses_keys_by_info_as_soon_as_it_is_answered(
    desk: Switchboard, menu: Menu, tmp_path: Path
) -> None:
    invited = authenticated_invite(TRUNK, PASSWORD)
    relay, plain = "Content-Type: application/dtmf-relay\n", "Content-Type: application/dtmf\n"
    keys = [
        request("INFO", 3, "\nSignal=7\nDuration=120\n", relay, "uac") + receive(200),
        request("INFO", 4, "\n8", plain, "uac") + receive(200),
        request("INFO", 5, "\nSignal=#\nDuration=120\n", relay, "uac") + receive(200),
    ]
    steps = (invited, answered(2), *keys, bye(6, "uac"))
    run = Sipp.start(tmp_path, scenario(*steps), desk.address, service="8000", user=TRUNK)
    await ended_well(run)
    await menu.got("78")
