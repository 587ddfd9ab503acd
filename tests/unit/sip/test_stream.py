"""`sip.aio.rtp`, its player and poller with real sockets; each phone hums its own tone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import uvloop

from sip.aio.rtp import MediaStream
from sip.media.clip import Clip
from sip.media.dtmf import event_payloads
from sip.media.g711 import PCMA, PCMU, Codec
from sip.media.rtp import Packet
from sip.media.tones import sine
from tests.support import eventually, scaled
from tests.unit.sip.phone import Phone, pool, share


class Desk:
    """Streams and phones of one test, closed at its end."""

    def __init__(self) -> None:
        self.pool = pool()
        self.open: list[Any] = []

    async def leg(
        self, hertz: float, codec: Codec = PCMA, dtmf: int | None = 101
    ) -> tuple[Phone, MediaStream]:
        stream = await MediaStream.open(self.pool)
        phone = self.phone(hertz, codec)
        stream.set_remote(phone.addr, codec, dtmf)
        self.open.append(stream)
        return phone, stream

    def phone(self, hertz: float, codec: Codec = PCMA, ssrc: int = 1) -> Phone:
        phone = Phone(hertz, codec, ssrc)
        self.open.append(phone)
        return phone


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    for thing in desk.open:
        thing.close()
    assert desk.pool.in_use == 0


@pytest.mark.parametrize("codecs", [(PCMA, PCMA), (PCMA, PCMU), (PCMU, PCMA)], ids=str)
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_each_hears_the_other(run: Callable[..., None], codecs: tuple[Codec, Codec]) -> None:
    async def call() -> None:
        desk = Desk()
        (a, left), (b, right) = await desk.leg(440, codecs[0]), await desk.leg(1000, codecs[1])
        left.connect(right)
        await asyncio.gather(a.hum(left.local, 0.5), b.hum(right.local, 0.5))
        await eventually(lambda: len(a.packets) >= 24 and len(b.packets) >= 24)
        assert share(a.heard(), 1000) > 0.9
        assert share(b.heard(), 440) > 0.9
        assert {p.payload_type for p in a.packets} == {codecs[0].payload_type}
        assert {p.payload_type for p in b.packets} == {codecs[1].payload_type}
        for thing in desk.open:
            thing.close()

    run(call())


def numbers_go_on(packets: list[Packet]) -> bool:
    pairs = list(pairwise(packets))
    return all((b.sequence - a.sequence) & 0xFFFF == 1 for a, b in pairs) and all(
        160 <= (b.timestamp - a.timestamp) & 0xFFFFFFFF < 2**31 for a, b in pairs
    )


async def test_prompt_bridge_prompt_is_one_stream(desk: Desk) -> None:
    (a, left), (b, right) = await desk.leg(440), await desk.leg(1000)
    prompt = Clip.from_samples(sine(2000, 0.3))
    assert await left.play(prompt).finished()
    played = len(a.packets)
    left.connect(right)
    await b.hum(right.local, 0.3)
    await eventually(lambda: len(a.packets) == played + 15)
    await left.play(prompt).finished()
    await eventually(lambda: len(a.packets) == played + 30)
    assert played == 15
    assert numbers_go_on(a.packets)
    assert {p.ssrc for p in a.packets} == {left.ssrc}
    assert [n for n, p in enumerate(a.packets) if p.marker] == [0, 15, 30]
    heard = a.heard()
    assert [share(heard[n : n + 2400], hz) > 0.9 for n, hz in ((0, 2000), (2400, 1000), (4800, 2000))] == [
        True
    ] * 3


async def test_a_prompt_hides_the_bridge_only_from_its_leg(desk: Desk) -> None:
    (a, left), (b, right) = await desk.leg(440), await desk.leg(1000)
    left.connect(right)
    playback = left.play(Clip.from_samples(sine(2000, 5.0)))
    await asyncio.gather(a.hum(left.local, 0.4), b.hum(right.local, 0.4))
    await eventually(lambda: len(b.packets) == 20)
    assert share(a.heard(), 2000) > 0.9
    assert share(a.heard(), 1000) < 0.01
    assert share(b.heard(), 440) > 0.9
    playback.stop()
    assert await playback.finished() is False


async def test_playing_keeps_an_absolute_clock(desk: Desk) -> None:
    a, left = await desk.leg(440)
    await left.play(Clip.from_samples(sine(450, 1.0))).finished()
    assert len(a.packets) == 50
    gaps = np.diff(a.arrivals)
    # Forty-nine intervals of 20 ms: single packets may be late on a busy machine, the clock may not be.
    assert abs(a.arrivals[-1] - a.arrivals[0] - 0.98) < 0.02 * scaled(1) + 0.02
    assert abs(float(np.median(gaps)) - 0.02) < 0.005


async def test_a_looping_clip_has_no_hole_at_its_end(desk: Desk) -> None:
    a, left = await desk.leg(440)
    playback = left.play(PCMA.encode(sine(500, 0.05)), loop=True)  # 400 samples: no whole number of packets
    await eventually(lambda: len(a.packets) >= 20)
    playback.stop()
    assert share(a.heard(), 500) > 0.99
    assert playback.seconds >= 0.4


async def test_a_second_clip_stops_the_first_and_an_empty_one_is_done(desk: Desk) -> None:
    _, left = await desk.leg(440)
    first = left.play(Clip.from_samples(sine(500, 5)))
    second = left.play(Clip.from_samples(sine(500, 0.04)))
    assert await first.finished() is False
    assert await second.finished() is True
    assert await left.play(b"").finished() is True


async def test_the_last_frame_is_filled_with_silence(desk: Desk) -> None:
    a, left = await desk.leg(440, PCMU)
    await left.play(b"\x55" * 200).finished()
    await eventually(lambda: len(a.packets) == 2)
    assert a.packets[1].payload[40:] == PCMU.quiet(120)


@pytest.mark.parametrize("theirs", [101, 96, None])
async def test_keys_are_reported_once_and_relayed_with_the_other_side_s_type(
    desk: Desk, theirs: int | None
) -> None:
    (a, left), (b, right) = await desk.leg(440), await desk.leg(1000, dtmf=theirs)
    left.connect(right)
    keys: list[str] = []
    left.on_digit = keys.append
    await a.hum(left.local, 0.1)
    for index, payload in enumerate(event_payloads("5")[1:]):  # the marker packet is lost
        packet = a.packet(a.number + 1 + index, payload_type=101, timestamp=5000 + 800, payload=payload)
        a.send(left.local, packet)
    a.number += 8
    await a.hum(left.local, 0.1)
    await eventually(lambda: left.stats.packets_in == 16 and keys)
    assert keys == ["5"]
    await eventually(lambda: len(b.packets) == (10 if theirs is None else 16))
    assert [p.payload for p in b.packets if p.payload_type == theirs] == (
        event_payloads("5")[1:] if theirs else []
    )
    assert left.stats.lost == 2
    assert len({p.sequence for p in b.packets}) == len(b.packets)


async def test_row_13_a_renegotiation_while_a_key_is_pressed_does_not_make_it_two(desk: Desk) -> None:
    """baresip sends a re-INVITE of its own just after the answer; nothing changes by it."""
    (a, left), (b, right) = await desk.leg(440), await desk.leg(1000)
    left.connect(right)
    for index, payload in enumerate(event_payloads("5")):
        a.send(left.local, a.packet(1 + index, payload_type=101, timestamp=800, payload=payload))
        await eventually(lambda: len(b.packets) == index + 1)  # noqa: B023
        for stream, phone in ((left, a), (right, b)):
            stream.set_remote(phone.addr, PCMA, 101)
            stream.sending = stream.receiving = True
    assert len({packet.timestamp for packet in b.packets}) == 1


async def test_a_callback_that_raises_harms_no_media(desk: Desk) -> None:
    (a, left), (b, right) = await desk.leg(440), await desk.leg(1000)
    left.connect(right)
    seen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context))
    left.on_digit = lambda key: {"no such key": None}[key]
    a.send(left.local, a.packet(0, payload_type=101, payload=event_payloads("1")[0]))
    a.number = 1
    await a.hum(left.local, 0.1)
    await eventually(lambda: len(b.packets) == 6 and seen)
    assert isinstance(seen[0]["exception"], KeyError)


async def test_media_from_elsewhere_is_followed_once_then_strangers_are_dropped(desk: Desk) -> None:
    (a, left), (_, right) = await desk.leg(440), await desk.leg(1000)
    behind_nat, stranger = desk.phone(440), desk.phone(3000, ssrc=9)
    left.connect(right)
    for junk in (b"", b"x", b"\x80\x08" + bytes(10), bytes(172), b"\x80\x63" + bytes(170)):
        stranger.send(left.local, junk)
    await eventually(lambda: left.stats.strangers == 5)
    behind_nat.send(left.local)
    await eventually(lambda: left.remote == behind_nat.addr)
    stranger.send(left.local)
    await eventually(lambda: left.stats.strangers == 6)
    assert left.remote == behind_nat.addr
    assert (left.stats.packets_in, left.stats.retargeted) == (1, 1)
    # The same answer again (a re-INVITE) gives a stranger no second chance; another address does.
    left.set_remote(a.addr, PCMA, 101)
    stranger.send(left.local)
    await eventually(lambda: left.stats.strangers == 7)
    moved = desk.phone(440)
    left.set_remote(moved.addr, PCMA, 101)
    moved.send(left.local)
    await eventually(lambda: left.stats.packets_in == 2)
    stranger.send(left.local)
    await eventually(lambda: left.stats.strangers == 8)
    assert left.remote == moved.addr


async def test_the_signalled_address_wins_over_a_stranger_who_was_first(desk: Desk) -> None:
    a, left = await desk.leg(440)
    stranger = desk.phone(3000)
    stranger.send(left.local)
    await eventually(lambda: left.remote == stranger.addr)
    a.send(left.local)
    await eventually(lambda: left.remote == a.addr)
    stranger.send(left.local)
    await eventually(lambda: left.stats.strangers == 1)


async def test_hold_and_resume(desk: Desk) -> None:
    (a, left), (b, right) = await desk.leg(440), await desk.leg(1000)
    left.connect(right)
    await a.hum(left.local, 0.1)
    await eventually(lambda: len(b.packets) == 5)
    left.receiving = False
    await a.hum(left.local, 0.1)
    await eventually(lambda: left.stats.packets_in == 10)
    left.receiving, right.sending = True, False
    await a.hum(left.local, 0.1)
    await eventually(lambda: left.stats.packets_in == 15)
    right.sending = True
    right.set_remote(("0.0.0.0", 4000), PCMA, 101)  # old-style hold
    await a.hum(left.local, 0.1)
    await eventually(lambda: left.stats.packets_in == 20)
    assert len(b.packets) == 5
    right.set_remote(b.addr, PCMA, 101)
    await a.hum(left.local, 0.1)
    await eventually(lambda: len(b.packets) == 10)
    assert numbers_go_on(b.packets)
    assert [n for n, p in enumerate(b.packets) if p.marker] == [0, 5]


async def test_a_stream_on_hold_plays_on_unheard(desk: Desk) -> None:
    a, left = await desk.leg(440)
    left.sending = False
    assert await left.play(Clip.from_samples(sine(500, 0.1))).finished()
    assert a.packets == []


async def test_a_third_party_takes_the_bridge_over(desk: Desk) -> None:
    (a, left), (b, right), (c, third) = [await desk.leg(hz) for hz in (440, 1000, 2000)]
    left.connect(right)
    left.connect(third)
    assert right.peer is None
    await asyncio.gather(*(p.hum(s.local, 0.3) for p, s in ((a, left), (b, right), (c, third))))
    await eventually(lambda: len(a.packets) == len(c.packets) == 15)
    assert share(a.heard(), 2000) > 0.9
    assert share(c.heard(), 440) > 0.9
    assert b.packets == []
    third.close()
    assert left.peer is None


async def test_strange_headers_are_read_and_ours_are_plain(desk: Desk) -> None:
    (a, left), (b, right) = await desk.leg(440), await desk.leg(1000)
    left.connect(right)
    a.send(left.local)
    odd = a.packet(1, csrc=(1, 2), extension=(0xBEDE, bytes(4)), padding=b"\0\2")
    a.send(left.local, odd)
    a.send(left.local, bytes(a.packet(2))[:8])
    a.send(left.local, b"\x9f" + bytes(a.packet(2))[1:20])
    a.send(left.local, a.packet(2, payload_type=13))
    a.send(left.local, a.packet(3))
    await eventually(lambda: len(b.packets) == 3)
    assert [p.payload for p in b.packets] == [a.packet(n).payload for n in (0, 1, 3)]
    assert b.packets[1].csrc == () and b.packets[1].extension is None
    assert (left.stats.malformed, left.stats.unknown) == (2, 0)
    assert left.stats.last_comfort is not None


async def test_counters(desk: Desk) -> None:
    (a, left), (b, right) = await desk.leg(440), await desk.leg(1000)
    left.connect(right)
    for number in (0, 1, 4, 3, 3, 5):
        a.send(left.local, a.packet(number))
    await eventually(lambda: left.stats.packets_in == 6)
    stats = left.stats
    assert (stats.lost, stats.late, stats.duplicates, stats.bytes_in) == (1, 1, 1, 6 * 172)
    assert (right.stats.packets_out, right.stats.bytes_out) == (5, 5 * 172)
    assert stats.last_received is not None
    await eventually(lambda: len(b.packets) == 5)


async def test_a_peer_that_is_gone_stops_nothing(desk: Desk) -> None:
    """Its machine answers "port unreachable", which a connected socket turns into errors of recv and send."""
    (a, left), (b, right) = await desk.leg(440), await desk.leg(1000)
    left.connect(right)
    await asyncio.gather(a.hum(left.local, 0.1), b.hum(right.local, 0.1))
    await eventually(lambda: len(b.packets) == 5)
    desk.open.remove(b)
    b.close()
    await a.hum(left.local, 0.2)
    await eventually(lambda: left.stats.packets_in == 15)
    assert right.stats.packets_out + right.stats.unsent == 15
    assert await right.play(PCMA.quiet(800)).finished()


async def test_ipv6() -> None:
    from sip.aio.ports import PortPool

    stream = await MediaStream.open(PortPool("::1", 10000, 29999))
    phone = Phone(440, host="::1")
    stream.set_remote(phone.addr, PCMA, None)
    phone.send(stream.local)
    await eventually(lambda: stream.stats.packets_in == 1)
    assert stream.stats.retargeted == 0
    await stream.play(b"\x55" * 160).finished()
    await eventually(lambda: len(phone.packets) == 1)
    phone.close()
    stream.close()


async def test_what_makes_no_sense_is_refused(desk: Desk) -> None:
    _, left = await desk.leg(440)
    with pytest.raises(ValueError, match="itself"):
        left.connect(left)
    with pytest.raises(ValueError, match="address"):
        left.set_remote(("phone.example", 4000), PCMA, None)
    left.close()
    left.close()
    with pytest.raises(RuntimeError, match="closed"):
        left.play(b"\x55")
