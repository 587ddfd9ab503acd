"""What other people's phones can do, each at the agent's end of one call: keys, hold, transfers, TLS, SRTP.

The caller and the target of the transfers are our own; each party's tone proves who hears whom.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callcenter.demo.phones.phone import Line, Ports, line_arguments
from callcenter.demo.phones.phone import Phone as PhoneProcess
from callcenter.settings import Settings
from sip.aio.agent import TransportSpec
from tests.board import PASSWORD, TRUNK, Phone, Switchboard, settings_for, switchboard
from tests.interop import drive
from tests.interop.debian_baresip import Baresip
from tests.interop.linphone import ENCRYPTED, Linphone
from tests.interop.peers import capture
from tests.interop.proxy import Kamailio
from tests.interop.test_phones import tone
from tests.support import eventually, scaled
from tests.unit.sip.certificates import certificate
from tests.unit.sip.phone import pool

CALLER, AGENT, TARGET = 440, 3000, 2000
"""The tone that each party plays, in Hz; the music on hold has nothing of the agent's."""
MEDIA_TIMEOUT = 1.5


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    """Its agent is extension 1, whose media is to be encrypted; or 2, where 1 is not there."""
    settings = settings_for(tmp_path / "data", ring_timeout=10, media_timeout=MEDIA_TIMEOUT)
    async with switchboard(encrypted(settings)) as running:
        yield running


def encrypted(settings: Settings) -> Settings:
    first, *others = settings.extensions
    return settings.model_copy(
        update={"extensions": (first.model_copy(update={"srtp": "required"}), *others)}
    )


@pytest.fixture
async def caller(desk: Switchboard) -> AsyncIterator[Phone]:
    phone = Phone(TRUNK, CALLER, pool())
    await phone.start(desk.address, register=False)
    yield phone
    await phone.stop()


@pytest.fixture
async def target(desk: Switchboard) -> AsyncIterator[Phone]:
    """Extension 2, in plain."""
    phone = Phone("2", TARGET, pool())
    await phone.start(desk.address)
    yield phone
    await phone.stop()


@asynccontextmanager
async def baresip_python(folder: Path, server: tuple[str, int], *words: str) -> AsyncIterator[drive.Baresip]:
    """Extension 1; it answers, with SRTP."""
    more = ("mediaenc=srtp-mand", *words)
    phone = await asyncio.to_thread(
        lambda: drive.Baresip(folder, "1", PASSWORD, server, AGENT, Ports(), words=more)
    )
    try:
        yield phone
    finally:
        await asyncio.to_thread(phone.stop)


async def talk(desk: Switchboard, caller: Phone) -> None:
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(AGENT)
    live = await desk.live()
    agent = next(leg for leg in live.legs if leg.party == "1")
    assert agent.stream._link.secure is not None


async def held_longer_than_silence_is_borne(desk: Switchboard, caller: Phone) -> None:
    """The agent has put the caller on hold: the caller hears nothing of it, and nobody takes it for dead."""
    live = await desk.live()
    await eventually(lambda: any(leg.on_hold for leg in live.legs))
    await eventually(lambda: caller.heard.share(AGENT) < 0.01)
    await outlives(caller)
    assert caller.heard.share(AGENT, last=50) < 0.01


async def outlives(caller: Phone) -> None:
    """The call goes on for longer than a silence is borne."""
    packets = len(caller.heard.payloads)
    await eventually(lambda: len(caller.heard.payloads) > packets + 50 * MEDIA_TIMEOUT * 1.5)
    assert not caller.call.is_over


async def transferred(desk: Switchboard, caller: Phone, target: Phone) -> None:
    """The caller talks with the target, and it is on record so."""
    await caller.hears(TARGET)
    await target.hears(CALLER)
    caller.call.hangup()
    row = await desk.row(caller=TRUNK)
    assert (row.outcome, row.hung_up_by, row.transfer_to) == ("answered", "caller", "2")


async def test_row_20_baresip_presses_a_key_holds_resumes_and_transfers_encrypted(
    desk: Switchboard, caller: Phone, target: Phone, tmp_path: Path
) -> None:
    async with Baresip.start(tmp_path, play=tone(tmp_path / "high.wav", AGENT, 30)) as phone:
        server = f"127.0.0.1:{desk.address[1]}"
        await phone.register("1", PASSWORD, server, ";mediaenc=srtp-mand")
        await talk(desk, caller)
        phone.do("sndcode", "5")
        await caller.hears_keys("5")
        assert caller.stream is not None
        caller.stream.press("7")
        await phone.wait("CALL_DTMF_START")
        phone.do("mute")
        await eventually(lambda: caller.heard.share(AGENT) < 0.01)
        await outlives(caller)
        phone.do("mute")
        await caller.hears(AGENT)
        phone.do("hold")
        await held_longer_than_silence_is_borne(desk, caller)
        phone.do("resume")
        await caller.hears(AGENT)
        phone.do("transfer", f"sip:2@{server}")
        await transferred(desk, caller, target)
        await phone.wait("CALL_CLOSED")


async def test_row_13_baresip_python_presses_a_key_over_tls_encrypted(
    desk: Switchboard, caller: Phone, tmp_path: Path
) -> None:
    made = certificate(tmp_path)
    agent = desk.board.agent
    await agent.listen(TransportSpec("TLS", "127.0.0.1", 0, tls=made.settings))
    port = next(side.port for side, _ in agent.wire.locals if side.transport == "TLS")
    words = ("transport=tls", f"sip_cafile={made.certificate}")
    async with baresip_python(tmp_path, ("127.0.0.1", port), *words) as phone:
        await talk(desk, caller)
        phone.do("send_dtmf 5#")
        await caller.hears_keys("5#")
        assert caller.stream is not None
        caller.stream.press("7")
        await eventually(lambda: phone.events("key"))
        assert [event["key"] for event in phone.events("key")] == ["7"]
        caller.call.hangup()
        assert (await desk.row()).outcome == "answered"


