"""Telephones made of our own user agent, with the habits and the faults of real ones."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sip.aio.agent import Admission, TransportSpec, UserAgent
from sip.aio.call import Call
from sip.aio.ports import PortPool
from sip.aio.rtp import MediaStream
from sip.aio.trunk import Trunk
from sip.digest import Credentials, DigestClient
from sip.effects import Offered
from sip.errors import PeerError
from sip.media import g711, tones
from sip.media.clip import Clip
from sip.message import URI, Address, Parameters, Request, Response, encode, parse, respond
from sip.moment import Moment
from sip.registration import Account, TrunkState
from sip.sdp import PCMA, PCMU, Agreement, Description, Format, answer, offer, settle
from sip.session import State
from sip.transactions import Address as HostPort
from tests.soak.world import PASSWORD
from tests.soak.world import PHONES_HOST as HOST
from tests.support import eventually

CODECS = {"PCMA": (PCMA, PCMU), "PCMU": (PCMU, PCMA), "PCMA only": (PCMA,), "PCMU only": (PCMU,)}
_VOICE = Clip.from_samples(tones.sine(440.0, 1.0))


class Anybody:
    """A phone's policy: it takes every call, and nobody registers at it."""

    def admit(self, request: Request, source: HostPort, now: float) -> Admission:
        return Admission(identity="switchboard")

    def register(self, identity: str, request: Request, source: HostPort, now: float) -> Response:
        raise PeerError("a phone is no registrar", status=403)


class Agent(UserAgent):
    """Answers NOTIFY, forgets its ACKs where told so, and can lose its power."""

    acknowledges = True

    def receive(self, data: bytes, source: HostPort, moment: Moment) -> None:
        if data.startswith(b"NOTIFY ") and isinstance(notify := parse(data), Request):
            self._transmit(encode(respond(notify, 200)), source)
        else:
            super().receive(data, source, moment)

    def _send_ack(self, request: Request, call: Call, hop: URI | None) -> None:
        if self.acknowledges:
            super()._send_ack(request, call, hop)

    async def lose_power(self) -> None:
        """Its sockets are closed without a word."""
        self._stopped = True
        await self.stop(0.0)


class Line:
    """One party's end of a call: the session and its sound."""

    def __init__(
        self, call: Call, stream: MediaStream, codecs: tuple[Format, ...], offered: Description | None = None
    ) -> None:
        self.call, self.stream, self.offered = call, stream, offered
        self._codecs, self._version = codecs, 1
        call.on_offer = self._answer

    def talk(self, agreement: Agreement) -> None:
        codec = g711.PCMA if agreement.codec.name.upper() == "PCMA" else g711.PCMU
        events = agreement.telephone_event
        self.stream.set_remote(
            (agreement.address, agreement.port), codec, events.payload_type if events else None
        )
        self.stream.play(_VOICE, loop=True)

    def fall_silent(self) -> None:
        self.stream.stop_playing()

    def offer(self, direction: str = "sendrecv") -> bytes:
        self._version += 1
        made = bytes(offer(HOST, self.stream.local[1], self._codecs, version=self._version))
        return made.replace(b"a=sendrecv", f"a={direction}".encode())

    async def hold(self, on: bool) -> None:
        await self.call.reinvite(self.offer("sendonly" if on else "sendrecv"))

    def _answer(self, offered: Offered, moment: Moment) -> bytes | int:
        if offered.description is None:
            return self.offer()
        body, agreement = answer(offered.description, HOST, self.stream.local[1], self._codecs)
        self.talk(agreement)
        return bytes(body)

    def close(self) -> None:
        self.stream.close()


OnRing = Callable[["Phone", Call], Awaitable[None]]


