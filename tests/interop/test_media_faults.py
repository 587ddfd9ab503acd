"""Rows 12, 13 and 14 through a switchboard: raw RTP with every fault, its effect on ears and recordings."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    called,
    receive,
    request,
    ring,
    scenario,
    wait_bye,
)
from callcenter.switchboard.leg import Leg
from sip.media.dtmf import event_payloads
from sip.media.g711 import PCMA, PCMU
from sip.media.rtp import Packet
from sip.media.wav import Wav
from tests.board import PASSWORD, TRUNK, Heard, Phone, Switchboard, settings_for, switchboard
from tests.interop.peers import Sipp, nudged, sipp_register
from tests.support import eventually, free_port, scaled
from tests.unit.sip.phone import pool

SLOT = 0.5
"""Seconds of each tone: where it is in the recording tells the time it was spoken at."""
TONES = (400, 600, 800, 1100, 1400, 1800, 2300, 2900)


class RawPhone(Phone):
    """Signals like any phone, and sends the very packets that it is told."""

    remote: tuple[str, int]

    def _hum(self, agreement: Any) -> None:
        super()._hum(agreement)
        assert self.stream is not None
        self.remote = (agreement.address, agreement.port)
        self.stream.stop_playing()

    def send(self, packet: Packet, sock: socket.socket | None = None) -> None:
        assert self.stream is not None
        (sock or self.stream._ports.rtp).sendto(bytes(packet), self.remote)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    async with switchboard(settings_for(tmp_path)) as running:
        yield running


@pytest.fixture
async def pair(desk: Switchboard) -> AsyncIterator[tuple[RawPhone, RawPhone]]:
    caller, agent = RawPhone(TRUNK, 0.0, pool()), RawPhone("1", 0.0, pool())
    await caller.start(desk.address, register=False)
    await agent.start(desk.address)
    await caller.dial("8000")
    await caller.connected()
    yield caller, agent
    await caller.stop()
    await agent.stop()


def speech(number: int, hertz: float | None = None, **changes: Any) -> Packet:
    """The packet of 20 ms number `number`; its tone is its slot's, or `hertz`."""
    tone = hertz or TONES[int(number * 0.02 / SLOT) % len(TONES)]
    phase = number * 160 + np.arange(160)
    samples = (8000 * np.sin(2 * np.pi * tone * phase / 8000)).astype(np.int16)
    packet = Packet(8, (65500 + number) & 0xFFFF, number * 160 & 0xFFFFFFFF, 5, PCMA.encode(samples))
    return replace(packet, **changes)


def with_faults(number: int) -> Packet:
    packet = speech(number)
    seconds = number * 0.02
    if seconds >= 1.0:  # the clock jumps
        packet = replace(packet, timestamp=(packet.timestamp + 2**31) & 0xFFFFFFFF)
    if seconds >= 2.0:  # another source
        packet = replace(packet, ssrc=6, sequence=(packet.sequence + 20000) & 0xFFFF)
    if seconds >= 3.0:  # another codec, without a word
        packet = replace(packet, payload_type=0, payload=PCMU.encode(PCMA.decode(packet.payload)))
    return packet