@pytest.mark.parametrize("attended", [False, True], ids=["blind", "attended"])
async def test_row_19_a_phone_behind_kamailio_presses_a_key_holds_and_transfers(
    desk: Switchboard, caller: Phone, target: Phone, tmp_path: Path, attended: bool
) -> None:
    """It registered by way of the proxy: our INVITE, our NOTIFY and its REFER all take that way."""
    with Kamailio.start(tmp_path, {}, registrar=desk.address[1]) as proxy:
        outbound = f"outbound=sip:127.0.0.1:{proxy.port};lr"
        async with baresip_python(tmp_path, desk.address, outbound) as phone:
            await talk(desk, caller)
            live = await desk.live()
            agent = next(leg for leg in live.legs if leg.party == "1")
            assert [hop.uri.port for hop in agent.call.session.dialog.route_set] == [proxy.port]
            phone.do("send_dtmf 5")
            await caller.hears_keys("5")
            if attended:
                phone.do("hold")
                await held_longer_than_silence_is_borne(desk, caller)
                phone.do("dial sip:2@127.0.0.1")
                await target.hears(AGENT)
                phone.do("attended")
            else:
                phone.do("transfer sip:2@127.0.0.1")
            await transferred(desk, caller, target)


async def test_row_13_linphone_presses_a_key_and_is_told_of_one(
    desk: Switchboard, caller: Phone, tmp_path: Path
) -> None:
    sound = tone(tmp_path / "high.wav", AGENT, 30)
    async with Linphone.start(tmp_path, sound, settings=ENCRYPTED) as phone:
        await phone.register("1", PASSWORD, f"127.0.0.1:{desk.address[1]}")
        phone.answer_next()
        await talk(desk, caller)
        phone.do("5")
        await caller.hears_keys("5")
        assert caller.stream is not None
        caller.stream.press("7")
        await phone.wait("Receiving tone 7")
        caller.call.hangup()
        assert (await desk.row()).hung_up_by == "caller"


async def test_row_13_pyvoip_is_told_of_a_key(desk: Switchboard, target: Phone, tmp_path: Path) -> None:
    """It reads RTP events and has no way to send any."""
    line = line_arguments(Line("3", PASSWORD, f"127.0.0.1:{desk.address[1]}"), Ports().block())
    arguments = [*line, "--record", tmp_path / "heard.wav", "--play", tone(tmp_path / "low.wav", CALLER, 30)]
    phone = await PhoneProcess.start("caller", "pyvoip_caller.py", arguments, tmp_path)
    try:
        await phone.wait("registered", scaled(15))
        await phone.send("call 8000")
        await target.hears(CALLER)
        assert target.stream is not None
        target.stream.press("7")
        assert (await phone.wait("key", scaled(10)))["key"] == "7"
        target.call.hangup()
        assert (await phone.wait("ended", scaled(10)))["by"] == "peer"
    finally:
        await phone.stop()


async def test_row_3_baresip_holds_and_resumes_three_times(
    desk: Switchboard, caller: Phone, tmp_path: Path
) -> None:
    """One stream each way all the while, of 50 packets a second after the third resume: in a capture."""
    async with baresip_python(tmp_path, desk.address) as phone:
        await talk(desk, caller)
        live = await desk.live()
        agent = next(leg for leg in live.legs if leg.party == "1")
        port = agent.stream.local[1]
        packets = capture(tmp_path / "hold.pcapng", f"udp port {port}")
        path = await asyncio.to_thread(packets.__enter__)
        try:
            for count in (1, 2, 3):
                phone.do("hold")
                await eventually(lambda: agent.on_hold)
                await eventually(lambda: caller.heard.share(AGENT) < 0.01)
                phone.do("resume")
                await caller.hears(AGENT)
                assert len(live.book.facts.holds) == count
            resumed = time.time()
            await outlives(caller)
            ended = time.time()
            caller.call.hangup()
            await desk.row()
        finally:
            await asyncio.to_thread(packets.__exit__, None, None, None)
    streams = await asyncio.to_thread(rtp_streams, path, port, resumed, ended)
    assert len(streams) == 2 == len({target for _, target in streams})
    for stamps in streams.values():
        # By the clock of the stream, not of this machine, which may be too busy to send in time.
        assert len(stamps) / ((max(stamps) - min(stamps)) / 8000 + 0.02) == pytest.approx(50, rel=0.05)


def rtp_streams(path: Path, port: int, since: float, until: float) -> dict[tuple[str, str], list[int]]:
    """The packets' timestamps by SSRC and destination port, between two epoch times."""
    names = ("frame.time_epoch", "rtp.ssrc", "udp.dstport", "rtp.timestamp")
    fields = [word for name in names for word in ("-e", name)]
    command = ["tshark", "-r", str(path), "-d", f"udp.port=={port},rtp", "-Y", "rtp", "-T", "fields", *fields]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[tuple[str, str], list[int]] = {}
    for at, ssrc, target, stamp in (line.split("\t") for line in run.stdout.splitlines()):
        if since <= float(at) < until:
            found.setdefault((ssrc, target), []).append(int(stamp))
    return found
