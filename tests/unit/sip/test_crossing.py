"""`sip.aio.crossing`, `passage` and `encoded`: streams that speak G.722 and Opus, with real sockets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest

from sip.aio.encoded import Encoded
from sip.aio.rtp import MediaStream
from sip.media import tones
from sip.media.clip import Clip
from sip.media.codecs import G722, OPUS, Codec, Numbering, Packed, clock_rate, frame_ticks
from sip.media.dtmf import Event, event_payloads
from sip.media.g711 import PCMA, PCMU, Samples
from sip.media.rtp import Packet
from sip.media.tones import sine
from sip.media.transcoding import Decoder, encoded, samples_of
from tests.support import eventually, scaled
from tests.unit.sip.phone import Phone as G711Phone
from tests.unit.sip.phone import pool, share


class Phone(G711Phone):
    """A phone of any codec; `kind` is the payload type under which it sends."""

    def __init__(self, hertz: float, speaks: Codec, kind: int | None = None) -> None:
        super().__init__(hertz)
        self.speaks = speaks
        self.kind = speaks.payload_type if kind is None else kind
        sound = sine(hertz, 4.0)
        if isinstance(speaks, Packed):
            self.frames = list(encoded(sound, speaks))
        else:
            data = speaks.encode(sound)
            self.frames = [data[at : at + 160] for at in range(0, len(data), 160)]

    def packet(self, number: int, **changes: object) -> Packet:
        values: dict[str, object] = {
            "payload_type": self.kind,
            "sequence": (1000 + number) & 0xFFFF,
            "timestamp": 5000 + number * frame_ticks(self.speaks),
            "ssrc": self.ssrc,
            "payload": self.frames[number % len(self.frames)],
        }
        return Packet(**(values | changes))  # type: ignore[arg-type]

    def voices(self) -> list[Packet]:
        return [each for each in self.packets if each.payload_type == self.speaks.payload_type]

    def listened(self) -> Samples:
        """What it heard, at 8 kHz."""
        decoder = Decoder(self.speaks)
        frames = [frame for each in self.voices() for frame in decoder.decode(each.payload)]
        return np.concatenate([samples_of(frame)[:: frame.sample_rate // 8000] for frame in frames])


class Desk:
    def __init__(self) -> None:
        self.pool = pool()
        self.open: list[Any] = []

    async def leg(
        self, hertz: float, codec: Codec, dtmf: int | None = 101, numbering: Numbering | None = None
    ) -> tuple[Phone, MediaStream]:
        stream = await MediaStream.open(self.pool)
        phone = Phone(hertz, codec, numbering.codec if numbering else None)
        stream.set_remote(phone.addr, codec, dtmf, numbering=numbering)
        self.open += [stream, phone]
        return phone, stream


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    for thing in desk.open:
        thing.close()
    assert desk.pool.in_use == 0


def counts_on(packets: list[Packet]) -> bool:
    return all((b.sequence - a.sequence) & 0xFFFF == 1 for a, b in pairwise(packets))


@pytest.mark.parametrize("codec", [G722, OPUS], ids=lambda codec: codec.name)
async def test_the_same_codec_is_passed_on_untouched(desk: Desk, codec: Codec) -> None:
    (a, left), (b, right) = await desk.leg(440, codec), await desk.leg(1000, codec)
    left.connect(right)
    await asyncio.gather(a.hum(left.local, 0.5), b.hum(right.local, 0.5))
    await eventually(lambda: len(a.packets) >= 24 and len(b.packets) >= 24)
    assert [each.payload for each in b.packets] == a.frames[25 - len(b.packets) : 25]
    assert [each.payload for each in a.packets] == b.frames[25 - len(a.packets) : 25]
    assert counts_on(a.packets)
    assert {y.timestamp - x.timestamp for x, y in pairwise(b.packets)} == {frame_ticks(codec)}


async def test_each_side_has_its_own_payload_types(desk: Desk) -> None:
    """B sends as 96 what it wants to get as 120; A has 111 both ways. Keys likewise."""
    a, left = await desk.leg(440, OPUS)
    b, right = await desk.leg(1000, OPUS.named(120), 97, Numbering(96, 98, 48000))
    keys: list[str] = []
    right.on_digit = keys.append
    left.connect(right)
    a.send(left.local)
    b.send(right.local)
    for number, payload in enumerate(event_payloads("5", 60, frame=960, rate=48000), start=1):
        b.send(right.local, b.packet(number, payload_type=98, timestamp=5960, payload=payload))
    await eventually(lambda: len(a.packets) == 6 and b.packets)
    assert [each.payload_type for each in a.packets] == [111, *[101] * 5]
    assert [each.payload_type for each in b.packets] == [120]
    assert Event.parse(a.packets[-1].payload) == Event(5, True, 480)
    assert keys == ["5"]
    b.send(right.local, b.packet(9, payload_type=120))
    await eventually(lambda: right.stats.unknown == 1)


PAIRS = [(PCMA, OPUS), (OPUS, PCMU), (PCMU, G722), (G722, OPUS)]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "-".join(each.name for each in pair))
async def test_different_codecs_hear_each_other(desk: Desk, pair: tuple[Codec, Codec]) -> None:
    (a, left), (b, right) = await desk.leg(440, pair[0]), await desk.leg(1000, pair[1])
    left.connect(right)
    await asyncio.gather(a.hum(left.local, 1.0), b.hum(right.local, 1.0))
    await eventually(lambda: len(a.voices()) >= 45 and len(b.voices()) >= 45)
    for phone, hertz in ((a, 1000), (b, 440)):
        assert share(phone.listened()[1600:], hertz) > 0.9
        assert counts_on(phone.packets)
        steps = {y.timestamp - x.timestamp for x, y in pairwise(phone.packets)}
        assert steps == {frame_ticks(phone.speaks)}


async def test_back_among_its_own_kind_a_stream_is_relayed_as_ever(desk: Desk) -> None:
    (a, left), (_, middle), (c, right) = [await desk.leg(440, codec) for codec in (PCMA, OPUS, PCMA)]
    left.connect(middle)
    assert left._pipe.received == left._crossing.received
    left.connect(right)
    assert left._pipe.received == left._received
    await a.hum(left.local, 0.2)
    await eventually(lambda: len(c.packets) >= 9)
    assert [each.payload for each in c.packets][-1] == a.frames[9]
    right.set_remote(c.addr, G722, 101)
    assert left._pipe.received == left._crossing.received
    assert right._pipe.received == right._crossing.received


async def test_pcmu_from_a_leg_of_pcma_reaches_opus(desk: Desk) -> None:
    (a, left), (b, right) = await desk.leg(440, PCMA), await desk.leg(1000, OPUS)
    a.frames, a.kind = [PCMA.translate(frame, PCMU) for frame in a.frames], 0
    left.connect(right)
    await a.hum(left.local, 0.8)
    await eventually(lambda: len(b.voices()) >= 38)
    assert share(b.listened()[1600:], 440) > 0.9


async def test_a_key_crosses_with_its_duration_counted_anew(desk: Desk) -> None:
    (a, left), (b, right) = (
        await desk.leg(440, PCMA),
        await desk.leg(1000, OPUS, 102, Numbering(111, 102, 48000)),
    )
    left.connect(right)
    await a.hum(left.local, 0.1)
    for number, payload in enumerate(event_payloads("7", 100), start=a.number):
        a.send(left.local, a.packet(number, payload_type=101, payload=payload, timestamp=5000 + 5 * 160))
    await eventually(lambda: any(each.payload_type == 102 for each in b.packets))
    await eventually(lambda: b.packets[-1].payload == bytes(Event(7, True, 4800)))
    events = [each for each in b.packets if each.payload_type == 102]
    assert len({each.timestamp for each in events}) == 1
    assert counts_on(b.packets)
    right.press("3", 60)
    await eventually(lambda: b.packets[-1].payload == bytes(Event(3, True, 2880)))


@pytest.mark.parametrize("codec", [G722, OPUS], ids=lambda codec: codec.name)
async def test_a_clip_is_played_on_the_clock_and_joined_to_the_bridge(desk: Desk, codec: Packed) -> None:
    (a, left), (b, right) = await desk.leg(440, PCMA), await desk.leg(1000, codec)
    left.connect(right)
    playback = right.play(Clip.from_samples(sine(700, 0.5)))
    assert await playback.finished()
    await eventually(lambda: len(b.packets) == 25)
    assert share(b.listened()[1600:], 700) > 0.9
    assert {y.timestamp - x.timestamp for x, y in pairwise(b.packets)} == {frame_ticks(codec)}
    await a.hum(left.local, 0.2)
    await eventually(lambda: len(b.packets) >= 30)
    assert counts_on(b.packets)
    assert b.packets[25].marker
    steps = (b.packets[25].timestamp - b.packets[24].timestamp) / clock_rate(codec)
    assert 0.02 <= steps < 5
    looped = right.play(tones.ringback(), loop=True)
    await eventually(lambda: looped.seconds > 0.2)
    right.stop_playing()
    assert right.play(b"").playing is False


async def test_what_is_not_to_be_heard_is_not(desk: Desk) -> None:
    (a, left), (b, right) = await desk.leg(440, OPUS), await desk.leg(1000, PCMA)
    left.connect(right)
    left.receiving = False
    await a.hum(left.local, 0.1)
    await eventually(lambda: left.stats.packets_in == 5)
    left.receiving, right.sending = True, False
    await a.hum(left.local, 0.1)
    await eventually(lambda: left.stats.packets_in == 10)
    assert left._crossing._passage is None
    assert b.packets == []
    for data in (b"", b"\x80", bytes(20), b"\x9f" + bytes(40)):
        a.send(left.local, data)
    a.send(left.local, a.packet(50, payload_type=13, payload=b"\x40"))
    await eventually(lambda: left.stats.last_comfort is not None)
    assert left.stats.malformed == 4


async def test_a_machine_that_is_too_slow_loses_packets_not_time(desk: Desk) -> None:
    (a, left), (b, right) = await desk.leg(440, OPUS), await desk.leg(1000, PCMA)
    left.connect(right)
    await a.hum(left.local, 0.04)
    await eventually(lambda: left.stats.packets_in == 2)
    passage = left._crossing._passage
    assert passage is not None
    await eventually(lambda: passage._waiting == 0)
    gate = threading.Event()
    passage._lane.do(lambda: gate.wait(scaled(10)), lambda _: None, lambda _: None)
    for _ in range(40):
        a.send(left.local)
    await eventually(lambda: left.stats.packets_in == 42)
    gate.set()
    await eventually(lambda: len(b.packets) == 27)
    assert passage._waiting == 0
    assert passage.dropped == 15
    left.disconnect()
    assert left._crossing._passage is None


async def test_a_transcoder_that_breaks_is_logged_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (a, left), (b, right) = await desk.leg(440, OPUS), await desk.leg(1000, PCMA)

    def broken(*_: object) -> None:
        raise OSError("no codec today")

    monkeypatch.setattr("sip.aio.passage.Transcoder", broken)
    left.connect(right)
    await a.hum(left.local, 0.2)
    await eventually(lambda: "no codec today" in caplog.text)
    assert caplog.text.count("transcoding failed") == 1
    assert b.packets == []


async def test_another_source_of_sound_begins_anew(desk: Desk) -> None:
    (a, left), (b, right) = await desk.leg(440, OPUS), await desk.leg(1000, PCMA)
    left.connect(right)
    await a.hum(left.local, 0.2)
    await eventually(lambda: len(b.packets) == 10)  # what is in the lane goes with its source
    a.ssrc, a.number = 99, 7
    await a.hum(left.local, 0.2)
    await eventually(lambda: len(b.packets) == 20)
    assert counts_on(b.packets)
    assert sum(each.marker for each in b.packets) == 2


async def test_the_jitter_is_counted_by_the_codecs_clock(desk: Desk) -> None:
    a, left = await desk.leg(440, OPUS)
    await a.hum(left.local, 0.6)
    await eventually(lambda: left.stats.packets_in == 30)
    jitter = left.rtcp.figures.jitter
    assert jitter is not None
    assert jitter < 0.1


async def test_a_clip_that_cannot_be_encoded_is_logged_and_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("no codec today")

    monkeypatch.setattr("sip.aio.encoded.encoding", broken)
    b, right = await desk.leg(1000, OPUS)
    assert await right.play(Clip.from_samples(sine(701, 0.5))).finished()
    assert "no codec today" in caplog.text
    assert b.packets == []


async def test_a_long_clip_is_heard_while_it_is_made(desk: Desk) -> None:
    """Hold music: a minute of Opus takes half a second, which nobody is to wait for."""
    b, right = await desk.leg(1000, OPUS)
    clip = Clip.from_samples(sine(702, 30.0))
    right.play(clip)
    await eventually(lambda: b.packets, timeout=2)
    right.stop_playing()
    made = Encoded.of(clip, OPUS)
    await eventually(lambda: made.complete)
    assert len(made.packets) == 1500


async def test_only_so_many_clips_are_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sip.aio.encoded.KEPT", 2)
    clips = [Clip.from_samples(sine(300.0 + n, 0.1)) for n in range(4)]
    made = [Encoded.of(clip, G722) for clip in clips]
    assert len(Encoded._all) == 2
    assert Encoded.of(clips[3], G722) is made[3]
    assert Encoded.of(clips[0], G722) is not made[0]


@pytest.mark.parametrize("codec", [G722, OPUS], ids=lambda codec: codec.name)
async def test_no_datagram_does_any_harm(desk: Desk, codec: Codec) -> None:
    """Whatever comes under the agreed payload types, the call goes on."""
    (a, left), (b, right) = await desk.leg(440, codec), await desk.leg(1000, PCMA)
    left.connect(right)
    random = Random(7)
    for number in range(300):
        kind = random.choice((codec.payload_type, 101, 13, 0, 72))
        payload = random.randbytes(random.choice((0, 1, 2, 40, 300)))
        raw = bytes(a.packet(number, payload_type=kind, payload=payload))
        a.send(left.local, raw[: random.choice((3, 13, 500))])
        if number % 10 == 9:
            await asyncio.sleep(0.005)
    await a.hum(left.local, 0.1)
    before = len(b.packets)
    a.ssrc = 5
    await a.hum(left.local, 0.3)
    await eventually(lambda: len(b.packets) >= before + 10)
