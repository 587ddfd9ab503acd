"""Other people's phones with G.722 or Opus alone: passed on untouched, transcoded, recorded."""

from __future__ import annotations

import asyncio
import subprocess
import wave
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from callcenter.demo.phones.phone import Phone as PhoneProcess
from callcenter.demo.phones.phone import PhoneError, Ports
from sip.media import g711
from sip.media.codecs import Packed
from sip.sdp import OPUS, PCMA
from tests.board import PASSWORD, TRUNK, Phone, Switchboard, settings_for, switchboard
from tests.interop.linphone import Linphone
from tests.interop.peers import capture
from tests.interop.test_phones import tone
from tests.support import eventually, scaled
from tests.unit.sip.phone import pool
from transcripts.decoding import read_sound

SCRIPT = Path(__file__).parent / "baresip_tone.py"
OPUS_ALONE, G722_ALONE, PCMA_ALONE = "opus/48000/2", "g722/16000/1", "pcma"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    async with switchboard(settings_for(tmp_path / "data", ring_timeout=10.0, agents=("1",))) as running:
        yield running


@asynccontextmanager
async def baresip(
    folder: Path, desk: Switchboard, user: str, codec: str, hertz: int, ports: Ports
) -> AsyncIterator[PhoneProcess]:
    """Registered. What it hears is `USER1.wav` in the folder, once it is stopped."""
    phone = await _registered(folder, desk, user, codec, hertz, ports)
    try:
        yield phone
    finally:
        await phone.stop()


async def _registered(
    folder: Path, desk: Switchboard, user: str, codec: str, hertz: int, ports: Ports, tries: int = 3
) -> PhoneProcess:
    server = f"127.0.0.1:{desk.address[1]}"
    arguments = [user, PASSWORD, server, ports.block(), codec, hertz, folder / f"{user}.wav"]
    phone = await PhoneProcess.start(user, str(SCRIPT), arguments, folder)
    try:
        await phone.wait("registered", scaled(15))
    except PhoneError:
        await phone.stop()
        if tries == 1 or "already in use" not in phone.log.read_text():
            raise
        # A phone of a test beside this one took the ports between our look and the phone's.
        return await _registered(folder, desk, user, codec, hertz, ports, tries - 1)
    return phone


def share(samples: np.ndarray, rate: int, hertz: float) -> float:
    """The share of a tone in the power of the sound, its first half second left out."""
    samples = samples[rate // 2 :].astype(float)
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / rate) - hertz) < 25
    return float(power[near].sum() / max(power.sum(), 1e-9))


def heard(path: Path, hertz: float) -> float:
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return share(samples, file.getframerate(), hertz)


async def recorded(desk: Switchboard, tones: dict[str, float]) -> None:
    """Each leg's recording, by its party, has the party's tone; to be asked while the call lasts."""
    live = await desk.live()
    legs = await eventually(lambda: [leg for leg in live.legs if leg.party in tones and leg.recording])
    assert len(legs) == len(tones)
    for leg in legs:
        path = desk.board.settings.recordings / leg.recording.path
        assert path.suffix == (".opus" if leg.codec == "opus" else ".wav")

        def good(path: Path = path, hertz: float = tones[leg.party]) -> bool:
            if not path.exists() or path.stat().st_size < 200:
                return False
            sound = read_sound(path)
            return sound.duration > 1.5 and share(np.array(sound.samples), sound.rate, hertz) > 0.9

        await eventually(good, message=f"{path.name} has no {tones[leg.party]} Hz")


async def talk(desk: Switchboard, caller: PhoneProcess, agent: PhoneProcess, tones: dict[str, float]) -> bool:
    """A call from `caller` until all is on record; whether anything was transcoded."""
    await caller.send(f"dial sip:8000@127.0.0.1:{desk.address[1]}")
    live = await desk.live()
    await eventually(lambda: live.book.answered_at is not None)
    await recorded(desk, tones)
    transcoded = any(leg.stream._crossing._passage is not None for leg in live.legs)
    await caller.send("hangup")
    await desk.row()
    for phone in (caller, agent):
        await phone.wait("written", scaled(10))
    return transcoded


