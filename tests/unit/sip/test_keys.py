"""Keys sent as RTP events, in order, as one digit each, in place of the audio."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sip.aio.rtp import MAX_PRESSES, MediaStream
from sip.media.clip import Clip
from sip.media.dtmf import Detector
from sip.media.g711 import PCMA
from sip.media.tones import sine
from tests.support import eventually
from tests.unit.sip.phone import Phone, pool


async def test_keys_are_events_of_one_timestamp_each_and_audio_waits() -> None:
    stream, phone = await MediaStream.open(pool()), Phone(440)
    stream.set_remote(phone.addr, PCMA, 96)
    stream.play(Clip.from_samples(sine(440, 1.0)), loop=True)
    await eventually(lambda: len(phone.packets) > 5)
    for key in "15":
        stream.press(key, 80)
    await eventually(lambda: [p.payload_type for p in phone.packets].count(96) == 12)
    await eventually(lambda: phone.packets[-1].payload_type == 8)
    events = [packet for packet in phone.packets if packet.payload_type == 96]
    detector = Detector()
    keys = [detector.feed(p.ssrc, p.timestamp, p.payload) for p in events]
    assert [key for key in keys if key] == ["1", "5"]
    assert len({packet.timestamp for packet in events}) == 2
    assert [n for n, packet in enumerate(events) if packet.marker] == [0, 6]
    numbers = [packet.sequence for packet in phone.packets]
    assert all((b - a) & 0xFFFF == 1 for a, b in pairwise(numbers))
    first = phone.packets.index(events[0])
    assert {p.payload_type for p in phone.packets[first : first + 12]} == {96}
    stream.close()
    phone.close()


async def test_what_cannot_be_sent_is_not() -> None:
    stream, phone = await MediaStream.open(pool()), Phone(440)
    stream.set_remote(phone.addr, PCMA, None)
    stream.press("1")
    stream.set_remote(phone.addr, PCMA, 101)
    with pytest.raises(ValueError, match="no telephone key"):
        stream.press("x")
    for _ in range(100):
        stream.press("1")
    assert len(stream._presses) == MAX_PRESSES
    stream.close()
    stream.press("1")
    phone.close()


async def test_a_prompt_a_bridge_or_a_hold_that_begins_meanwhile_does_not_make_a_key_two() -> None:
    ports = pool()
    stream, other, phone = await MediaStream.open(ports), await MediaStream.open(ports), Phone(440)
    stream.set_remote(phone.addr, PCMA, 96)
    stream.press("5", 160)
    await eventually(lambda: len(phone.packets) > 2)
    stream.play(Clip.from_samples(sine(440, 1.0)), loop=True)
    await eventually(lambda: len(phone.packets) > 4)
    stream.connect(other)
    other.receiving = False
    await eventually(lambda: len(phone.packets) > 6)
    stream.stop_playing()
    await eventually(lambda: [p.payload_type for p in phone.packets].count(96) == 10)
    assert len({packet.timestamp for packet in phone.packets}) == 1
    stream.close()
    other.close()
    phone.close()
