"""The socket: datagrams with the kernel's time of arrival."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter

import pytest

from sip.aio.udp import UdpSocket
from sip.moment import Moment
from tests.support import eventually

Got = list[tuple[bytes, tuple[str, int], Moment]]


async def opened(got: Got, counters: Counter[str] | None = None, host: str = "127.0.0.1") -> UdpSocket:
    return await UdpSocket.open(
        host, 0, lambda *what: got.append(what), time.monotonic, Counter() if counters is None else counters
    )


async def test_a_datagram_bears_the_time_of_its_arrival_however_late_it_is_read() -> None:
    got: Got = []
    udp = await opened(got)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        before, wall = time.monotonic(), time.time()
        peer.sendto(b"hello", udp.local)
        sent = time.monotonic()
        while time.monotonic() < sent + 0.2:
            pass  # the loop is busy, as it may be
        await eventually(lambda: got)
    data, source, moment = got[0]
    assert (data, source[0]) == (b"hello", "127.0.0.1")
    assert before - 0.001 <= moment.mono <= sent + 0.05
    assert abs(moment.utc.timestamp() - wall) < 0.1
    udp.close()


async def test_sends_and_survives_what_cannot_be_sent() -> None:
    counters: Counter[str] = Counter()
    got: Got = []
    one, other = await opened([], counters), await opened(got)
    one.send(b"to you", other.local)
    await eventually(lambda: got)
    one.send(b"x" * 70000, other.local)
    assert counters["socket_error"] == 1
    one.close()
    one.close()
    one.send(b"after the end", other.local)
    other.close()


async def test_a_taken_port_is_an_error() -> None:
    one = await opened([])
    with pytest.raises(OSError, match="in use"):
        await UdpSocket.open("127.0.0.1", one.local[1], lambda *what: None, time.monotonic, Counter())
    one.close()


async def test_a_burst_leaves_others_their_turn() -> None:
    got: Got = []
    udp = await opened(got)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        for _ in range(200):
            peer.sendto(b"x", udp.local)
    await asyncio.sleep(0)
    await eventually(lambda: len(got) == 200)
    udp.close()


async def test_ipv6() -> None:
    got: Got = []
    udp = await opened(got, host="::1")
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as peer:
        peer.sendto(b"six", ("::1", udp.local[1]))
    await eventually(lambda: got)
    assert got[0][1][0] == "::1"
    udp.close()
