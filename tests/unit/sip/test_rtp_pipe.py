"""The short way is never seen: whatever comes and whatever is changed, it does what the long way does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sip.aio.ports import PortPool
from sip.aio.rtp import MediaStream
from sip.aio.rtp_pipe import FULL_EVERY
from sip.aio.rtp_poller import Poller
from sip.media.codecs import G722
from sip.media.dtmf import event_payloads
from sip.media.g711 import PCMA, PCMU, Codec
from sip.media.rtp import Packet
from sip.sdes import Crypto, Keys
from tests.unit.sip.phone import pool

SECOND = 50
"""Packets."""

CRYPTO = Crypto(1, "AES_CM_128_HMAC_SHA1_80", bytes(range(30)))
KEYS = Keys(CRYPTO, CRYPTO)


@dataclass
class Tape:
    """A track that keeps what it is told, whichever way."""

    codec: Codec = PCMA
    heard: list[bytes] = field(default_factory=list)
    fed: int = 0

    def feed(
        self, now: float, ssrc: int, sequence: int, timestamp: int, second: int, payload: bytes, /
    ) -> None:
        self.fed += 1
        self.heard.append(payload)

    def follow(self, payload: bytes, /) -> None:
        self.heard.append(payload)


class Counting(MediaStream):
    """Counts what takes the long way."""

    __slots__ = ("long",)

    def __init__(self, ports: Any) -> None:
        self.long = 0
        super().__init__(ports)

    def _received(self, data: bytes, now: float) -> None:
        self.long += 1
        super()._received(data, now)


class LongOnly(Counting):
    """Knows no short way."""

    __slots__ = ()

    def _received(self, data: bytes, now: float) -> None:
        super()._received(data, now)
        self._pipe.close()


class Party:
    """One leg and its phone, of which nothing happens by itself: `serve` reads what is there."""

    def __init__(
        self, kind: type[Counting], ports: PortPool, ssrc: int, sequence: int, timestamp: int
    ) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.stream = kind(ports.acquire())
        self.tape = Tape()
        self.got: list[Packet] = []
        self.ssrc, self.sequence, self.timestamp = ssrc, sequence, timestamp
        self.signal(PCMA)
        self.stream.recorder = self.tape

    @property
    def addr(self) -> tuple[str, int]:
        return "127.0.0.1", self.socket.getsockname()[1]

    def signal(self, codec: Codec) -> None:
        self.stream.set_remote(self.addr, codec, 101)

    def send(self, raw: bytes) -> None:
        self.socket.sendto(raw, self.stream.local)
        serve()

    def packet(self, ahead: int = 0, **changes: Any) -> bytes:
        values: dict[str, Any] = {
            "payload_type": 8,
            "sequence": (self.sequence + ahead) & 0xFFFF,
            "timestamp": (self.timestamp + 160 * ahead) & 0xFFFFFFFF,
            "ssrc": self.ssrc,
            "payload": bytes(((self.sequence + ahead) & 0xFF,)) * 160,
        }
        return bytes(Packet(**(values | changes)))

    def advance(self, packets: int, samples: int = 160) -> None:
        self.sequence += packets
        self.timestamp += packets * samples

    def speak(self, packets: int) -> None:
        for _ in range(packets):
            self.send(self.packet())
            self.advance(1)

    def hear(self) -> None:
        while True:
            try:
                self.got.append(Packet.parse(self.socket.recv(2048)))
            except BlockingIOError:
                return

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


def serve() -> None:
    while Poller.of_running_loop()._serve():
        pass


class Call:
    """A and B in a bridge, C outside of it."""

    def __init__(self, kind: type[Counting], sequence: int, timestamp: int) -> None:
        ports = pool()
        self.a, self.b, self.c = (Party(kind, ports, n, sequence, timestamp) for n in (1, 2, 3))
        self.parties = (self.a, self.b, self.c)
        self.a.stream.connect(self.b.stream)
        for party in (self.a, self.b, self.a, self.b):
            party.speak(1)

    def seen(self) -> list[Any]:
        """All that anybody outside can tell; times of a talkspurt's beginning differ from run to run."""
        for party in self.parties:
            party.hear()
        return [
            [
                stats_of(party.stream),
                b"".join(party.tape.heard),
                [(p.payload_type, p.sequence, p.marker, p.payload, p.ssrc) for p in party.got],
                [
                    (q.timestamp - p.timestamp) & 0xFFFFFFFF
                    for p, q in zip(party.got, party.got[1:], strict=False)
                    if not q.marker
                ],
            ]
            for party in self.parties
        ]

    def close(self) -> None:
        for party in self.parties:
            party.close()


