"""A bare UDP peer that speaks SIP by hand, a clock that can be moved, and an agent that admits everybody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sip.aio.agent import Admission, UserAgent
from sip.aio.call import Call
from sip.errors import PeerError
from sip.message import URI, Address, AnyMessage, Request, Response, encode, parse, respond
from sip.registrar import Registrar
from sip.sdp import offer
from tests.support import scaled

ME = Address(URI("sip", "127.0.0.1", user="desk"))
OFFER = bytes(offer("127.0.0.1", 4000))


class Clock:
    """The monotonic clock, with jumps."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


class Everybody:
    """Admits whom it is told to; registers with a real registrar."""

    def __init__(self) -> None:
        self.admission = Admission(identity="1001")
        self.registrar = Registrar()
        self.broken = False

    def admit(self, request: Request, source: tuple[str, int], now: float) -> Admission:
        if self.broken:
            raise ZeroDivisionError("a fault in the policy")
        return self.admission

    def register(self, identity: str, request: Request, source: tuple[str, int], now: float) -> Response:
        return self.registrar.register(identity, request, source, now)


class Peer(asyncio.DatagramProtocol):
    """Sends what it is told and keeps what it gets."""

    def __init__(self) -> None:
        self.got: asyncio.Queue[bytes] = asyncio.Queue()
        self.transport: asyncio.DatagramTransport
        self.branches = 0

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.got.put_nowait(data)

    @property
    def port(self) -> int:
        port: int = self.transport.get_extra_info("sockname")[1]
        return port

    async def start(self) -> Peer:
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    def send(self, data: bytes | AnyMessage, agent: UserAgent) -> None:
        wire = data if isinstance(data, bytes) else encode(data)
        self.transport.sendto(wire, ("127.0.0.1", agent.local.port))

    async def next(self) -> AnyMessage:
        return parse(await asyncio.wait_for(self.got.get(), scaled(5.0)))

    async def response(self, code: int) -> Response:
        """The next message, which must be a response with that status."""
        message = await self.next()
        assert isinstance(message, Response), encode(message)
        assert message.code == code, encode(message)
        return message

    async def request(self, method: str) -> Request:
        """The next message, which must be that request."""
        message = await self.next()
        assert isinstance(message, Request), encode(message)
        assert message.method == method, encode(message)
        return message

    def make(
        self,
        method: str,
        *,
        to: str = "<sip:8000@127.0.0.1>",
        cseq: int = 1,
        call_id: str = "call-1",
        branch: str | None = None,
        extra: str = "",
        body: bytes = b"",
        uri: str = "sip:8000@127.0.0.1",
    ) -> bytes:
        self.branches += 1
        branch = branch or f"z9hG4bKpeer{self.port}x{self.branches}"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch};rport",
            "From: <sip:1001@127.0.0.1>;tag=peer",
            f"To: {to}",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:1001@127.0.0.1:{self.port}>",
            *extra.splitlines(),
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def answer(
        self,
        asked: Request,
        code: int,
        agent: UserAgent,
        *,
        body: bytes = b"",
        tag: str = "they",
        extra: str = "",
    ) -> None:
        reply = respond(asked, code, to_tag=None if code == 100 else tag)
        reply.headers.set("Contact", f"<sip:agent@127.0.0.1:{self.port}>")
        for line in extra.splitlines():
            name, _, value = line.partition(": ")
            reply.headers.add(name, value)
        if body:
            reply.headers.set("Content-Type", "application/sdp")
            reply.body = body
        self.send(reply, agent)


@asynccontextmanager
async def running(
    on_call: Callable[[Call], Awaitable[None]], policy: Everybody | None = None
) -> AsyncIterator[tuple[UserAgent, Peer, Clock]]:
    """An agent on loopback, a peer to talk to it, and the agent's clock."""
    clock = Clock()
    agent = UserAgent(policy or Everybody(), on_call, clock=clock)
    await agent.start("127.0.0.1", 0)
    peer = await Peer().start()
    try:
        yield agent, peer, clock
    finally:
        peer.transport.close()
        await agent.stop(grace=0.05)


async def refuse_all(call: Call) -> None:
    raise PeerError("nobody is to be called here")


def call_out(agent: UserAgent, peer: Peer) -> Call:
    return agent.invite(URI("sip", "127.0.0.1", user="agent", port=peer.port), OFFER, from_address=ME)


def jump(agent: UserAgent, clock: Clock, seconds: float) -> None:
    """Lets that much time pass for the agent, at once."""
    clock.ahead += seconds
    agent._on_timer()
