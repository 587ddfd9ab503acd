"""Three streams with real sockets: who hears whom, the ways in and out of a conference, keys, codecs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sip.aio.conference import Conference
from sip.aio.recorder import Recorder
from sip.aio.rtp import MediaStream
from sip.media.clip import Clip
from sip.media.codecs import G722, OPUS, Codec
from sip.media.dtmf import event_payloads
from sip.media.g711 import PCMA, PCMU
from sip.media.tones import sine
from sip.media.wav import Wav
from tests.support import eventually
from tests.unit.sip.phone import pool, share
from tests.unit.sip.test_crossing import Phone

pytestmark = pytest.mark.once

CALLER, AGENT, BOSS = 440.0, 1000.0, 2200.0


class Room:
    """Caller and agent are bridged; the supervisor's stream is open. `phones` hum."""

    def __init__(self) -> None:
        self.pool = pool()
        self.open: list[Any] = []
        self.phones: list[Phone] = []
        self.streams: list[MediaStream] = []
        self.conference = Conference()

    async def seat(self, hertz: float, codec: Codec) -> None:
        stream, phone = await MediaStream.open(self.pool), Phone(hertz, codec)
        stream.set_remote(phone.addr, codec, 101)
        self.streams.append(stream)
        self.phones.append(phone)
        self.open += [stream, phone]

    async def three(self, *codecs: Codec) -> None:
        for hertz, codec in zip((CALLER, AGENT, BOSS), codecs, strict=True):
            await self.seat(hertz, codec)
        self.streams[0].connect(self.streams[1])

    def arrange(self, *hears: str) -> None:
        """A word for each stream: the letters of those it hears, of c(aller), a(gent), s(upervisor)."""
        who = dict(zip("cas", self.streams, strict=True))
        words = zip(self.streams, hears, strict=True)
        self.conference.arrange({stream: [who[letter] for letter in word] for stream, word in words})

    async def hum(self, seconds: float) -> None:
        pairs = zip(self.phones, self.streams, strict=True)
        await asyncio.gather(*(phone.hum(stream.local, seconds) for phone, stream in pairs))

    def heard(self, who: int) -> str:
        """The tones among what a phone heard lately, as letters."""
        sound = self.phones[who].listened()[-4000:]
        tones = zip("cas", (CALLER, AGENT, BOSS), strict=True)
        return "".join(letter for letter, hertz in tones if share(sound, hertz) > 0.1)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    room = Room()
    yield room
    room.conference.close()
    for thing in room.open:
        thing.close()
    assert room.pool.in_use == 0


LISTEN, WHISPER, JOIN = ("a", "c", "ca"), ("a", "cs", "ca"), ("as", "cs", "ca")


@pytest.mark.parametrize("hears", [LISTEN, WHISPER, JOIN], ids=["listen", "whisper", "join"])
@pytest.mark.parametrize(
    "codecs",
    [(PCMA, PCMA, PCMA), (PCMU, PCMA, PCMU), (G722, PCMA, OPUS), (OPUS, OPUS, G722)],
    ids=lambda codecs: "-".join(codec.name for codec in codecs),
)
async def test_each_hears_those_meant_for_it_and_nobody_else(
    room: Room, codecs: tuple[Codec, ...], hears: tuple[str, ...]
) -> None:
    await room.three(*codecs)
    room.arrange(*hears)
    await room.hum(1.2)
    assert tuple(room.heard(who) for who in range(3)) == hears


async def test_the_mode_changes_while_they_talk(room: Room) -> None:
    await room.three(PCMA, PCMU, PCMA)
    for hears in (LISTEN, JOIN, WHISPER, LISTEN):
        room.arrange(*hears)
        await room.hum(0.8)
        assert tuple(room.heard(who) for who in range(3)) == hears
    for phone in room.phones:
        voices = phone.voices()
        assert all((b.sequence - a.sequence) & 0xFFFF == 1 for a, b in pairwise(voices))
        assert {b.timestamp - a.timestamp for a, b in pairwise(voices)} == {160}


async def test_into_a_conference_and_out_of_it_no_packet_is_lost_nor_repeated(room: Room) -> None:
    """Each frame that the caller sends is unlike all the others, and reaches the agent as it was."""
    await room.three(PCMA, PCMA, PCMA)
    caller, agent = room.phones[0], room.phones[1]
    caller.frames = [np.random.default_rng(n).bytes(160) for n in range(300)]
    agent.frames = [PCMA.quiet(160)]

    async def supervise() -> None:
        for hears in (LISTEN, WHISPER, JOIN):
            await asyncio.sleep(0.6)
            room.arrange(*hears)
        await asyncio.sleep(0.6)
        room.conference.close()
        assert room.streams[0]._pipe.received == room.streams[0]._received

    # The supervisor's phone sends nothing: the quietest A-law is not zero, and would change what they hear.
    talk = [
        phone.hum(stream.local, 3.2) for phone, stream in zip(room.phones[:2], room.streams, strict=False)
    ]
    await asyncio.gather(*talk, supervise())
    await eventually(lambda: agent.packets[-1].payload == caller.frames[159])
    order = {payload: n for n, payload in enumerate(caller.frames[:160])}
    came = [order[packet.payload] for packet in agent.packets if packet.payload in order]
    missing = set(range(160)) - set(came)
    assert len(missing) <= 2, missing  # on a busy machine; mostly none
    assert came == sorted(set(came))
    assert all((b.sequence - a.sequence) & 0xFFFF == 1 for a, b in pairwise(agent.packets))
    assert all(0 < b.timestamp - a.timestamp <= 800 for a, b in pairwise(agent.packets))