def stats_of(stream: MediaStream) -> dict[str, Any]:
    found = asdict(stream.stats)
    return found | {name: found[name] is not None for name in ("last_received", "last_comfort")}


@contextmanager
def call_of(kind: type[Counting], sequence: int = 1000, timestamp: int = 5000) -> Iterator[Call]:
    """Our own numbers begin where theirs do."""
    given = {32: timestamp, 15: sequence & 0x7FFF}
    with patch("sip.aio.rtp.random.getrandbits", given.__getitem__):
        call = Call(kind, sequence, timestamp)
    try:
        yield call
    finally:
        call.close()


def speak(packets: int) -> Callable[[Call], None]:
    return lambda call: call.a.speak(packets)


def skip(packets: int) -> Callable[[Call], None]:
    return lambda call: call.a.advance(packets)


def late(call: Call) -> None:
    call.a.send(call.a.packet(1))
    call.a.send(call.a.packet(0))
    call.a.advance(2)


def again(call: Call) -> None:
    call.a.send(call.a.packet(-1))


def odd(samples: int = 160, **changes: Any) -> Callable[[Call], None]:
    def send(call: Call) -> None:
        call.a.send(call.a.packet(**changes))
        call.a.advance(1, samples)

    return send


def marked(call: Call) -> None:
    call.a.timestamp += 4000
    call.a.send(call.a.packet(marker=True))
    call.a.advance(1)


def resource(call: Call) -> None:
    call.a.ssrc += 10


def key(call: Call) -> None:
    for payload in event_payloads("5"):
        call.a.send(call.a.packet(payload_type=101, payload=payload))
        call.a.sequence += 1
    call.a.timestamp += 1600


def raw(data: bytes) -> Callable[[Call], None]:
    return lambda call: call.a.send(data)


def hold(call: Call) -> None:
    call.a.stream.receiving = not call.a.stream.receiving


def deaf(call: Call) -> None:
    call.b.stream.sending = not call.b.stream.sending


def prompt(call: Call) -> None:
    if call.b.stream._playback is None:
        call.b.stream.play(b"\x55" * 80000)
    else:
        call.b.stream.stop_playing()


def old_hold(call: Call) -> None:
    call.b.stream.set_remote(None if call.b.stream.remote else call.b.addr, PCMA, 101)


def other_codec(call: Call) -> None:
    call.b.signal(PCMU if call.b.stream.codec is PCMA else PCMA)


def tape(call: Call) -> None:
    call.a.stream.recorder = None if call.a.stream.recorder else call.a.tape


def other_tape(call: Call) -> None:
    call.a.tape.codec = PCMU if call.a.tape.codec is PCMA else PCMA
    call.a.stream.recorder = call.a.tape


def transfer(call: Call) -> None:
    to = call.c if call.a.stream.peer is call.b.stream else call.b
    call.a.stream.connect(to.stream)


def apart(call: Call) -> None:
    call.a.stream.disconnect()


def answer(call: Call) -> None:
    call.b.speak(3)


def moved(call: Call) -> None:
    """B's sound is to go elsewhere: here to C's phone, and back."""
    to = call.c if call.b.stream.remote == call.b.addr else call.b
    call.b.stream.set_remote(to.addr, PCMA, 101)


def encrypted(call: Call) -> None:
    call.b.stream.secure(None if call.b.stream._link.secure else KEYS)


