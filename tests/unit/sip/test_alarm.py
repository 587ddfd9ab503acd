from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Callable

import pytest
import uvloop

from sip.aio.alarm import LATE, Alarm
from sip.aio.udp import BURST, UdpSocket
from sip.moment import Moment
from tests.support import eventually

LOOPS = pytest.mark.parametrize("made", [asyncio.new_event_loop, uvloop.new_event_loop])


async def listening(receive: Callable[[bytes], None]) -> UdpSocket:
    def taken(data: bytes, source: tuple[str, int], moment: Moment) -> None:
        receive(data)

    return await UdpSocket.open("127.0.0.1", 0, taken, time.monotonic, Counter())


async def test_it_rings_once_at_the_earliest_time_that_was_set() -> None:
    rung: list[float] = []
    loop = asyncio.get_running_loop()
    alarm = Alarm(lambda: rung.append(loop.time()))
    begun = loop.time()
    for delay in (30.0, 0.05, 20.0):
        alarm.set(delay)
    await eventually(lambda: rung)
    assert rung[0] - begun >= 0.045
    alarm.set(-1.0)
    await eventually(lambda: len(rung) == 2)


async def test_one_that_is_cancelled_does_not_ring() -> None:
    rung: list[None] = []
    alarm = Alarm(lambda: rung.append(None))
    alarm.set(0.0)
    alarm.cancel()
    alarm.cancel()
    await asyncio.sleep(0.01)
    assert rung == []


@LOOPS
def test_what_waits_at_the_sockets_is_read_before_it_rings_too_late(
    made: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """An answer that came in time is no reason to ask again, however busy the machine is."""

    async def held_up() -> list[bytes]:
        read: list[bytes] = []
        rung = asyncio.get_running_loop().create_future()
        udp, alarm = await listening(read.append), Alarm(lambda: rung.set_result(list(read)))
        alarm.set(LATE / 2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            for number in range(3 * BURST):
                peer.sendto(b"%d" % number, udp.local)
        time.sleep(3 * LATE)  # noqa: ASYNC251 - it is what holds the loop up
        before: list[bytes] = await rung
        udp.close()
        return before

    with asyncio.Runner(loop_factory=made) as runner:
        assert len(runner.run(held_up())) == 3 * BURST


@LOOPS
def test_a_flood_does_not_silence_it(made: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def flooded() -> int:
        rung = asyncio.get_running_loop().create_future()
        alarm = Alarm(lambda: rung.set_result(None))
        read = 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:

            def again(data: bytes) -> None:
                nonlocal read
                read += 1
                peer.sendto(data, udp.local)

            udp = await listening(again)
            for _ in range(2 * BURST):
                peer.sendto(b"x", udp.local)
            alarm.set(LATE / 2)
            time.sleep(3 * LATE)  # noqa: ASYNC251 - it is what holds the loop up
            await rung
            udp.close()
        return read

    with asyncio.Runner(loop_factory=made) as runner:
        assert runner.run(flooded()) > BURST
