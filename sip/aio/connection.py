"""One connection (TCP, TLS, WS, WSS): bytes to messages, with limits on what a peer may cost us."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol, cast

from sip.errors import PeerError
from sip.framing import Broken, Closed, Codec, Message, Reply
from sip.hop import Hop
from sip.moment import Moment
from sip.transactions import Address as HostPort

MESSAGE_SECONDS: Final = 10.0
"""From a message's first byte to its last: a peer that is slower wants to hold us (slowloris)."""
FIRST_SECONDS: Final = 30.0
"""From the connection to its first message."""
IDLE_SECONDS: Final = 3900.0
"""Without any byte; a little more than the longest registration (`sip.registrar.MAX_EXPIRES`)."""
PING_SECONDS: Final = 95.0
"""Between two keep-alives on a connection of ours: RFC 5626 section 4.4.1 has 95 to 120 s for TCP."""
MAX_UNSENT: Final = 1 << 20
"""Bytes that a peer leaves unread before it is given up."""

_numbers = itertools.count(1)


class Hub(Protocol):
    """Whoever keeps the connections."""

    counters: Counter[str]

    def opened(self, connection: Connection) -> bool:
        """Whether there is room for it."""
        ...

    def closed(self, connection: Connection) -> None: ...

    def message(self, data: bytes, source: HostPort, moment: Moment) -> None: ...

    def broken(self, head: bytes, source: HostPort, error: PeerError) -> None: ...


class Connection(asyncio.Protocol):
    """`hop` names it; its `connection` is a number that no other connection of this process has."""

    def __init__(
        self,
        hub: Hub,
        transport: str,
        codec: Codec,
        clock: Callable[[], float],
        *,
        name: str = "",
        ours: bool = False,
    ) -> None:
        self.hop = Hop("", 0, transport, name=name, connection=next(_numbers))
        self.ours = ours
        """Whether we opened it."""
        self.local: HostPort = ("", 0)
        self._hub = hub
        self._codec = codec
        self._clock = clock
        self._transport: asyncio.Transport | None = None
        self._admitted = False
        self._limit: asyncio.TimerHandle | None = None
        self._within_message = False
        self._pinging: asyncio.TimerHandle | None = None

    @property
    def alive(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    # -- asyncio calls these ------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, transport)  # asyncio's and uvloop's are not all of that class
        self._transport = transport
        peer = transport.get_extra_info("peername") or ("", 0)  # gone already: what follows tells
        self.local = (transport.get_extra_info("sockname") or ("", 0))[:2]
        was = self.hop
        self.hop = Hop(peer[0], peer[1], was.transport, name=was.name, connection=was.connection)
        _prepare(transport.get_extra_info("socket"))
        self._admitted = self._hub.opened(self)
        if not self._admitted:
            transport.abort()
            return
        self._restart(IDLE_SECONDS if self.ours else FIRST_SECONDS)
        if self.ours:
            self._ping_later()

    def data_received(self, data: bytes) -> None:
        if not self.alive:
            return
        moment = Moment(datetime.fromtimestamp(time.time(), UTC), self._clock())
        for event in self._codec.receive(data):
            match event:
                case Message(message):
                    self._hub.message(message, self.hop, moment)
                case Reply(answer):
                    self._write(answer)
                case Broken(error, head):
                    self._hub.counters["stream_broken"] += 1
                    self._hub.broken(head, self.hop, error)
                    self.close()
                case Closed():
                    self.close()
        self._watch()

    def eof_received(self) -> bool:
        return False  # asyncio closes: half a conversation is of no use here

    def connection_lost(self, error: Exception | None) -> None:
        for handle in (self._limit, self._pinging):
            if handle is not None:
                handle.cancel()
        self._transport = None
        if self._admitted:
            self._hub.closed(self)

    # -- what the hub does --------------------------------------------------------------------------------

    def send(self, message: bytes) -> None:
        """Sends a message. A peer that reads nothing is cut off."""
        self._write(self._codec.pack(message))

    def close(self) -> None:
        """Sends what waits to be sent, then closes."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Closes at once."""
        if self._transport is not None:
            self._transport.abort()

    # -- inside -------------------------------------------------------------------------------------------

    def _write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self._hub.counters["stream_unread"] += 1
            self._transport.abort()

    def _watch(self) -> None:
        if not self.alive:
            return
        if not self._codec.partial:
            self._within_message = False
            self._restart(IDLE_SECONDS)
        elif not self._within_message:
            self._within_message = True  # more bytes of the same message give it no more time
            self._restart(MESSAGE_SECONDS)

    def _restart(self, seconds: float) -> None:
        if self._limit is not None:
            self._limit.cancel()
        self._limit = asyncio.get_running_loop().call_later(seconds, self._too_slow)

    def _too_slow(self) -> None:
        self._hub.counters["stream_slow"] += 1
        self.abort()

    def _ping_later(self) -> None:
        self._pinging = asyncio.get_running_loop().call_later(PING_SECONDS, self._ping)

    def _ping(self) -> None:
        self._write(self._codec.ping())
        self._ping_later()


def _prepare(sock: socket.socket | None) -> None:
    # The kernel asks a silent peer whether it lives: a phone without power would hold its place for an hour.
    if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
