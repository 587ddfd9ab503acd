"""Rows 12, 13 and 14 with a telephone of another maker behind a NAT that spoils its packets on the way."""

from __future__ import annotations

import asyncio
import socket
import struct
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from sip.media.g711 import PCMA
from sip.media.rtp import Packet
from sip.media.wav import Wav
from tests.board import PASSWORD, TRUNK, Heard, Phone, Switchboard, settings_for, switchboard
from tests.interop.debian_baresip import Baresip
from tests.interop.nat import Nat
from tests.support import eventually
from tests.unit.sip.phone import pool

SLOT = 0.5
TONES = (400, 600, 800, 1100, 1400, 1800, 2300, 2900)
"""The phone plays them in turn, `SLOT` seconds each: where one is recorded tells when it was played."""
STRANGER = 3400


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    async with switchboard(settings_for(tmp_path / "data", ring_timeout=10)) as running:
        yield running


@pytest.fixture
async def caller(desk: Switchboard) -> AsyncIterator[Phone]:
    phone = Phone(TRUNK, 440.0, pool())
    await phone.start(desk.address, register=False)
    yield phone
    await phone.stop()


def scale(folder: Path) -> Path:
    """All the tones, then silence."""
    path = folder / "scale.wav"
    form = ["-r", "8000", "-c", "1", "-b", "16", "-e", "signed", str(path)]
    notes = [word for hertz in TONES for word in ("synth", str(SLOT), "sine", str(hertz), "vol", "0.3", ":")]
    subprocess.run(["sox", "-n", *form, *notes, "synth", "20", "sine", "0"], check=True)
    return path


class BadNetwork:
    """Every tenth packet is lost, neighbours swap and come twice; the clock jumps by 2³¹ after a second, the
    source changes after two. The first packet of a key is lost, all others of it come twice."""

    def __init__(self) -> None:
        self.count = self.keys = 0
        self._late: bytes | None = None

    def __call__(self, packet: bytes) -> list[bytes]:
        if packet[1] & 0x7F == 101:
            self.keys += 1
            return [] if self.keys == 1 else [self._changed(packet)] * 2
        self.count += 1
        late, self._late = self._late, None
        if self.count % 10 == 5:
            return [late] if late else []
        if self.count % 17 == 0:
            self._late = self._changed(packet)
            return [late] if late else []
        arrives = [self._changed(packet)]
        if late:
            arrives += [late, late]
        return arrives

    def _changed(self, packet: bytes) -> bytes:
        first, second, number, stamp, source = struct.unpack_from("!BBHII", packet)
        if self.count > 1 / 0.02:
            stamp = (stamp + 2**31) & 0xFFFFFFFF
        if self.count > 2 / 0.02:
            source, number = source ^ 1, (number + 20000) & 0xFFFF
        return struct.pack("!BBHII", first, second, number, stamp, source) + packet[12:]


async def intrude(address: tuple[str, int], sent: list[bytes]) -> None:
    """A stranger who guessed the port, and who even numbers on from the phone's packets."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for n in range(50):
            newest = Packet.parse(sent[-1])
            wave = 8000 * np.sin(2 * np.pi * STRANGER * (n * 160 + np.arange(160)) / 8000)
            payload = PCMA.encode(wave.astype(np.int16))
            sock.sendto(
                bytes(Packet(8, newest.sequence + 1, newest.timestamp, newest.ssrc, payload)), address
            )
            await asyncio.sleep(0.02)


async def test_rows_12_13_and_14_baresip_behind_a_nat_and_a_bad_network(
    desk: Switchboard, caller: Phone, tmp_path: Path
) -> None:
    async with Nat.start(desk.address) as nat, Baresip.start(tmp_path, play=scale(tmp_path)) as phone:
        nat.spoil = network = BadNetwork()
        await phone.register("1", PASSWORD, f"127.0.0.1:{nat.address[1]}")
        await caller.dial("8000")
        await caller.connected()
        live = await desk.live()
        leg = next(leg for leg in live.legs if leg.party == "1")
        stats = leg.stream.stats
        await eventually(lambda: stats.packets_in > 10)
        # Row 14: we followed its media to the port that it comes from, and nobody else is heard.
        assert leg.stream.remote == nat.outer_media.address
        await intrude(leg.stream.local, nat.sent)
        assert stats.strangers >= 45 and stats.retargeted == 1
        assert leg.stream.remote == nat.outer_media.address
        # Row 12: loss, disorder and doubles are counted as what they are.
        await eventually(lambda: len(nat.sent) > (len(TONES) * SLOT + 0.2) / 0.02)
        assert stats.lost > 10 and stats.duplicates > 5 and stats.late > 3
        # Row 13: the key is one key.
        phone.do("sndcode", "5")
        await eventually(lambda: network.keys >= 8)
        await caller.hears_keys("5")
        sound = await recorded(desk, caller)
    samples = np.abs(PCMA.decode(sound).astype(int))
    zero, slot = int(np.argmax(samples > 1000)), int(SLOT * 8000)
    for n, hertz in enumerate(TONES):
        window = Heard(PCMA, [sound[zero + n * slot + 800 : zero + (n + 1) * slot - 800]])
        assert window.share(hertz) > 0.5, f"{hertz} Hz is not at {n * SLOT} s"
        assert window.share(STRANGER) < 0.01


async def recorded(desk: Switchboard, caller: Phone) -> bytes:
    """What the agent said, after the caller has hung up."""
    live = await desk.live()
    leg = next(leg for leg in live.legs if leg.party == "1")
    caller.call.hangup()
    assert (await desk.row()).outcome == "answered"
    return Wav.parse((await desk.recorded(leg.id)).read_bytes()).data
