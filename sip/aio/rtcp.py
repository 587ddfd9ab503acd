"""A leg's RTCP on the port above its RTP (RFC 3550 §11): a report every five seconds, theirs read."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import socket
import time
from collections.abc import Callable

from sip.aio.rtp_poller import Poller
from sip.media.flow import Incoming, Outgoing
from sip.media.quality import Figures, Quality
from sip.media.rtcp import Item, MalformedReport, build, parse

INTERVAL = 5.0
"""Mean seconds between two reports, drawn between half and one and a half (§6.2, §6.3.1); first one half."""
_BUFFER = 4096
_MAX_DATAGRAM = 1500

Transform = Callable[[bytes], bytes | None]


class Rtcp:
    """Made and closed by the `MediaStream` whose `incoming` and `outgoing` it reports on.

    `settle` is called before they are read: what went by uncounted is counted then.
    """

    def __init__(
        self, sock: socket.socket, incoming: Incoming, outgoing: Outgoing, settle: Callable[[], None]
    ) -> None:
        # The kernel keeps as little of it as it can: reports are rare, floods are not our business.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self.malformed = 0
        """Datagrams that are no RTCP, or come from somebody else."""
        self.protect: Transform | None = None
        self.unprotect: Transform | None = None
        self._settle = settle
        self._socket = sock
        self._remote: tuple[str, int] | None = None
        self._sent = False
        epoch = time.time() - time.monotonic()
        # §6.5.1 wants a name that is the same for all streams of a call; RFC 7022: one that tells nothing.
        self._quality = Quality(incoming, outgoing, epoch, secrets.token_hex(12))
        self.arrived = self._quality.arrived
        """Told of a sample of the packets: monotonic seconds and RTP timestamp."""
        self._timer = asyncio.get_running_loop().call_later(_next(INTERVAL / 2), self._report)
        Poller.of_running_loop().add(sock, self._readable)

    @property
    def figures(self) -> Figures:
        """Loss, jitter and round trip up to now."""
        self._settle()
        return self._quality.figures

    @property
    def remote_left(self) -> bool:
        """The party's BYE came."""
        return self._quality.remote_left

    def set_remote(self, host: str, rtp_port: int, port: int | None = None) -> None:
        """Where reports go: the party's RTP port plus one, or as `a=rtcp` (RFC 3605) says."""
        port = rtp_port + 1 if port is None else port
        self._remote = (host, port) if 0 < port < 65536 else None

    def take(self, raw: bytes, now: float) -> None:
        """A datagram of the party's that came at `now`, from here or from the RTP port (RFC 5761)."""
        try:
            self._quality.take(parse(raw), now)
        except MalformedReport:
            self.malformed += 1

    def close(self) -> None:
        """Says BYE where anything was ever reported (§6.3.7), and stops."""
        self._timer.cancel()
        if self._sent:
            self._settle()
            self._send(self._quality.farewell(time.monotonic()))
        Poller.of_running_loop().remove(self._socket)

    def _report(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_next(INTERVAL), self._report)
        self._settle()
        self._send(self._quality.report(time.monotonic()))

    def _send(self, items: tuple[Item, ...]) -> None:
        if self._remote is None:
            return
        raw: bytes | None = build(*items)
        if self.protect is not None and raw is not None:
            raw = self.protect(raw)
        if raw is not None:
            with contextlib.suppress(OSError):  # no route, buffers full: the next report says the same
                self._socket.sendto(raw, self._remote)
                self._sent = True

    def _readable(self, now: float) -> None:
        try:
            raw, source = self._socket.recvfrom(_MAX_DATAGRAM)
        except OSError:  # nothing there after all
            return
        data: bytes | None = raw
        if self._remote is None or source[0] != self._remote[0]:
            data = None  # a stranger's
        elif self.unprotect is not None:
            data = self.unprotect(raw)
        if data is None:
            self.malformed += 1
            return
        self.take(data, now)
        self._remote = source[:2]  # symmetric: behind a NAT the signalled port is not the right one


def _next(mean: float) -> float:
    return mean * random.uniform(0.5, 1.5)
