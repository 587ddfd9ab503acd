"""All transports of a user agent behind one seam: an address goes in, a datagram or a connection is used.

UDP's addresses are plain `(host, port)`; a `Hop` goes over a connection, which is used as long as it lives
and opened anew where that can be done.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Protocol

from sip.aio.connection import Connection
from sip.aio.dscp import CS3
from sip.aio.names import Names
from sip.aio.network import bracketed, reachable
from sip.aio.tasks import Tasks
from sip.aio.tls import ServerIdentity, TlsSettings, client_context
from sip.aio.udp import UdpSocket
from sip.dialog import LocalSide
from sip.errors import PeerError
from sip.framing import Codec, StreamCodec
from sip.hop import TRANSPORTS, Hop, address, transport_of
from sip.locate import literal, transport_wanted
from sip.message import URI
from sip.moment import Moment
from sip.transactions import Address as HostPort
from sip.websocket import WebSocketCodec

log = logging.getLogger(__name__)

CONNECT_SECONDS: Final = 5.0
"""For a connection with its TLS handshake; then the next address is tried."""
MAX_CONNECTIONS: Final = 4000
MAX_FROM_ONE: Final = 400
"""Connections from one host: a building behind one NAT, and no more."""
_SECURE: Final = ("TLS", "WSS")


@dataclass(frozen=True, slots=True)
class TransportSpec:
    """Where to listen: `transport` is UDP, TCP, TLS, WS or WSS; TLS and WSS need a certificate in `tls`.

    `advertised` is the host written into messages, where others reach us by another one. Port 0 takes a free
    one.
    """

    transport: str
    host: str
    port: int
    advertised: str = ""
    tls: TlsSettings | None = None

    def __post_init__(self) -> None:
        if self.transport not in TRANSPORTS:
            raise ValueError(f"unknown transport {self.transport!r}: one of {', '.join(TRANSPORTS)}")
        if self.transport in _SECURE and not (self.tls and self.tls.certificate and self.tls.key):
            raise ValueError(f"{self.transport} needs a certificate and its key")


class User(Protocol):
    """Who gets what comes in."""

    def receive(self, data: bytes, source: HostPort, moment: Moment) -> None: ...

    def unreadable(self, head: bytes, source: HostPort, error: PeerError) -> None: ...

    def lost(self, connection: int) -> None: ...


class Wire:
    """Made without any transport; `listen` adds one. `counters` tells what was refused or not sent."""

    def __init__(
        self,
        user: User,
        clock: Callable[[], float],
        counters: Counter[str],
        *,
        names: Names | None = None,
        tls: TlsSettings | None = None,
        dscp: int = CS3,
    ) -> None:
        self.counters = counters
        self._dscp = dscp
        self.names = names or Names(clock)
        self.locals: list[tuple[LocalSide, bool]] = []
        """How we are reached, and whether that is by IPv6; in the order of listening."""
        self.sent_at: Moment | None = None
        self._user = user
        self._clock = clock
        self._tls = tls or TlsSettings()
        self._client_context: ssl.SSLContext | None = None
        self._sockets: dict[bool, UdpSocket] = {}
        self._servers: list[asyncio.Server] = []
        self._connections: dict[int, Connection] = {}
        self._places: dict[tuple[str, str, int, str], Connection] = {}
        self._from: defaultdict[str, int] = defaultdict(int)
        self._opening: dict[tuple[str, str, int, str], asyncio.Future[None]] = {}
        self._work = Tasks()
        self._closed = False

    # -- life ---------------------------------------------------------------------------------------------

    async def listen(self, spec: TransportSpec) -> LocalSide:
        """Opens a transport. Raises OSError where the port is taken or the certificate cannot be used."""
        if spec.transport == "UDP":
            bound = await self._listen_udp(spec)
        else:
            bound = await self._listen_stream(spec)
        local = LocalSide(bracketed(spec.advertised or reachable(spec.host)), bound[1], spec.transport)
        self.locals.append((local, ":" in bound[0]))
        return local

    async def _listen_udp(self, spec: TransportSpec) -> HostPort:
        user, clock = self._user, self._clock
        opened = await UdpSocket.open(
            spec.host, spec.port, user.receive, clock, self.counters, dscp=self._dscp
        )
        self._sockets.setdefault(opened.family == socket.AF_INET6, opened)
        return opened.local

    async def _listen_stream(self, spec: TransportSpec) -> HostPort:
        context = None
        if spec.tls is not None and spec.tls.certificate and spec.tls.key and spec.transport in _SECURE:
            context = ServerIdentity(spec.tls.certificate, spec.tls.key).context
        server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self, spec.transport, _codec(spec.transport), self._clock),
            spec.host,
            spec.port,
            ssl=context,
            ssl_handshake_timeout=CONNECT_SECONDS if context else None,
        )
        self._servers.append(server)
        bound = server.sockets[0].getsockname()
        return (str(bound[0]), int(bound[1]))

    async def close(self) -> None:
        """Closes everything; what waits to be sent on a connection is sent if its peer reads at once."""
        self._closed = True
        for server in self._servers:
            server.close()
        for task in list(self._work.tasks):
            task.cancel()
        for opening in list(self._opening.values()):
            opening.cancel()
        for sock in self._sockets.values():
            sock.close()
        for connection in list(self._connections.values()):
            connection.close()
        for _ in range(50):  # TLS says goodbye; half a second is long enough for that
            if not self._connections:
                break
            await asyncio.sleep(0.01)
        for connection in list(self._connections.values()):
            connection.abort()
        await asyncio.gather(*self._work.tasks, *self._opening.values(), return_exceptions=True)
        await asyncio.sleep(0)  # an aborted connection tells of its end in the loop's next round

    # -- who we are ---------------------------------------------------------------------------------------

    @property
    def transports(self) -> set[str]:
        """What we listen on."""
        return {local.transport for local, _ in self.locals}

    def local_for(self, to: HostPort, *, secure: bool = False) -> LocalSide:
        """What goes into Via and Contact of a message to `to`."""
        transport = transport_of(to)
        if not self.locals:
            return LocalSide("", 0, transport, secure)
        six = ":" in to[0] if to[0] else self.locals[0][1]
        exact = [side for side, is_six in self.locals if side.transport == transport and is_six is six]
        alike = [side for side, _ in self.locals if side.transport == transport]
        near = [side for side, is_six in self.locals if is_six is six]
        # Without a listener of that transport the other side answers over the connection it has.
        side = (exact or alike or near or [side for side, _ in self.locals])[0]
        return LocalSide(side.host, side.port, transport, secure)

    def local_toward(self, target: URI, flow: HostPort | None = None) -> LocalSide:
        """`local_for` before it is known where `target` leads."""
        try:
            to = flow or literal(target) or address("", 0, transport_wanted(target) or "UDP")
        except OSError:  # a transport that nobody here speaks: sending will say so
            to = ("", 0)
        return self.local_for(to, secure=target.scheme == "sips")

    def is_ours(self, uri: URI) -> bool:
        """Whether a URI names one of the places we listen at."""
        return any((uri.host, uri.port) == (side.host, side.port) for side, _ in self.locals)

    # -- out ----------------------------------------------------------------------------------------------

    async def targets(self, uri: URI) -> list[HostPort]:
        """Where `uri` leads (RFC 3263), the best first. Raises OSError where nowhere."""
        if (own := literal(uri)) is not None:
            return [own]
        six_first = bool(self.locals) and self.locals[0][1]
        found = await self.names.locate(uri, ("AAAA", "A") if six_first else ("A", "AAAA"))
        # A datagram needs a socket of the right family; a connection makes its own.
        usable = [to for to in found if isinstance(to, Hop) or (":" in to[0]) in self._sockets]
        if not usable:
            raise OSError(f"no address for {uri.host} that this agent has a socket for")
        return usable

    def ready(self, to: HostPort) -> bool:
        """Whether `send` needs no connection to be opened first."""
        return not isinstance(to, Hop) or self._find(to) is not None

    def over(self, to: HostPort) -> HostPort:
        """The same place, naming the connection that is used for it now."""
        found = self._find(to) if isinstance(to, Hop) else None
        return found.hop if found else to

    def send(self, data: bytes, to: HostPort) -> None:
        """Sends, or counts what could not be sent. A connection that is gone is opened again if it can be."""
        if not isinstance(to, Hop):
            self._send_datagram(data, to)
        elif connection := self._find(to):
            self.sent_at = Moment(datetime.now(UTC), self._clock())
            connection.send(data)
        elif not self._closed:
            self._work.start(f"connect {to!r}", self._connect_and_send(data, to))

    def sent_since(self, moment: Moment) -> Moment:
        """When the newest message went to the kernel, if after `moment`; else `moment`.

        What we send is stamped right before it is handed over: building it takes its time, and on a busy
        machine the process may be put aside meanwhile.
        """
        sent = self.sent_at
        return sent if sent is not None and sent.mono > moment.mono else moment

    async def connect(self, to: HostPort) -> None:
        """Sees to it that there is a connection to `to`. Raises OSError where there is no way."""
        if not isinstance(to, Hop) or self._find(to):
            return
        opening = self._opening.get(to.place)
        if opening is None:
            opening = asyncio.ensure_future(self._open(to))
            self._opening[to.place] = opening
            opening.add_done_callback(lambda done: self._opened(to, done))
        await asyncio.shield(opening)

    def _send_datagram(self, data: bytes, to: HostPort) -> None:
        try:
            # A name would be looked up here and now, and an impossible port would close the socket for good.
            six = _is_six(to[0])
            if not 0 < to[1] < 65536:
                raise ValueError(f"port {to[1]}")
            if six not in self._sockets:
                raise ValueError(f"no UDP socket for {to[0]}")
        except ValueError as error:
            self.counters["unsendable"] += 1
            log.warning("datagram not sent error=%s", error)
            return
        self.sent_at = Moment(datetime.now(UTC), self._clock())
        self._sockets[six].send(data, to)

    async def _connect_and_send(self, data: bytes, to: Hop) -> None:
        try:
            await self.connect(to)
        except OSError as error:
            self.counters["unsendable"] += 1
            log.warning("message not sent to=%r error=%s", to, error)
            return
        if connection := self._find(to):
            connection.send(data)

    async def _open(self, to: Hop) -> None:
        if to.transport not in ("TCP", "TLS"):
            raise OSError(f"a {to.transport} connection is the other side's to open")
        if not 0 < to[1] < 65536:
            raise OSError(f"port {to[1]}")
        context = self._context() if to.transport == "TLS" else None
        async with asyncio.timeout(CONNECT_SECONDS):
            await asyncio.get_running_loop().create_connection(
                lambda: Connection(self, to.transport, StreamCodec(), self._clock, name=to.name, ours=True),
                to[0],
                to[1],
                ssl=context,
                server_hostname=(to.name or to[0]) if context else None,
            )

    def _opened(self, to: Hop, done: asyncio.Future[None]) -> None:
        self._opening.pop(to.place, None)
        if not done.cancelled() and (error := done.exception()):  # whoever waited has it too
            log.info("connection failed to=%r error=%s", to, error)

    def _context(self) -> ssl.SSLContext:
        if self._client_context is None:
            self._client_context = client_context(self._tls)
        return self._client_context

    def _find(self, to: Hop) -> Connection | None:
        found = self._connections.get(to.connection) or self._places.get(to.place)
        return found if found is not None and found.alive else None

    # -- connections call these ---------------------------------------------------------------------------

    def opened(self, connection: Connection) -> bool:
        host = connection.hop[0]
        full = len(self._connections) >= MAX_CONNECTIONS or self._from[host] >= MAX_FROM_ONE
        if self._closed or (full and not connection.ours):
            self.counters["stream_refused"] += 1
            return False
        self._connections[connection.hop.connection] = connection
        if connection.ours or connection.hop.transport not in _SECURE:
            # Who came to us by TLS has shown no certificate: it serves its own flow, and no address.
            self._places[connection.hop.place] = connection
        self._from[host] += 1
        return True

    def closed(self, connection: Connection) -> None:
        hop = connection.hop
        del self._connections[hop.connection]
        if self._places.get(hop.place) is connection:
            del self._places[hop.place]
        self._from[hop[0]] -= 1
        if not self._from[hop[0]]:
            del self._from[hop[0]]
        if not self._closed:
            self._user.lost(hop.connection)

    def message(self, data: bytes, source: HostPort, moment: Moment) -> None:
        self._user.receive(data, source, moment)

    def broken(self, head: bytes, source: HostPort, error: PeerError) -> None:
        self._user.unreadable(head, source, error)


@lru_cache(maxsize=4096)
def _is_six(host: str) -> bool:
    return ipaddress.ip_address(host).version == 6


def _codec(transport: str) -> Codec:
    return WebSocketCodec() if transport in ("WS", "WSS") else StreamCodec()
