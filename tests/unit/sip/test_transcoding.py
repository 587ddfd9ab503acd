"""`sip.media.transcoding`: tones come through, time stays true, damage does not stop it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sip.media.codecs import G722, OPUS, Codec, Packed, clock_rate, frame_ticks
from sip.media.dtmf import Event, MalformedEvent
from sip.media.g711 import PCMA, PCMU, Samples
from sip.media.tones import sine
from sip.media.transcoding import Decoder, Made, Transcoder, encoded, samples_of
from tests.unit.sip.phone import share

CODECS: tuple[Codec, ...] = (PCMA, PCMU, G722, OPUS)


def packets(codec: Codec, hertz: float = 440.0, seconds: float = 1.0) -> list[bytes]:
    samples = sine(hertz, seconds)
    if isinstance(codec, Packed):
        return list(encoded(samples, codec))
    data = codec.encode(samples)
    return [data[at : at + 160] for at in range(0, len(data), 160)]


def heard(codec: Codec, payloads: list[bytes]) -> tuple[Samples, int]:
    decoder = Decoder(codec)
    frames = [frame for payload in payloads for frame in decoder.decode(payload)]
    return np.concatenate([samples_of(frame) for frame in frames]), frames[0].sample_rate


def through(transcoder: Transcoder, source: Codec, payloads: list[bytes], skip: range) -> list[Made]:
    made = []
    for number, payload in enumerate(payloads):
        if number not in skip:
            made += transcoder.take(1000 + number, 77 + number * frame_ticks(source), payload)
    return made


def strongest(samples: Samples, rate: int) -> float:
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / rate)[power.argmax()])


@pytest.mark.parametrize(
    ("source", "target"), list(itertools.permutations(CODECS, 2)), ids=lambda codec: codec.name
)
def test_a_tone_comes_through_with_its_time(source: Codec, target: Codec) -> None:
    sent = packets(source)
    made = through(Transcoder(source, target), source, sent, range(0))
    assert len(made) == len(sent) == 50  # a packet in, a packet out: nothing is held back
    assert [each.sequence for each in made] == list(range(50))
    assert [each.timestamp for each in made] == [number * frame_ticks(target) for number in range(50)]
    assert [each.marker for each in made] == [True] + [False] * 49
    samples, rate = heard(target, [each.payload for each in made])
    assert abs(len(samples) / rate - 1.0) < 0.001
    assert abs(strongest(samples[rate // 4 :], rate) - 440) < 3


def test_a_loss_stays_a_loss() -> None:
    made = through(Transcoder(PCMA, OPUS), PCMA, packets(PCMA), range(10, 13))
    assert [each.sequence for each in made] == [*range(10), *range(13, 50)]
    assert [each.timestamp for each in made] == [n * 960 for n in (*range(10), *range(13, 50))]
    assert not made[10].marker


def test_a_pause_is_no_loss_and_ends_with_a_marker() -> None:
    transcoder, sent = Transcoder(OPUS, PCMA), packets(OPUS)
    made = [each for n in range(5) for each in transcoder.take(n, n * 960, sent[n])]
    made += transcoder.take(5, 100 * 960, sent[5])
    assert [each.sequence for each in made] == [0, 1, 2, 3, 4, 5]
    assert [each.timestamp for each in made] == [0, 160, 320, 480, 640, 16000]
    assert [each.marker for each in made][-1]


def test_what_comes_after_its_successor_is_left_out() -> None:
    transcoder, sent = Transcoder(PCMA, G722), packets(PCMA)
    assert transcoder.take(1, 160, sent[1])
    assert transcoder.take(0, 0, sent[0]) == []
    assert transcoder.take(1, 160, sent[1]) == []
    assert [each.sequence for each in transcoder.take(2, 320, sent[2])] == [1]


def test_packets_of_another_length_become_packets_of_20_ms() -> None:
    transcoder, sent = Transcoder(PCMA, OPUS), b"".join(packets(PCMA))
    made = [each for n in range(100) for each in transcoder.take(n, n * 80, sent[n * 80 : n * 80 + 80])]
    assert [each.timestamp for each in made] == [n * 960 for n in range(50)]
    transcoder = Transcoder(PCMA, OPUS)
    made = [each for n in range(16) for each in transcoder.take(n, n * 480, sent[n * 480 : n * 480 + 480])]
    assert len(made) == 48


def test_the_timestamp_wraps() -> None:
    transcoder, sent = Transcoder(G722, PCMU), packets(G722)
    begin = 0x100000000 - 160
    made = transcoder.take(0xFFFF, begin, sent[0]) + transcoder.take(0, 0, sent[1])
    assert [each.sequence for each in made] == [0, 1]
    assert [each.timestamp for each in made] == [0, 160]


@pytest.mark.parametrize("damage", [b"", b"\xff" * 3, bytes(range(200)), b"\x0b\xff", b"\x0b\x41"])
def test_damage_is_as_good_as_lost(damage: bytes) -> None:
    transcoder, sent = Transcoder(OPUS, PCMA), packets(OPUS)
    for number in range(10):
        transcoder.take(number, number * 960, sent[number])
    transcoder.take(10, 9600, damage)
    (made,) = transcoder.take(11, 11 * 960, sent[11])
    assert 0 <= 11 * 160 - made.timestamp <= 80  # one of them is a packet of 10 ms, which comes through


def test_a_key_keeps_its_place_and_its_length() -> None:
    transcoder, sent = Transcoder(PCMA, OPUS), packets(PCMA)
    transcoder.take(0, 0, sent[0])
    (key,) = transcoder.event(1, 160, bytes(Event(5, False, 800)), (8000, 48000))
    assert (key.sequence, key.timestamp, key.is_event) == (1, 960, True)
    assert Event.parse(key.payload) == Event(5, False, 4800)
    (end,) = transcoder.event(2, 160, bytes(Event(5, True, 1600)), (8000, 8000))
    assert (end.sequence, end.timestamp, end.payload) == (2, 960, bytes(Event(5, True, 1600)))
    (voice,) = transcoder.take(3, 1760, sent[1])
    assert (voice.sequence, voice.timestamp) == (3, 11 * 960)
    with pytest.raises(MalformedEvent):
        transcoder.event(4, 0, b"", (8000, 8000))
    assert transcoder.event(2, 160, bytes(Event(5, True, 1600)), (8000, 8000)) == []
    assert Transcoder(PCMA, OPUS).event(9, 160, bytes(Event(5, True, 1600)), (8000, 8000))[0].timestamp == 0


@pytest.mark.parametrize("codec", [G722, OPUS], ids=lambda codec: codec.name)
def test_a_clip_is_made_of_whole_packets(codec: Packed) -> None:
    made = encoded(sine(1000, 0.49), codec)
    assert len(made) == 25
    assert sum(codec.ticks(packet) for packet in made) == clock_rate(codec) // 2
    samples, rate = heard(codec, list(made))
    assert abs(strongest(samples, rate) - 1000) < 5
    assert encoded(sine(1000, 0.0), codec) == ()


def test_the_tone_is_clean() -> None:
    made = through(Transcoder(OPUS, PCMA), OPUS, packets(OPUS, 1000), range(0))
    assert share(PCMA.decode(b"".join(each.payload for each in made))[1600:], 1000) > 0.9
