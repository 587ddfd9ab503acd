"""`sip.media.growing`: recordings of G.722 and Opus on the axis of time; G.711's are in test_recorder."""

from __future__ import annotations

import numpy as np
import pytest

from sip.media.codecs import G722, OPUS, Codec, Packed, frame_ticks
from sip.media.g711 import PCMA
from sip.media.growing import Growing, Packet, Write, growing, suffix
from sip.media.ogg import seconds
from sip.media.tones import sine
from sip.media.transcoding import Decoder, encoded, samples_of
from sip.media.wav import G722_TAG, HEADER_SIZE, Wav
from tests.unit.sip.test_ogg import decoded

START = 1000.0


class File:
    """What would be on the disk."""

    def __init__(self, made: Growing) -> None:
        self.made, self.data = made, bytearray()
        self.write(made.head())

    def write(self, writes: list[Write]) -> None:
        for at, data in writes:
            self.data[at : at + len(data)] = data

    def take(self, now: float) -> None:
        self.write(self.made.take(START + now))

    def finish(self, now: float) -> bytes:
        writes, size = self.made.finish(START + now)
        self.write(writes)
        assert len(self.data) >= size
        return bytes(self.data[:size])

    def sound(self, codec: Codec) -> tuple[np.ndarray, int]:
        if codec.name == "opus":
            return decoded(bytes(self.data))[0], 48000
        decoder, data = Decoder(codec), Wav.parse(bytes(self.data)).data
        return np.concatenate([samples_of(frame) for frame in decoder.decode(data)]), 16000


def packets(codec: Packed, numbers: range, offset: float = 0.0, ssrc: int = 1) -> list[Packet]:
    """A tone that is heard from `offset` seconds after the beginning."""
    made = encoded(sine(440, 3.0), codec)
    ticks = frame_ticks(codec)
    return [
        (START + offset + 0.02 * (n + 1), ssrc, n, 7 + n * ticks, codec.payload_type, made[n])
        for n in numbers
    ]


def loud(samples: np.ndarray, rate: int) -> list[bool]:
    """Whether there is the tone, for each tenth of a second."""
    tenth = rate // 10
    parts = [samples[at : at + tenth].astype(float) for at in range(0, len(samples) - tenth + 1, tenth)]
    scale = 1.0 if np.abs(samples).max() > 2 else 32768.0
    return [float(np.sqrt(np.mean((part * scale) ** 2))) > 3000 for part in parts]


BOTH = pytest.mark.parametrize("codec", [G722, OPUS], ids=lambda codec: codec.name)


@BOTH
def test_sound_is_where_it_was_spoken(codec: Packed) -> None:
    """From 0.5 s for 0.5 s, lost for 0.2 s, then on until 1.5 s; the recording ends at 2.03 s."""
    file = File(growing(codec, START))
    sent = packets(codec, range(25), 0.5) + packets(codec, range(35, 50), 0.5)
    for tick in range(1, 11):
        now = tick * 0.2
        file.made.place([packet for packet in sent if now - 0.2 < packet[0] - START <= now])
        file.take(now)
    raw = file.finish(2.03)
    samples, rate = file.sound(codec)
    assert len(samples) / rate == pytest.approx(2.03, abs=0.0001)
    assert loud(samples, rate) == [False] * 5 + [True] * 5 + [False] * 2 + [True] * 3 + [False] * 5
    assert file.made.seconds == pytest.approx(2.03, abs=0.0001)
    length = seconds(raw) if codec is OPUS else Wav.parse(raw).seconds
    assert length == pytest.approx(2.03, abs=0.0001)
    assert file.made.dropped == 0


@BOTH
def test_it_plays_at_every_moment_and_lags_100_ms(codec: Packed) -> None:
    file = File(growing(codec, START))
    for number in range(50):
        file.made.place(packets(codec, range(number, number + 1)))
        if number % 10 == 9:
            file.take(0.02 * (number + 1))
            samples, rate = file.sound(codec)
            assert len(samples) / rate == pytest.approx(0.02 * (number + 1) - 0.1, abs=0.021)


@BOTH
def test_what_arrives_out_of_order_falls_into_its_place(codec: Packed) -> None:
    file = File(growing(codec, START))
    sent = packets(codec, range(50))
    sent[20], sent[22] = sent[22], sent[20]
    sent.insert(30, sent[29])
    file.made.place([sent[0]])
    file.made.place(sent[1:])
    raw = file.finish(1.0)
    in_order = File(growing(codec, START))
    in_order.made.place(packets(codec, range(50)))
    if codec is G722:
        assert raw == in_order.finish(1.0)
    else:
        assert np.array_equal(decoded(raw)[0], decoded(in_order.finish(1.0))[0])


def test_opus_that_comes_too_late_or_is_none_is_left_out() -> None:
    file = File(growing(OPUS, START))
    sent = packets(OPUS, range(50))
    file.made.place(sent[:10] + sent[11:30])
    file.take(0.6)
    file.made.place([sent[10], (*sent[30][:5], b"")])
    file.finish(0.6)
    assert file.made.dropped == 2
    assert len(file.sound(OPUS)[0]) == 0.6 * 48000


def test_a_drift_between_clocks_is_never_heard_as_a_hole() -> None:
    """Packets whose timestamps run 0.5 % fast: RTP time leads, arrival is within bounds."""
    file = File(growing(OPUS, START))
    made = encoded(sine(440, 3.0), OPUS)
    for n in range(100):
        file.made.place([(START + 0.0199 * (n + 1), 1, n, n * 960, 111, made[n])])
    file.finish(2.0)
    assert all(loud(*file.sound(OPUS))[:19])


def test_an_end_before_what_is_written_cuts_nothing_that_is_there() -> None:
    file = File(growing(OPUS, START))
    file.made.place(packets(OPUS, range(50)))
    file.take(1.2)
    raw = file.finish(0.5)
    assert seconds(raw) == pytest.approx(1.1, abs=0.021)


def test_g722_has_its_own_tag() -> None:
    file = File(growing(G722, START))
    file.made.place(packets(G722, range(10)))
    wav = Wav.parse(file.finish(0.2))
    assert (wav.tag, wav.rate, wav.channels, wav.bits, wav.seconds) == (G722_TAG, 16000, 1, 4, 0.2)
    assert len(file.data) == HEADER_SIZE + 1600


def test_file_names() -> None:
    assert [suffix(name) for name in ("PCMA", "G722", "opus", "OPUS")] == [".wav", ".wav", ".opus", ".opus"]
    assert type(growing(PCMA, START)) is type(growing(G722, START))


def test_ffmpeg_plays_g722_in_wav() -> None:
    file = File(growing(G722, START))
    file.made.place(packets(G722, range(50)))
    raw = file.finish(1.0)
    samples, length = decoded(raw)
    assert length == 16000
    assert np.array_equal(samples, file.sound(G722)[0])
