"""A UDP socket whose datagrams come with the time at which the kernel received them.

The event loop may be late, by tens of milliseconds on a busy machine; ring times are evidence and are not to
depend on that. Linux stamps each datagram on arrival (SO_TIMESTAMPNS, socket(7)); elsewhere the time of
reading is taken.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from sip.aio.dscp import mark
from sip.moment import Moment
from sip.transactions import Address as HostPort

Receive = Callable[[bytes, HostPort, Moment], None]

BURST: Final = 64
"""Datagrams read at one wake-up, so that timers and other sockets get their turn."""
LARGEST: Final = 65535
BUFFER: Final = 4 << 20
OLDEST: Final = 10.0
"""Seconds: a stamp that is older, or lies ahead, tells of a clock that was set meanwhile."""
_TIMESTAMPNS: Final = 35  # SO_TIMESTAMPNS and SCM_TIMESTAMPNS, asm-generic/socket.h; not in Python's module
_TIMESPEC: Final = struct.Struct("@qq")


class UdpSocket:
    """Made by `open`. `counters` tells what could not be sent."""

    def __init__(
        self, sock: socket.socket, receive: Receive, clock: Callable[[], float], counters: Counter[str]
    ) -> None:
        self.family = sock.family
        self.local: HostPort = sock.getsockname()[:2]
        self._socket = sock
        self._receive = receive
        self._clock = clock
        self._counters = counters
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._readable)

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        receive: Receive,
        clock: Callable[[], float],
        counters: Counter[str],
        *,
        dscp: int = 0,
    ) -> UdpSocket:
        """Binds; port 0 takes a free one. Raises OSError where it is taken or `host` is not ours."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
        family, kind, proto, _, address = found[0]
        sock = socket.socket(family, kind, proto)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            if family == socket.AF_INET6:  # IPv4 has a socket of its own: no addresses of mixed kinds
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if sys.platform == "linux":
                sock.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)
            mark(sock, dscp)
            sock.bind(address)
        except OSError:
            sock.close()
            raise
        return cls(sock, receive, clock, counters)

    def send(self, data: bytes, to: HostPort) -> None:
        """Sends, or counts what could not be sent: transactions send again."""
        if self._socket.fileno() < 0:
            return
        try:
            self._socket.sendto(data, to)
        except (BlockingIOError, InterruptedError):
            self._counters["send_buffer_full"] += 1
        except OSError:
            self._counters["socket_error"] += 1  # no route, too large, forbidden by a firewall

    def close(self) -> None:
        """A second call does nothing."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _readable(self) -> None:
        for _ in range(BURST):
            if self._socket.fileno() < 0:
                return  # closed by what the last datagram brought
            try:
                data, ancillary, _, address = self._socket.recvmsg(LARGEST, 64)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self._counters["socket_error"] += 1
                return
            self._receive(data, (address[0], address[1]), self._moment(ancillary))

    def _moment(self, ancillary: list[tuple[int, int, bytes]]) -> Moment:
        now, mono = time.time(), self._clock()
        age = 0.0
        for level, kind, value in ancillary:
            if level == socket.SOL_SOCKET and kind == _TIMESTAMPNS and len(value) == _TIMESPEC.size:
                seconds, nanoseconds = _TIMESPEC.unpack(value)
                age = now - (seconds + nanoseconds / 1e9)
        if not 0.0 <= age < OLDEST:
            age = 0.0
        return Moment(datetime.fromtimestamp(now - age, UTC), mono - age)