async def paced(phone: RawPhone, batches: list[list[Packet]]) -> None:
    """One batch every 20 ms, by an absolute clock."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for n, batch in enumerate(batches):
        await asyncio.sleep(begin + n * 0.02 - loop.time())
        for packet in batch:
            phone.send(packet)


async def recorded(desk: Switchboard, phone: RawPhone, leg: Leg) -> bytes:
    phone.call.hangup()
    await desk.row()
    path = await desk.recorded(leg.id)
    return Wav.parse(path.read_bytes()).data


def begins(sound: bytes) -> int:
    """The sample where the first sound is."""
    samples = np.abs(PCMA.decode(sound).astype(int))
    return int(np.argmax(samples > 1000))


async def test_row_12_the_recording_keeps_true_time(
    desk: Switchboard, pair: tuple[RawPhone, RawPhone]
) -> None:
    caller, agent = pair
    live = await desk.live()
    lots = random.Random(12)
    packets = [with_faults(n) for n in range(int(len(TONES) * SLOT / 0.02))]
    batches = [[] if lots.random() < 0.1 else [packet] for packet in packets]  # 10 % loss
    batches[0] = [packets[0]]
    for n in range(10, len(batches) - 1, 17):  # reordering, and duplicates
        batches[n], batches[n + 1] = batches[n + 1], batches[n]
        batches[n + 1] = batches[n + 1] * 2
    await paced(caller, batches)
    stats = live.caller.stream.stats
    assert stats.lost > 5 and stats.duplicates > 0 and stats.late > 0
    assert live.caller.stream._incoming._missing.maxlen is not None  # memory is bounded
    assert {len(payload) for payload in agent.heard.payloads} == {160}
    assert agent.heard.share(TONES[-1]) > 0.5
    sound = await recorded(desk, caller, live.caller)
    zero = begins(sound)
    slot = int(SLOT * 8000)
    for n, hertz in enumerate(TONES):
        window = sound[zero + n * slot + 800 : zero + (n + 1) * slot - 800]
        assert Heard(PCMA, [window]).share(hertz) > 0.5, f"{hertz} Hz is not at {n * SLOT} s"


async def test_row_14_media_from_behind_a_nat_is_latched_and_a_stranger_is_not_heard(
    desk: Switchboard, pair: tuple[RawPhone, RawPhone]
) -> None:
    caller, agent = pair
    live = await desk.live()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nat,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        for sock in (nat, stranger):
            sock.bind(("127.0.0.1", 0))
        loop = asyncio.get_running_loop()
        begin = loop.time()
        for n in range(100):
            await asyncio.sleep(begin + n * 0.02 - loop.time())
            caller.send(speech(n, 600), nat)
            if n > 10:
                caller.send(speech(n + 1, 2900), stranger)  # even with the right SSRC and numbers
        stream = live.caller.stream
        assert stream.remote == nat.getsockname()
        await eventually(lambda: stream.stats.strangers >= 80)
        assert stream.stats.retargeted == 1
        await eventually(lambda: agent.heard.share(600) > 0.9)
        assert agent.heard.share(2900, last=80) < 0.01
        # What the agent says goes to where the caller's media comes from, and nowhere else.
        nat.setblocking(False)
        stranger.setblocking(False)
        for n in range(5):
            agent.send(speech(n))
        assert await asyncio.wait_for(loop.sock_recv(nat, 2048), scaled(5))
        with pytest.raises(BlockingIOError):
            stranger.recv(2048)
    sound = await recorded(desk, caller, live.caller)
    assert Heard(PCMA, [sound]).share(600) > 0.9
    assert Heard(PCMA, [sound]).share(2900) < 0.01


@pytest.mark.parametrize("fault", ["none", "marker lost", "all twice", "ends lost", "only one end"])
async def test_row_13_a_key_is_one_digit_on_the_other_side(
    desk: Switchboard, pair: tuple[RawPhone, RawPhone], fault: str
) -> None:
    caller, agent = pair
    await desk.live()
    payloads = list(enumerate(event_payloads("5")))
    sent = [
        Packet(101, 10 + n, 1600, 5, payload, marker=n == 0 and fault != "marker lost")
        for n, payload in payloads
    ]
    sent = {
        "marker lost": sent[1:],
        "all twice": [packet for packet in sent for _ in range(2)],
        "ends lost": sent[:-3],
        "only one end": sent[-1:],
    }.get(fault, sent)
    caller.send(speech(0, sequence=9, timestamp=1440))
    for packet in sent:
        caller.send(packet)
    for n in range(20, 30):
        caller.send(speech(n, sequence=n, timestamp=n * 160))
    await eventually(lambda: len(agent.heard.payloads) == 11)
    assert agent.keys == ["5"]


async def test_row_13_a_key_by_info_reaches_the_other_side_as_rtp_events(
    desk: Switchboard, pair: tuple[RawPhone, RawPhone]
) -> None:
    caller, agent = pair
    live = await desk.live()
    caller.call.press("7")
    caller.call.press("#")
    await eventually(lambda: agent.keys == ["7", "#"])
    # Each press is played to its end: eight packets of 20 ms and two more ends.
    await eventually(lambda: live.caller.stream.peer.stats.packets_out == 20)


async def test_row_13_a_key_by_info_of_sipp_reaches_the_caller_as_rtp_events(
    desk: Switchboard, tmp_path: Path
) -> None:
    port = free_port()
    kind, key = "Content-Type: application/dtmf-relay\n", "\nSignal=5\nDuration=120\n"
    pressed = (nudged(), request("INFO", 1, key, kind), receive(200))
    steps = (called(), ring(100), answer(), acknowledged(), *pressed)
    phone = Sipp.start(tmp_path, scenario(*steps, wait_bye()), desk.address, service="1", port=port)
    await asyncio.to_thread(phone.listening)
    await asyncio.to_thread(sipp_register, tmp_path, desk.address, "1", PASSWORD, port)
    caller = RawPhone(TRUNK, 0.0, pool())
    await caller.start(desk.address, register=False)
    try:
        await caller.dial("8000")
        await caller.connected()
        phone.nudge()
        await caller.hears_keys("5")
        caller.call.hangup()
        await asyncio.to_thread(phone.succeeded)
    finally:
        await caller.stop()
        phone.stop()


async def test_row_13_a_key_by_rtp_events_reaches_a_party_without_them_by_info(
    desk: Switchboard, pair: tuple[RawPhone, RawPhone]
) -> None:
    caller, agent = pair
    live = await desk.live()
    told: list[str] = []
    agent.call.on_key = lambda key, milliseconds: told.append(key)
    next(leg for leg in live.legs if leg.party == "1").stream.dtmf_pt = None
    for n, payload in enumerate(event_payloads("9")):
        caller.send(Packet(101, 10 + n, 1600, 5, payload, marker=n == 0))
    await eventually(lambda: told == ["9"])