CHANGES = [encrypted, hold, deaf, prompt, old_hold, other_codec, tape, other_tape, transfer, apart, moved]
FAULTS = [
    *(skip(packets) for packets in (1, 5, 200, 4000)),
    late,
    again,
    marked,
    resource,
    key,
    answer,
    odd(80, payload=b"\x11" * 80),
    odd(0, payload=b""),
    odd(0, payload_type=13, payload=b"\x40"),
    odd(0, payload_type=99),
    odd(payload_type=0),
    odd(csrc=(1,), extension=(7, bytes(4)), padding=b"\0\2"),
    raw(b""),
    raw(b"\x80\x08\x00"),
    raw(b"\x80\xc8\x00\x06" + bytes(24)),  # a sender report on the RTP port
]
STEPS = st.lists(st.one_of(st.integers(1, 70).map(speak), st.sampled_from([*FAULTS, *CHANGES])), max_size=14)


@settings(max_examples=80, deadline=None)
@given(STEPS, st.sampled_from([1000, 32700, 65500]), st.sampled_from([5000, 2**32 - 3000, 2**32 - 160 * 40]))
@example([speak(70), *(step for change in CHANGES for step in (change, speak(40), change, speak(40)))], 1, 1)
@example([speak(40), moved, speak(40), answer, speak(40)], 1, 1)
@example([step for fault in FAULTS for step in (speak(40), fault)], 1, 1)
def test_whatever_happens_nobody_can_tell_which_way_a_packet_went(
    steps: list[Callable[[Call], None]], sequence: int, timestamp: int
) -> None:
    async def run() -> None:
        with call_of(Counting, sequence, timestamp) as short, call_of(LongOnly, sequence, timestamp) as long:
            for step in steps:
                step(short)
                step(long)
                assert short.seen() == long.seen()

    asyncio.run(run())


async def test_regular_packets_take_it() -> None:
    with call_of(Counting) as call:
        before, fed = call.a.stream.long, call.a.tape.fed
        call.a.speak(10 * SECOND)
        assert call.a.stream.stats.packets_in == 10 * SECOND + 2
        assert call.a.stream.long - before <= 10 * SECOND / (FULL_EVERY + 1) + 1
        assert call.a.tape.fed - fed <= 10 * SECOND / (FULL_EVERY + 1) + 1
        assert call.b.stream.stats.packets_out == 10 * SECOND + 2


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_every_change_ends_it(change: Callable[[Call], None]) -> None:
    with call_of(Counting) as call:
        call.a.speak(8)
        before = call.a.stream.long
        call.a.speak(1)
        assert call.a.stream.long == before
        change(call)
        call.a.speak(1)
        assert call.a.stream.long == before + 1


async def test_packets_that_cannot_be_sent_are_counted_as_such() -> None:
    def refuse(_: bytes | memoryview) -> int:
        raise OSError

    with call_of(Counting) as call:
        call.b.stream._link.transmit = refuse
        call.a.stream.connect(call.b.stream)
        before = call.a.stream.long
        call.a.speak(10)
        assert call.a.stream.long == before + 1
        stats = call.b.stream.stats
        assert (stats.unsent, stats.packets_out, stats.bytes_out) == (10, 2, 344)


async def test_reports_count_what_went_by() -> None:
    with call_of(Counting) as call:
        call.a.speak(20)
        assert call.a.stream.rtcp.figures.loss == 0.0
        assert call.a.stream._stats.packets_in == 22
        assert call.b.stream._stats.packets_out == 22


async def test_a_codec_that_it_does_not_know_ends_it() -> None:
    with call_of(Counting) as call:
        call.a.speak(8)
        call.b.stream.set_remote(call.b.addr, G722, 101)
        call.b.hear()
        call.b.got.clear()
        call.a.speak(8)
        call.b.hear()
        assert [p.payload_type for p in call.b.got if p.payload_type != 9] == []
        assert call.a.stream.stats.packets_in == 18
        call.b.signal(PCMA)
        call.b.hear()
        call.a.speak(2)
        call.b.hear()
        assert [(p.payload_type, p.marker) for p in call.b.got][-2:] == [(8, True), (8, False)]
