"""Other people's phones with G.722 or Opus alone: passed on untouched, transcoded, recorded."""

from __future__ import annotations

import asyncio
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from itertools import dropwhile
from pathlib import Path

import numpy as np
import pytest

from sip.media import g711
from sip.media.codecs import Packed
from sip.sdp import OPUS, PCMA
from tests.board import PASSWORD, TRUNK, Phone, Switchboard, settings_for, switchboard
from tests.humming import Baresip
from tests.interop.linphone import Linphone
from tests.interop.peers import capture
from tests.interop.test_phones import tone
from tests.spectrum import TONES, ever, read
from tests.support import eventually
from tests.unit.sip.phone import pool
from transcripts.decoding import read_sound

LOW, HIGH = TONES[0], TONES[8]
OPUS_ALONE, G722_ALONE, PCMA_ALONE = "opus/48000/2", "g722/16000/1", "pcma"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    async with switchboard(settings_for(tmp_path / "data", ring_timeout=10.0, agents=("1",))) as running:
        yield running


def baresip(
    folder: Path, desk: Switchboard, user: str, codec: str, hertz: int
) -> AbstractAsyncContextManager[Baresip]:
    """Registered, with one codec alone; it answers at once."""
    return Baresip.start(folder, user, hertz, desk.address, f"codecs={codec}", password=PASSWORD)


def share(samples: np.ndarray, rate: int, hertz: float) -> float:
    """The share of a tone in the power of the sound, its first half second left out."""
    samples = samples[rate // 2 :].astype(float)
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / rate) - hertz) < 25
    return float(power[near].sum() / max(power.sum(), 1e-9))


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


async def talk(desk: Switchboard, caller: Baresip, agent: Baresip, tones: dict[str, float]) -> bool:
    """A call from `caller` until all is on record; whether anything was transcoded."""
    await caller.dial("8000")
    live = await desk.live()
    await eventually(lambda: live.book.answered_at is not None)
    await recorded(desk, tones)
    transcoded = any(leg.stream._crossing._passage is not None for leg in live.legs)
    await caller.do("hangup")
    await desk.row()
    for phone, other in ((caller, agent), (agent, caller)):
        await phone.wait("written")
        assert phone.story() == [{other.hertz}]
    return transcoded


def packets(path: Path, *, to: int | None = None, come_from: int | None = None) -> list[bytes]:
    """The RTP payloads that a capture has from or to a port."""
    which = f"udp.dstport == {to}" if to else f"udp.srcport == {come_from}"
    command = ["tshark", "-r", str(path), "-Y", which, "-T", "fields", "-e", "udp.payload"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    datagrams = [bytes.fromhex(line) for line in lines]
    return [data[12:] for data in datagrams if data[0] == 0x80 and data[1] & 0x7F not in range(72, 77)]


def strange(known: set[bytes], one: bytes) -> bool:
    return one not in known


@pytest.mark.parametrize("codec", [OPUS_ALONE, G722_ALONE])
async def test_baresips_of_one_codec_are_passed_on_byte_by_byte(
    desk: Switchboard, tmp_path: Path, codec: str
) -> None:
    async with (
        baresip(tmp_path, desk, "3", codec, LOW) as caller,
        baresip(tmp_path, desk, "1", codec, HIGH) as agent,
    ):
        low, high = desk.board.settings.sip.rtp_ports
        with capture(tmp_path / "call.pcapng", f"udp portrange {low}-{high}") as file:
            live_ports: dict[str, tuple[int, int]] = {}

            async def note() -> None:
                live = await desk.live()
                await eventually(lambda: all(leg.stream.remote for leg in live.legs) and live.legs[1:])
                for leg in live.legs:
                    assert leg.stream.remote is not None
                    live_ports[leg.party] = (leg.stream.local[1], leg.stream.remote[1])

            noting = asyncio.create_task(note())
            transcoded = await talk(desk, caller, agent, {"3": LOW, "1": HIGH})
            await noting
    assert not transcoded
    assert {leg.codec for leg in desk.legs()} == {"opus" if codec == OPUS_ALONE else "G722"}
    for here, there in (("3", "1"), ("1", "3")):
        came = packets(file, come_from=live_ports[here][1])
        sent = packets(file, to=live_ports[there][1])
        went = list(dropwhile(partial(strange, set(came)), sent))  # before, it was ours
        assert len(went) > 75
        assert not Counter(went) - Counter(came)


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
    async with (
        baresip(tmp_path, desk, "3", caller_codec, LOW) as caller,
        baresip(tmp_path, desk, "1", agent_codec, HIGH) as agent,
    ):
        assert await talk(desk, caller, agent, {"3": LOW, "1": HIGH})
    assert {leg.party: leg.codec for leg in desk.legs()} == names


async def test_a_key_of_baresip_crosses_from_opus_to_g711(desk: Switchboard, tmp_path: Path) -> None:
    caller = Phone(TRUNK, LOW, pool())
    keys: list[str] = []
    async with baresip(tmp_path, desk, "1", OPUS_ALONE, HIGH) as agent:
        await caller.start(desk.address, register=False)
        try:
            await caller.dial("8000")
            await caller.connected()
            await caller.hears(HIGH)
            assert caller.stream is not None
            assert caller.stream.remote is not None
            caller.stream.set_remote(caller.stream.remote, g711.PCMA, 101)
            caller.stream.on_digit = keys.append
            await agent.do("send_dtmf 5")
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
    caller = Phone(TRUNK, LOW, pool())
    caller.codecs = (OPUS,) if speaks is OPUS else (PCMA,)
    async with Linphone.start(tmp_path, tone(tmp_path / "high.wav", HIGH, 30)) as phone:
        try:
            for other in range(19):
                phone.do(f"codec disable {other}")
            phone.do(f"codec enable {number}")
            await phone.register("1", PASSWORD, f"{desk.address[0]}:{desk.address[1]}")
            phone.answer_next()
            await caller.start(desk.address, register=False)
            await caller.dial("8000")
            await caller.connected()
            await caller.hears(HIGH)
            live = await desk.live()
            agent = next(leg for leg in live.legs if leg.party == "1")
            assert isinstance(agent.stream.codec, Packed)
            assert agent.codec == codec
            transcoded = any(leg.stream._crossing._passage is not None for leg in live.legs)
            assert transcoded == (speaks is PCMA)
            await recorded(desk, {"1": HIGH})
            caller.call.hangup()
            await desk.row()
        finally:
            await caller.stop()
    assert ever(read(tmp_path / "linphone-heard.wav"), among=(LOW,)) == {LOW}
