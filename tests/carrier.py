"""A carrier made of our own user agent, at an address of its own, for the tests of trunks.

What it does with each call is a list of steps: a status, (status, SDP wanted), or seconds to wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from sip.aio.agent import Admission, UserAgent
from sip.aio.call import Call
from sip.aio.ports import PortPool
from sip.aio.rtp import MediaStream
from sip.digest import Check, DigestServer
from sip.media import g711, tones
from sip.media.clip import Clip
from sip.message import Request, Response
from sip.moment import Moment
from sip.registrar import Registrar
from sip.sdp import answer
from sip.session import State
from sip.transactions import Address as HostPort

Step = int | float | tuple[int, bool]
PASSWORD = "unit-test-secret"
HOST = "127.0.0.2"


@dataclass
class Carrier:
    """`challenges`: it asks for `password` at INVITE and REGISTER. `algorithms` are its digests."""

    pool: PortPool
    steps: Sequence[Step] = (180, 0.05, 200)
    challenges: bool = False
    password: str = PASSWORD
    algorithms: tuple[str, ...] = ("MD5",)
    hertz: float = 1000.0
    calls: list[Call] = field(default_factory=list)
    stream: MediaStream | None = None
    service_route: str = ""
    asked: int = 0
    sent: list[tuple[int, Moment]] = field(default_factory=list)
    """What it has answered, and when."""

    def __post_init__(self) -> None:
        self.agent = UserAgent(self, self._take)
        self.digest = DigestServer("carrier", self.algorithms)
        self.registrar = Registrar()

    async def start(self, host: str = HOST) -> Carrier:
        await self.agent.start(host, 0)
        return self

    async def stop(self) -> None:
        await self.agent.stop(grace=0.05)
        if self.stream:
            self.stream.close()

    @property
    def server(self) -> str:
        return f"{self.agent.local.host}:{self.agent.local.port}"

    # -- the agent's policy -------------------------------------------------------------------------------

    def admit(self, request: Request, source: HostPort, now: float) -> Admission:
        self.asked += 1
        if not self.challenges:
            return Admission(identity="customer")
        check = self.digest.check(request, self.password, now)
        if check is Check.GOOD:
            return Admission(identity=self.digest.username(request))
        return Admission(
            status=401, challenges=tuple(self.digest.challenges(now, stale=check is Check.STALE))
        )

    def register(self, identity: str, request: Request, source: HostPort, now: float) -> Response:
        response = self.registrar.register(identity, request, source, now)
        if self.service_route:
            response.headers.set("Service-Route", self.service_route)
        return response

    # -- a call -------------------------------------------------------------------------------------------

    async def _take(self, call: Call) -> None:
        self.calls.append(call)
        assert call.remote is not None
        self.stream = await MediaStream.open(self.pool)
        body, agreement = answer(call.remote, *self.stream.local)
        codec = g711.PCMA if agreement.codec.name == "PCMA" else g711.PCMU
        self.stream.set_remote((agreement.address, agreement.port), codec, None)
        for step in self.steps:
            if isinstance(step, float):
                await asyncio.sleep(step)
                continue
            code, sound = step if isinstance(step, tuple) else (step, step == 200)
            if call.session.state is not State.INCOMING:
                return
            if sound:
                self.stream.play(Clip.from_samples(tones.sine(self.hertz, 1.0)), loop=True)
            self.sent.append((code, self.agent.now()))
            if code == 200:
                call.answer(bytes(body))
            elif code < 200:
                call.ring(code, bytes(body) if sound else b"")
            else:
                call.reject(code)
        await call.over()
