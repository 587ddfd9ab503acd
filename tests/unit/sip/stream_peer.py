"""A peer over TCP or TLS that speaks SIP by hand, and agents with several transports."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sip.aio.agent import TransportSpec, UserAgent
from sip.aio.call import Call
from sip.aio.names import Names
from sip.aio.tls import TlsSettings
from sip.framing import Message, StreamCodec
from sip.message import AnyMessage, Request, Response, encode, parse, respond
from tests.support import scaled
from tests.unit.sip.udp_peer import Clock, Everybody


class StreamPeer:
    """One connection, from either side. `transport` goes into the Vias that it writes."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, transport: str = "TCP"
    ) -> None:
        self.reader, self.writer, self.transport = reader, writer, transport
        self._codec = StreamCodec()
        self._got: list[AnyMessage] = []
        self._branches = 0
        self.port: int = writer.get_extra_info("sockname")[1]

    @classmethod
    async def connect(
        cls, agent: UserAgent, transport: str = "TCP", context: ssl.SSLContext | None = None
    ) -> StreamPeer:
        port = next(side.port for side, _ in agent.wire.locals if side.transport == transport)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname="127.0.0.1" if context else None
        )
        return cls(reader, writer, transport)

    def send(self, data: bytes | AnyMessage) -> None:
        self.writer.write(data if isinstance(data, bytes) else encode(data))

    async def next(self) -> AnyMessage:
        async with asyncio.timeout(scaled(5)):
            while not self._got:
                data = await self.reader.read(65536)
                assert data, "the connection was closed"
                events = self._codec.receive(data)
                self._got += [parse(event.data) for event in events if isinstance(event, Message)]
        return self._got.pop(0)

    async def response(self, code: int) -> Response:
        message = await self.next()
        assert isinstance(message, Response), encode(message)
        assert message.code == code, encode(message)
        return message

    async def request(self, method: str) -> Request:
        message = await self.next()
        assert isinstance(message, Request), encode(message)
        assert message.method == method, encode(message)
        return message

    async def closed(self) -> bytes:
        """Waits for the other side's end; what came before it."""
        try:
            return await asyncio.wait_for(self.reader.read(), scaled(5))
        except ConnectionResetError:
            return b""

    def make(
        self,
        method: str,
        *,
        to: str = "<sip:8000@127.0.0.1>",
        cseq: int = 1,
        call_id: str = "call-1",
        uri: str = "sip:8000@127.0.0.1",
        contact: str | None = None,
        extra: str = "",
        body: bytes = b"",
    ) -> bytes:
        self._branches += 1
        branch = f"z9hG4bKs{self.port}x{self._branches}"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/{self.transport} 127.0.0.1:{self.port};branch={branch}",
            "Max-Forwards: 70",
            "From: <sip:1001@127.0.0.1>;tag=peer",
            f"To: {to}",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: {contact or f'<sip:1001@127.0.0.1:9;transport={self.transport.lower()}>'}",
            *extra.splitlines(),
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def answer(self, asked: Request, code: int, *, contact: str, body: bytes = b"") -> None:
        reply = respond(asked, code, to_tag=None if code == 100 else "they")
        reply.headers.set("Contact", contact)
        if body:
            reply.headers.set("Content-Type", "application/sdp")
            reply.body = body
        self.send(reply)

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:  # the other side was quicker
            return


class StreamServer:
    """Listens; each connection that comes is a StreamPeer."""

    def __init__(self) -> None:
        self.peers: asyncio.Queue[StreamPeer] = asyncio.Queue()
        self.port = 0

    async def came(self) -> StreamPeer:
        return await asyncio.wait_for(self.peers.get(), scaled(5))


@asynccontextmanager
async def stream_server(
    port: int = 0, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[StreamServer]:
    made = StreamServer()
    open_ones: list[StreamPeer] = []

    def came(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = StreamPeer(reader, writer, "TLS" if context else "TCP")
        open_ones.append(peer)
        made.peers.put_nowait(peer)

    server = await asyncio.start_server(came, host, port, ssl=context)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for peer in open_ones:
            await peer.close()


@asynccontextmanager
async def agent_on(
    on_call: Callable[[Call], Awaitable[None]],
    *transports: str,
    policy: Everybody | None = None,
    tls: TlsSettings | None = None,
    host: str = "127.0.0.1",
    names: Callable[[Clock], Names] | None = None,
) -> AsyncIterator[tuple[UserAgent, Clock]]:
    """An agent that listens on these transports, each at a free port."""
    clock = Clock()
    made = names(clock) if names else None
    agent = UserAgent(policy or Everybody(), on_call, clock=clock, tls=tls, names=made)
    for transport in transports:
        await agent.listen(
            TransportSpec(transport, host, 0, tls=tls if transport in ("TLS", "WSS") else None)
        )
    try:
        yield agent, clock
    finally:
        await agent.stop(grace=0.05)
