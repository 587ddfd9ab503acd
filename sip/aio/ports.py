"""UDP ports for RTP: even ones, each with the odd port above it kept for RTCP (RFC 3550 §11)."""

from __future__ import annotations

import contextlib
import errno
import random
import socket
import time
from collections import deque
from types import TracebackType

from sip.aio.dscp import EF, mark, marked

QUARANTINE_SECONDS = 2.0
"""A port rests this long after a call: what its old peer still sends must not reach the next call."""


class PortsExhausted(OSError):
    """Every port of the pool is in use, resting or taken by somebody else; the message counts them."""


class PortPair:
    """Two bound, non-blocking sockets: RTP on an even port, RTCP on the next. `release()` gives it back."""

    def __init__(self, pool: PortPool, rtp: socket.socket, rtcp: socket.socket, port: int) -> None:
        self.rtp = rtp
        self.rtcp = rtcp
        self.port = port
        self._pool: PortPool | None = pool

    @property
    def host(self) -> str:
        """The address bound to."""
        return str(self.rtp.getsockname()[0])

    def connected(self, addr: tuple[str, int]) -> socket.socket:
        """One more socket on the RTP port, for the datagrams of `addr` alone; the caller closes it.

        The kernel gives it what comes from `addr` and leaves all else to `rtp`. It may begin with datagrams
        of others that came before it was connected. Raises `OSError` where `addr` cannot be reached.
        """
        sock = socket.socket(self.rtp.family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            self._share(sock, allowed=True)
            sock.bind(self.rtp.getsockname())
            sock.connect(addr)
            mark(sock, marked(self.rtp))
        except OSError:
            sock.close()
            raise
        finally:
            self._share(sock, allowed=False)
        return sock

    def _share(self, sock: socket.socket, *, allowed: bool) -> None:
        """Whether the port can be bound once more: only while we do it, never to other programs."""
        for each in (self.rtp, sock):
            if each.fileno() >= 0:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, allowed)

    def release(self) -> None:
        """Closes both sockets and gives the ports back; a second call does nothing."""
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        self.rtp.close()
        self.rtcp.close()
        pool._returned(self.port)

    def __enter__(self) -> PortPair:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class PortPool:
    """The even ports from `low` to `high` (its odd partner included) on the address `host`, IPv4 or IPv6.

    Ports are handed out in turn from a random beginning, so that the one just used is the last to come again
    and an outsider cannot know the next.
    """

    def __init__(
        self, host: str, low: int, high: int, *, quarantine: float = QUARANTINE_SECONDS, dscp: int = EF
    ) -> None:
        """Raises `ValueError` where the range holds no pair."""
        first = low + low % 2
        if not (0 < low <= 65534 and first + 1 <= high <= 65535):
            raise ValueError(f"RTP ports {low}-{high} hold no even port with an odd one above it")
        self.host = host
        self.low, self.high = low, high
        self.in_use = 0
        """Pairs handed out and not yet returned."""
        self._quarantine = quarantine
        self._dscp = dscp
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._free = deque(range(first, high, 2))
        self._free.rotate(random.randrange(len(self._free)))
        self._resting: deque[tuple[float, int]] = deque()

    def acquire(self) -> PortPair:
        """A bound pair. Raises `PortsExhausted`, or `OSError` where `host` is no address of this machine."""
        self._wake()
        for _ in range(len(self._free)):
            port = self._free.popleft()
            pair = self._bind(port)
            if pair is not None:
                self.in_use += 1
                return pair
            self._free.append(port)
        raise PortsExhausted(
            f"no RTP port left in {self.low}-{self.high} on {self.host}: {self.in_use} in use, "
            f"{len(self._resting)} resting, {len(self._free)} taken by other programs; widen the range"
        )

    def _bind(self, port: int) -> PortPair | None:
        """The pair at `port`, or None where another program has one of the two."""
        with contextlib.ExitStack() as opened:
            sockets = []
            for number in (port, port + 1):
                sock = opened.enter_context(socket.socket(self._family, socket.SOCK_DGRAM))
                sock.setblocking(False)
                if not _bound(sock, self.host, number):
                    return None
                sockets.append(sock)
                mark(sock, self._dscp)
            opened.pop_all()
            return PortPair(self, sockets[0], sockets[1], port)

    def _returned(self, port: int) -> None:
        self.in_use -= 1
        self._resting.append((time.monotonic() + self._quarantine, port))

    def _wake(self) -> None:
        now = time.monotonic()
        while self._resting and self._resting[0][0] <= now:
            self._free.append(self._resting.popleft()[1])


def _bound(sock: socket.socket, host: str, port: int) -> bool:
    try:
        sock.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise
    return True