async def test_the_recording_of_a_leg_has_its_own_sound_alone_and_all_of_it(
    room: Room, tmp_path: Any
) -> None:
    await room.three(PCMA, PCMA, PCMA)
    recorder = Recorder(tmp_path)
    started = asyncio.get_running_loop().time()
    track = recorder.open("caller.wav", PCMA, started)
    room.streams[0].recorder = track
    await room.hum(0.6)
    room.arrange(*JOIN)
    await room.hum(0.6)
    room.conference.close()
    await room.hum(0.6)
    await track.close(asyncio.get_running_loop().time())
    await recorder.close()
    wav = Wav.parse((tmp_path / "caller.wav").read_bytes())
    samples = PCMA.decode(wav.data)
    assert share(samples, CALLER) > 0.95
    assert share(samples, AGENT) < 0.001 and share(samples, BOSS) < 0.001
    assert (np.abs(samples) < 16).mean() < 0.08  # no hole at either end of the conference


async def test_a_prompt_is_heard_in_place_of_the_conference(room: Room) -> None:
    await room.three(PCMA, PCMA, PCMA)
    room.arrange(*JOIN)
    playback = room.streams[1].play(Clip.from_samples(sine(3000.0, 0.5)))
    await room.hum(0.45)
    assert share(room.phones[1].listened()[-2400:], 3000.0) > 0.9
    await playback.finished()
    await room.hum(0.6)
    assert room.heard(1) == "cs"


async def test_a_key_is_reported_and_left_to_who_arranged_the_conference(room: Room) -> None:
    await room.three(PCMA, PCMA, PCMA)
    keys: list[str] = []
    room.streams[0].on_digit = keys.append
    room.arrange(*LISTEN)
    caller, agent = room.phones[0], room.phones[1]
    for number, payload in enumerate(event_payloads("5", 60)):
        caller.send(
            room.streams[0].local, caller.packet(number, payload_type=101, timestamp=5000, payload=payload)
        )
    await eventually(lambda: keys == ["5"])
    assert not [packet for packet in agent.packets if packet.payload_type == 101]
    room.streams[1].press("5", 60)
    await eventually(lambda: [packet for packet in agent.packets if packet.payload_type == 101])


async def test_a_stream_that_is_held_or_closed_is_sent_nothing_and_not_heard(room: Room) -> None:
    await room.three(PCMA, PCMA, PCMA)
    room.arrange(*JOIN)
    await room.hum(0.3)
    room.streams[1].sending = room.streams[1].receiving = False
    await asyncio.sleep(0.1)
    before = len(room.phones[1].packets)
    await room.hum(0.6)
    assert len(room.phones[1].packets) == before
    assert (room.heard(0), room.heard(2)) == ("s", "c")
    room.streams[1].close()
    await room.hum(0.6)
    assert (room.heard(0), room.heard(2)) == ("s", "c")


async def test_who_is_silent_leaves_silence_and_packets_go_on(room: Room) -> None:
    await room.three(PCMA, PCMU, PCMA)
    room.arrange(*LISTEN)
    await eventually(lambda: len(room.phones[1].packets) > 10)
    assert {packet.payload for packet in room.phones[1].packets} == {PCMU.quiet(160)}


async def test_nonsense_is_refused_and_changes_nothing(room: Room) -> None:
    await room.three(PCMA, PCMA, PCMA)
    room.arrange(*LISTEN)
    caller, agent, _ = room.streams
    for hears in ({caller: [caller]}, {caller: [agent]}):
        with pytest.raises(ValueError, match="hears others"):
            room.conference.arrange(hears)
    assert room.conference.streams == tuple(room.streams)


async def test_a_source_that_begins_anew_is_heard_on(room: Room) -> None:
    """A phone that starts over with another SSRC and other numbers: the same in every codec."""
    await room.three(PCMA, OPUS, PCMA)
    room.arrange(*JOIN)
    await room.hum(0.5)
    for phone in room.phones:
        phone.ssrc, phone.number = 77, 20000
    await room.hum(0.9)
    assert tuple(room.heard(who) for who in range(3)) == JOIN


@pytest.mark.parametrize("codecs", [(PCMA, PCMA, PCMA), (OPUS, G722, PCMA)], ids=["g711", "wide"])
async def test_after_the_process_stood_still_all_is_heard_as_before(
    room: Room, codecs: tuple[Codec, ...]
) -> None:
    await room.three(*codecs)
    room.arrange(*JOIN)
    for seconds in (0.15, 0.4, 0.8):
        await room.hum(0.4)
        time.sleep(seconds)  # noqa: ASYNC251 - that is what is tested
    await room.hum(1.2)
    assert tuple(room.heard(who) for who in range(3)) == JOIN
    room.conference.close()
    time.sleep(0.6)  # noqa: ASYNC251
    await room.hum(1.2)
    assert tuple(room.heard(who) for who in range(2)) == ("a", "c")