def packets(path: Path, *, to: int | None = None, come_from: int | None = None) -> list[bytes]:
    """The RTP payloads that a capture has from or to a port."""
    which = f"udp.dstport == {to}" if to else f"udp.srcport == {come_from}"
    command = ["tshark", "-r", str(path), "-Y", which, "-T", "fields", "-e", "udp.payload"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    datagrams = [bytes.fromhex(line) for line in lines]
    return [data[12:] for data in datagrams if data[0] == 0x80 and data[1] & 0x7F not in range(72, 77)]


@pytest.mark.parametrize("codec", [OPUS_ALONE, G722_ALONE])
async def test_baresips_of_one_codec_are_passed_on_byte_by_byte(
    desk: Switchboard, tmp_path: Path, codec: str
) -> None:
    ports = Ports()
    async with (
        baresip(tmp_path, desk, "3", codec, 440, ports) as caller,
        baresip(tmp_path, desk, "1", codec, 1000, ports) as agent,
    ):
        low, high = desk.board.settings.sip.rtp_ports
        with capture(tmp_path / "call.pcapng", f"udp portrange {low}-{high}") as file:
            live_ports: dict[str, tuple[int, int]] = {}

            async def note() -> None:
                live = await desk.live()
                await eventually(lambda: live.book.answered_at is not None)
                for leg in live.legs:
                    assert leg.stream.remote is not None
                    live_ports[leg.party] = (leg.stream.local[1], leg.stream.remote[1])

            noting = asyncio.create_task(note())
            transcoded = await talk(desk, caller, agent, {"3": 440.0, "1": 1000.0})
            await noting
    assert not transcoded
    assert {leg.codec for leg in desk.legs()} == {"opus" if codec == OPUS_ALONE else "G722"}
    assert heard(tmp_path / "31.wav", 1000) > 0.9
    assert heard(tmp_path / "11.wav", 440) > 0.9
    for here, there in (("3", "1"), ("1", "3")):
        came = packets(file, come_from=live_ports[here][1])
        went = packets(file, to=live_ports[there][1])
        assert len(went) > 75
        assert Counter(went) <= Counter(came)


@pytest.mark.parametrize(
    ("caller_codec", "agent_codec", "names"),
    [
        (OPUS_ALONE, PCMA_ALONE, {"3": "opus", "1": "PCMA"}),
        (PCMA_ALONE, G722_ALONE, {"3": "PCMA", "1": "G722"}),
        (G722_ALONE, OPUS_ALONE, {"3": "G722", "1": "opus"}),
    ],
)
async def test_baresips_without_a_common_codec_are_transcoded(
    desk: Switchboard, tmp_path: Path, caller_codec: str, agent_codec: str, names: dict[str, str]
) -> None:
    ports = Ports()
    async with (
        baresip(tmp_path, desk, "3", caller_codec, 440, ports) as caller,
        baresip(tmp_path, desk, "1", agent_codec, 1000, ports) as agent,
    ):
        assert await talk(desk, caller, agent, {"3": 440.0, "1": 1000.0})
    assert {leg.party: leg.codec for leg in desk.legs()} == names
    assert heard(tmp_path / "31.wav", 1000) > 0.9
    assert heard(tmp_path / "11.wav", 440) > 0.9


async def test_a_key_of_baresip_crosses_from_opus_to_g711(desk: Switchboard, tmp_path: Path) -> None:
    caller = Phone(TRUNK, 440.0, pool())
    keys: list[str] = []
    async with baresip(tmp_path, desk, "1", OPUS_ALONE, 1000, Ports()) as agent:
        await caller.start(desk.address, register=False)
        try:
            await caller.dial("8000")
            await caller.connected()
            await caller.hears(1000.0)
            assert caller.stream is not None
            assert caller.stream.remote is not None
            caller.stream.set_remote(caller.stream.remote, g711.PCMA, 101)
            caller.stream.on_digit = keys.append
            await agent.send("key 5")
            await eventually(lambda: keys == ["5"])
            caller.call.hangup()
            await desk.row()
        finally:
            await caller.stop()


@pytest.mark.parametrize(
    ("number", "codec", "speaks"), [(0, "opus", OPUS), (6, "G722", PCMA)], ids=["opus", "G722"]
)
async def test_linphone_with_one_codec_alone(
    desk: Switchboard, tmp_path: Path, number: int, codec: str, speaks: object
) -> None:
    """Passed on to a caller with Opus, and transcoded for one with A-law."""
    caller = Phone(TRUNK, 440.0, pool())
    caller.codecs = (OPUS,) if speaks is OPUS else (PCMA,)
    async with Linphone.start(tmp_path, tone(tmp_path / "high.wav", 1000, 30)) as phone:
        try:
            for other in range(19):
                phone.do(f"codec disable {other}")
            phone.do(f"codec enable {number}")
            await phone.register("1", PASSWORD, f"{desk.address[0]}:{desk.address[1]}")
            phone.answer_next()
            await caller.start(desk.address, register=False)
            await caller.dial("8000")
            await caller.connected()
            await caller.hears(1000.0)
            live = await desk.live()
            agent = next(leg for leg in live.legs if leg.party == "1")
            assert isinstance(agent.stream.codec, Packed)
            assert agent.codec == codec
            transcoded = any(leg.stream._crossing._passage is not None for leg in live.legs)
            assert transcoded == (speaks is PCMA)
            await recorded(desk, {"1": 1000.0})
            caller.call.hangup()
            await desk.row()
        finally:
            await caller.stop()
    assert heard(tmp_path / "linphone-heard.wav", 440) > 0.9
