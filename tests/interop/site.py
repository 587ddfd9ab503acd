"""A bare user agent at a site of its own, for other people's programs to talk to.

async with site(tmp_path, ring_and_answer, "UDP", "TCP") as here:
    await ended_well(here.caller(invite(), answered(), bye(2, "uac"), transport="TCP"))
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from callcenter.demo.phones.scenarios import scenario
from sip.aio.agent import Admission, TransportSpec, UserAgent
from sip.aio.call import Call
from sip.aio.names import Names
from sip.message import URI, Address, Request, Response
from sip.registrar import Binding, Registrar
from sip.sdp import answer as sdp_answer
from sip.sdp import offer
from tests.interop.peers import Sipp
from tests.support import eventually
from tests.unit.sip.certificates import Made

ME = Address(URI("sip", "127.0.0.1", user="desk"))
OFFER = bytes(offer("127.0.0.1", 4000))
SIPP_TRANSPORTS = {"UDP": "u1", "TCP": "t1"}

Story = Callable[[Call], Awaitable[None]]


class Everybody:
    """Admits everybody as who they say they are, and registers them."""

    def __init__(self) -> None:
        self.registrar = Registrar()

    def admit(self, request: Request, source: tuple[str, int], now: float) -> Admission:
        return Admission(identity=request.from_address.uri.user)

    def register(self, identity: str, request: Request, source: tuple[str, int], now: float) -> Response:
        return self.registrar.register(identity, request, source, now)


class Site:
    """An agent, the calls that came in, and a clock that can be moved."""

    def __init__(self, folder: Path, story: Story, host: str, made: Made | None, names: Names | None) -> None:
        self.folder, self.host = folder, host
        self.calls: list[Call] = []
        self.policy = Everybody()
        self.ahead = 0.0
        self._story = story
        self.agent = UserAgent(
            self.policy,
            self._take,
            tls=made.settings if made else None,
            names=names,
            clock=lambda: asyncio.get_running_loop().time() + self.ahead,
        )

    async def _take(self, call: Call) -> None:
        self.calls.append(call)
        await self._story(call)

    def port(self, transport: str) -> int:
        return next(side.port for side, _ in self.agent.wire.locals if side.transport == transport)

    def caller(self, *steps: str, transport: str = "UDP") -> Sipp:
        """sipp calls us."""
        text = scenario(*steps).replace("IN IP4 [media_ip]", "IN IP[media_ip_type] [media_ip]")
        kind = SIPP_TRANSPORTS[transport]
        target = (self.host, self.port(transport))
        return Sipp.start(
            self.folder, text, target, service="8000", user="caller", transport=kind, host=self.host
        )

    async def callee(self, *steps: str, transport: str = "UDP") -> tuple[Sipp, Call]:
        """We call sipp."""
        run = await sipp_agent(self.folder, *steps, transport=transport)
        target = URI("sip", "127.0.0.1", user="agent", port=run.port)
        if transport != "UDP":
            target = URI.parse(f"{target};transport={transport.lower()}")
        return run, self.agent.invite(target, OFFER, from_address=ME)

    async def registered(self, user: str) -> Binding:
        return await eventually(
            lambda: next(iter(self.policy.registrar.lookup(user, self.agent.now().mono)), None)
        )

    async def call(self, user: str) -> Call:
        """Calls a registered phone over the connection that it registered by."""
        binding = await self.registered(user)
        return self.agent.invite(binding.contact, OFFER, from_address=ME, flow=binding.flow)

    def jump(self, seconds: float) -> None:
        """Lets that much time pass for the agent, at once."""
        self.ahead += seconds
        self.agent._on_timer()


@asynccontextmanager
async def site(
    folder: Path,
    story: Story,
    *transports: str,
    made: Made | None = None,
    host: str = "127.0.0.1",
    names: Names | None = None,
) -> AsyncIterator[Site]:
    """On UDP alone if no transports are named; encrypted ones have the certificate `made`."""
    tls = made.settings if made else None
    here = Site(folder, story, host, made, names)
    for name in transports or ("UDP",):
        await here.agent.listen(TransportSpec(name, host, 0, tls=tls if name in ("TLS", "WSS") else None))
    try:
        yield here
    finally:
        await here.agent.stop(grace=0.2)


async def sipp_agent(folder: Path, *steps: str, transport: str = "UDP") -> Sipp:
    """A sipp that waits for a call; its user is `agent`."""
    text = scenario(*steps)
    if transport != "UDP":
        text = text.replace("[local_port]>", f"[local_port];transport={transport.lower()}>")
    kind = SIPP_TRANSPORTS[transport]
    run = Sipp.start(folder, text, ("127.0.0.1", 9), service="agent", transport=kind)
    await asyncio.to_thread(run.listening)
    return run


async def ended_well(run: Sipp) -> None:
    try:
        await asyncio.to_thread(run.succeeded)
    finally:
        run.stop()


# --- what becomes of a call that comes in ---


def reply_to(call: Call) -> bytes:
    assert call.remote is not None
    return bytes(sdp_answer(call.remote, call.agent.local.host, 4000)[0])


async def confirmed(call: Call) -> None:
    await eventually(lambda: call.session.state.value == "confirmed")


async def ring_and_answer(call: Call) -> None:
    call.ring()
    await asyncio.sleep(0.1)  # how long it rings
    call.answer(reply_to(call))
    await call.over()


async def ring_for_ever(call: Call) -> None:
    call.ring()
    await call.over()


async def answer_and_hang_up(call: Call) -> None:
    call.answer(reply_to(call))
    await confirmed(call)
    call.hangup()


async def nobody(call: Call) -> None:
    raise AssertionError("no call comes in here")
