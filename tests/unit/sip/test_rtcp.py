"""RTCP as values (`sip.media.rtcp`) and on sockets (`sip.aio.rtcp`)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.aio import rtcp as aio
from sip.aio.rtp import MediaStream
from sip.media.g711 import PCMA
from sip.media.rtcp import (
    Block,
    Goodbye,
    Item,
    MalformedReport,
    Name,
    Report,
    Sender,
    build,
    is_rtcp,
    middle,
    ntp_time,
    parse,
)
from tests.support import eventually, scaled
from tests.unit.sip.phone import Phone, pool

word = st.integers(0, 2**32 - 1)
blocks = st.builds(
    Block,
    ssrc=word,
    fraction=st.integers(0, 255),
    lost=st.integers(-(2**23), 2**23 - 1),
    highest=word,
    jitter=word,
    last_report=word,
    delay=word,
)
senders = st.builds(Sender, ntp=st.integers(0, 2**64 - 1), timestamp=word, packets=word, octets=word)
reports = st.builds(
    Report, ssrc=word, sender=st.none() | senders, blocks=st.lists(blocks, max_size=31).map(tuple)
)
names = st.builds(Name, ssrc=word, cname=st.text(max_size=60))
goodbyes = st.builds(Goodbye, ssrcs=st.lists(word, max_size=31).map(tuple))


@given(reports, st.lists(names | goodbyes | reports, max_size=4))
def test_what_is_built_is_read(first: Report, more: list[Item]) -> None:
    raw = build(first, *more)
    assert len(raw) % 4 == 0 and is_rtcp(raw)
    assert parse(raw) == (first, *more)


@given(st.binary(max_size=200), reports)
def test_nonsense_is_refused_never_worse(tail: bytes, report: Report) -> None:
    for raw in (tail, build(report) + tail, build(report)[: len(tail)]):
        try:
            parse(raw)
        except MalformedReport:
            continue


def test_the_letters_of_the_rfc() -> None:
    raw = build(Report(1, Sender(0x1111111122222222, 3, 4, 5), (Block(6, 7, -1, 8, 9, 10, 11),)))
    assert raw.hex(" ", 4) == (
        "81c8000c 00000001 11111111 22222222 00000003 00000004 00000005 "
        "00000006 07ffffff 00000008 00000009 0000000a 0000000b"
    )
    assert build(Name(1, "ab")).hex(" ", 4) == "81ca0003 00000001 01026162 00000000"
    assert build(Goodbye((1,))).hex(" ", 4) == "81cb0001 00000001"


def test_other_kinds_are_stepped_over() -> None:
    application = bytes.fromhex("80cc0002 00000001 6e616d65")
    assert parse(build(Report(1)) + application + build(Goodbye((1,)))) == (Report(1), Goodbye((1,)))


def test_ntp_time() -> None:
    assert ntp_time(0.0) >> 32 == 2208988800
    assert middle(0x1111222233334444) == 0x22223333


def test_rtp_is_no_rtcp() -> None:
    assert not is_rtcp(bytes([0x80, 8]) + bytes(30))
    assert not is_rtcp(bytes([0x80, 8 | 0x80]) + bytes(30))
    assert not is_rtcp(b"\x80\xc8")


# -- on sockets -------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aio, "INTERVAL", 0.2)


@pytest.fixture
async def stream(quick: None) -> AsyncIterator[MediaStream]:
    ports = pool()
    stream = await MediaStream.open(ports)
    yield stream
    stream.close()
    assert ports.in_use == 0


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        yield sock


async def receive(sock: socket.socket) -> bytes:
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 2048), scaled(5))


async def test_reports_are_sent_and_answered_with_a_round_trip(
    stream: MediaStream, peer: socket.socket
) -> None:
    phone = Phone(440)
    stream.set_remote(phone.addr, PCMA, None, peer.getsockname()[1])
    await phone.hum(stream.local, 0.2)
    first, name = parse(await receive(peer))
    assert isinstance(first, Report) and isinstance(name, Name)
    assert (first.ssrc, name.ssrc) == (stream.ssrc, stream.ssrc)
    assert first.sender is None  # nothing was sent
    report: Item = first
    while not (isinstance(report, Report) and [b.highest & 0xFFFF for b in report.blocks] == [1009]):
        report, name = parse(await receive(peer))
    (block,) = report.blocks
    assert (block.ssrc, block.highest & 0xFFFF, block.lost, block.last_report) == (1, 1009, 0, 0)
    stream._send(bytes(172))
    while not (isinstance(report, Report) and report.sender):
        report, name = parse(await receive(peer))
    answer = Report(1, report.sender, (Block(stream.ssrc, 0, 0, 0, 0, middle(report.sender.ntp), 0),))
    peer.sendto(build(answer), (stream.local[0], stream.local[1] + 1))
    await eventually(lambda: stream.rtcp.figures.round_trip is not None)
    trip = stream.rtcp.figures.round_trip
    assert trip is not None and trip < scaled(1)
    later: Item = report
    while not (isinstance(later, Report) and later.blocks and later.blocks[0].last_report):
        later, name = parse(await receive(peer))
    assert later.blocks[0].last_report == middle(report.sender.ntp)
    stream.close()
    items = parse(await receive(peer))
    while not isinstance(items[-1], Goodbye):
        items = parse(await receive(peer))
    phone.close()


async def test_a_stranger_s_report_counts_for_nothing(stream: MediaStream, peer: socket.socket) -> None:
    stream.set_remote(("192.0.2.1", 4000), PCMA, None)
    peer.sendto(build(Report(1), Goodbye((1,))), (stream.local[0], stream.local[1] + 1))
    await eventually(lambda: stream.rtcp.malformed == 1)
    assert not stream.rtcp.remote_left


async def test_reports_among_the_media_are_read(stream: MediaStream) -> None:
    phone = Phone(440)
    stream.set_remote(phone.addr, PCMA, 101)
    await phone.hum(stream.local, 0.1)
    await eventually(lambda: stream.stats.packets_in == 5)
    phone.send(stream.local, build(Report(1), Goodbye((1,))))
    await eventually(lambda: stream.rtcp.remote_left)
    assert (stream.stats.packets_in, stream.stats.unknown, stream.stats.malformed) == (5, 0, 0)
    phone.close()