class Phone:
    """A telephone with a number; `on_ring` decides what it does with a call."""

    def __init__(
        self,
        number: str,
        pool: PortPool,
        transport: str,
        on_ring: OnRing,
        *,
        host: str = HOST,
        port: int = 0,
    ) -> None:
        self.number, self.transport, self.pool, self._host = number, transport, pool, host
        self.agent = self._make_agent()
        self.trunk: Trunk | None = None
        self.server: HostPort = ("", 0)
        self._on_ring = on_ring
        self._port = port
        self._tcp_port = 0

    def _make_agent(self) -> Agent:
        return Agent(Anybody(), self._rung)

    async def start(self, server: HostPort, *, register: bool = True) -> None:
        """On the ports that it had before, if it had any."""
        self.server = server
        await self.agent.listen(TransportSpec("UDP", self._host, self._port))
        self._port = self.agent.local.port
        if self.transport == "TCP":
            await self.agent.listen(TransportSpec("TCP", self._host, self._tcp_port))
            self._tcp_port = next(s.port for s, _ in self.agent.wire.locals if s.transport == "TCP")
        if register:
            await self.register()

    async def register(self, expires: int = 3600) -> None:
        account = Account(self._uri(None), Credentials(self.number, PASSWORD), expires)
        self.trunk = trunk = Trunk(self.agent, account, lambda _: None)
        trunk.start()
        await eventually(
            lambda: trunk.state is TrunkState.REGISTERED, message=f"{self.number}: {trunk.state}"
        )

    async def unregister(self) -> None:
        if self.trunk is not None:
            self.trunk.stop()
            self.trunk = None
            await eventually(lambda: not self.agent.layer.outstanding)

    async def stop(self) -> None:
        if self.trunk is not None:
            self.trunk.stop()
        await self.agent.stop()

    async def lose_power(self) -> None:
        if self.trunk is not None and self.trunk._timer is not None:
            self.trunk._timer.cancel()
        await self.agent.lose_power()

    async def switch_on(self) -> None:
        self.agent = self._make_agent()
        await self.start(self.server)

    def _uri(self, user: str | None) -> URI:
        host, port = self.server
        parameters = Parameters(transport="tcp") if self.transport == "TCP" else Parameters()
        return URI("sip", host, user=user, port=port, parameters=parameters)

    async def dial(
        self,
        number: str,
        *,
        caller: str,
        name: str,
        codecs: str = "PCMA",
        headers: Any = (),
        body: bool = True,
    ) -> Line:
        """Calls; returns at once. `caller` and `name` are in From."""
        stream = await MediaStream.open(self.pool)
        description = offer(HOST, stream.local[1], CODECS[codecs])
        call = self.agent.invite(
            self._uri(number),
            bytes(description) if body else b"",
            from_address=Address(URI("sip", HOST, user=caller), name),
            digest=DigestClient(Credentials(self.number, PASSWORD)),
            headers=headers,
        )
        return Line(call, stream, CODECS[codecs], description)

    @staticmethod
    async def connected(line: Line) -> None:
        """Waits until an outgoing call is answered, then talks. Raises CallFailed."""
        description = await line.call.answered()
        assert line.offered is not None
        line.talk(settle(line.offered, description))

    async def pick_up(self, call: Call, codecs: str = "PCMA") -> Line | None:
        """Answers a call; None where the caller has gone."""
        if call.session.state is not State.INCOMING or call.remote is None:
            return None
        stream = await MediaStream.open(self.pool)
        line = Line(call, stream, CODECS[codecs])
        try:
            body, agreement = answer(call.remote, HOST, stream.local[1], CODECS[codecs])
        except PeerError as error:
            line.close()
            call.reject(error.status)
            return None
        call.answer(bytes(body))
        line.talk(agreement)
        return line

    async def refer(self, call: Call, to: str) -> int:
        """Sends REFER in a call's dialog; the final status, 408 where none came."""
        owner = _Owner()
        refer = call.session.dialog.request("REFER")
        refer.headers.set("Refer-To", to)
        refer.headers.set("Referred-By", f"<sip:{self.number}@{HOST}>")
        self.agent.send(refer, call.session.dialog.next_hop(), owner)
        return await owner.status

    async def _rung(self, call: Call) -> None:
        await self._on_ring(self, call)


class _Owner:
    """Of a request outside the sessions: keeps the final status."""

    def __init__(self) -> None:
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def receive(self, request: Request, response: Response, moment: Any) -> None:
        if response.code >= 200 and not self.status.done():
            self.status.set_result(response.code)

    def timed_out(self, request: Request, moment: Any) -> None:
        if not self.status.done():
            self.status.set_result(408)
