"""Our user agent over TCP, TLS, WebSocket and IPv6 with other people's phones and a proxy."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake
from websockets.typing import Subprotocol

from callcenter.demo.phones.phone import Line, Phone, Ports, line_arguments
from callcenter.demo.phones.scenarios import (
    answer,
    answered,
    bye,
    called,
    cancel,
    invite,
    pause,
    progress,
    receive,
    refuse,
    refused,
    ring,
    scenario,
    wait_bye,
)
from sip.aio.agent import Admission, TlsSettings, TransportSpec, UserAgent
from sip.aio.call import Call, CallFailed
from sip.aio.names import Names
from sip.aio.tls import client_context
from sip.effects import Ended, Ending
from sip.framing import PING
from sip.message import URI, Address, AnyMessage, Request, Response, encode, parse, respond
from sip.registrar import Binding, Registrar
from sip.sdp import answer as sdp_answer
from sip.sdp import offer
from tests.interop.peers import Sipp
from tests.interop.transport_peers import Baresip, Linphone, kamailio
from tests.support import eventually, free_port, scaled
from tests.unit.sip.certificates import Made, certificate
from tests.unit.sip.dns_server import dns_server

ME = Address(URI("sip", "127.0.0.1", user="desk"))
OFFER = bytes(offer("127.0.0.1", 4000))


class Everybody:
    """Admits everybody as who they say they are, and registers them."""

    def __init__(self) -> None:
        self.registrar = Registrar()

    def admit(self, request: Request, source: tuple[str, int], now: float) -> Admission:
        return Admission(identity=request.from_address.uri.user)

    def register(self, identity: str, request: Request, source: tuple[str, int], now: float) -> Response:
        return self.registrar.register(identity, request, source, now)


class Site:
    """An agent on every transport, and the calls that came in."""

    def __init__(
        self, story: Callable[[Call], Awaitable[None]], tls: TlsSettings | None, names: Names | None
    ) -> None:
        self.calls: list[Call] = []
        self.policy = Everybody()
        self.agent = UserAgent(self.policy, self._take, tls=tls, names=names)
        self._story = story

    async def _take(self, call: Call) -> None:
        self.calls.append(call)
        await self._story(call)

    def port(self, transport: str) -> int:
        return next(side.port for side, _ in self.agent.wire.locals if side.transport == transport)

    async def registered(self, user: str) -> Binding:
        return await eventually(
            lambda: next(iter(self.policy.registrar.lookup(user, self.agent.now().mono)), None)
        )

    async def call(self, user: str) -> Call:
        """Calls a registered phone over the connection that it registered by."""
        binding = await self.registered(user)
        return self.agent.invite(binding.contact, OFFER, from_address=ME, flow=binding.flow)


@asynccontextmanager
async def site(
    story: Callable[[Call], Awaitable[None]],
    *transports: str,
    made: Made | None = None,
    host: str = "127.0.0.1",
    names: Names | None = None,
) -> AsyncIterator[Site]:
    tls = made.settings if made else None
    here = Site(story, tls, names)
    for transport in transports:
        await here.agent.listen(
            TransportSpec(transport, host, 0, tls=tls if transport in ("TLS", "WSS") else None)
        )
    try:
        yield here
    finally:
        await here.agent.stop(grace=0.2)


async def ended_well(run: Sipp) -> None:
    try:
        await asyncio.to_thread(run.succeeded)
    finally:
        run.stop()


def reply_to(call: Call) -> bytes:
    assert call.remote is not None
    return bytes(sdp_answer(call.remote, "127.0.0.1", 4000)[0])


async def ring_and_answer(call: Call) -> None:
    call.ring()
    call.answer(reply_to(call))
    await call.over()


async def answer_and_hang_up(call: Call) -> None:
    call.answer(reply_to(call))
    await eventually(lambda: call.session.state.value == "confirmed")
    call.hangup()


async def nobody(call: Call) -> None:
    raise AssertionError("no call comes in here")


def sipp_calls(folder: Path, port: int, *steps: str, host: str = "127.0.0.1", transport: str = "t1") -> Sipp:
    text = scenario(*steps).replace("IN IP4 [media_ip]", "IN IP[media_ip_type] [media_ip]")
    return Sipp.start(
        folder, text, (host, port), service="8000", user="caller", transport=transport, host=host
    )


# --- sipp over TCP ---


async def test_sipp_calls_over_tcp(tmp_path: Path) -> None:
    async with site(ring_and_answer, "UDP", "TCP") as here:
        await ended_well(
            sipp_calls(tmp_path, here.port("TCP"), invite(), answered(), pause(100), bye(2, "uac"))
        )
        assert await here.calls[0].over() == Ended(Ending.THEM)


async def test_we_hang_up_on_sipp_over_its_connection(tmp_path: Path) -> None:
    async with site(answer_and_hang_up, "UDP", "TCP") as here:
        run = sipp_calls(tmp_path, here.port("TCP"), invite(), answered(), wait_bye())
        await ended_well(run)
        assert "Via: SIP/2.0/TCP 127.0.0.1" in run.messages()


async def test_a_cancel_over_tcp(tmp_path: Path) -> None:
    async def story(call: Call) -> None:
        call.ring()
        await call.over()

    async with site(story, "UDP", "TCP") as here:
        await ended_well(sipp_calls(tmp_path, here.port("TCP"), invite(), cancel(200)))
        assert await here.calls[0].over() == Ended(Ending.THEM, 487)


async def test_a_refusal_over_tcp(tmp_path: Path) -> None:
    async def story(call: Call) -> None:
        call.reject(486)

    async with site(story, "UDP", "TCP") as here:
        await ended_well(sipp_calls(tmp_path, here.port("TCP"), invite(), progress(), refused(486)))


async def test_we_call_sipp_over_tcp(tmp_path: Path) -> None:
    async with site(nobody, "UDP", "TCP") as here:
        steps = scenario(called(), ring(200), answer(), receive("ACK"), wait_bye())
        steps = steps.replace("[local_port]>", "[local_port];transport=tcp>")
        run = Sipp.start(tmp_path, steps, ("127.0.0.1", 9), service="agent", transport="t1")
        await asyncio.to_thread(run.listening)
        target = URI.parse(f"sip:agent@127.0.0.1:{run.port};transport=tcp")
        call = here.agent.invite(target, OFFER, from_address=ME)
        await call.answered()
        call.hangup()
        await ended_well(run)


@pytest.mark.parametrize("code", [486, 503])
async def test_sipp_refuses_our_call_over_tcp(tmp_path: Path, code: int) -> None:
    async with site(nobody, "UDP", "TCP") as here:
        run = Sipp.start(
            tmp_path,
            scenario(called(), refuse(code, "No")),
            ("127.0.0.1", 9),
            service="agent",
            transport="t1",
        )
        await asyncio.to_thread(run.listening)
        target = URI.parse(f"sip:agent@127.0.0.1:{run.port};transport=tcp")
        with pytest.raises(CallFailed):
            await here.agent.invite(target, OFFER, from_address=ME).answered()
        await ended_well(run)


async def test_row_11_garbage_over_tcp_does_not_harm_a_call(tmp_path: Path) -> None:
    """Garbage, a huge Content-Length, none at all, slowloris and keep-alives beside a call of sipp's."""
    async with site(ring_and_answer, "UDP", "TCP") as here:
        port = here.port("TCP")
        run = sipp_calls(tmp_path, port, invite(), answered(), pause(1000), bye(2, "uac"))
        await eventually(lambda: here.calls)
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        for _, writer in slow:
            writer.write(b"INVITE sip:8000@127.0.0.1 SIP/2.0\r\nVia: ")
        head = b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKg\r\n"
        head += b"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
        for data, wanted in (
            (b"\x00\x01\x00\x00" * 20_000, b""),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b""),
            (head + b"Content-Length: 4294967296\r\n\r\n", b"SIP/2.0 413 "),
            (head + b"\r\n", b"SIP/2.0 400 "),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(data)
            try:
                said = await asyncio.wait_for(reader.read(), scaled(5))
            except ConnectionResetError:
                said = b""
            assert said.startswith(wanted)
            writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(PING)
        assert await asyncio.wait_for(reader.readexactly(2), scaled(5)) == b"\r\n"
        for _, open_one in [*slow, (reader, writer)]:
            open_one.close()
        await ended_well(run)
        assert here.agent.layer.counters["internal_error"] == 0


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_row_15_sipp_calls_over_ipv6(tmp_path: Path, transport: str) -> None:
    async def story(call: Call) -> None:
        assert call.remote is not None
        call.answer(bytes(sdp_answer(call.remote, "::1", 4000)[0]))
        await eventually(lambda: call.session.state.value == "confirmed")
        call.hangup()

    async with site(story, "UDP", "TCP", host="::1") as here:
        port = here.port("UDP" if transport == "u1" else "TCP")
        run = sipp_calls(tmp_path, port, invite(), answered(), wait_bye(), host="::1", transport=transport)
        await ended_well(run)
        assert "[::1]" in run.messages()
        assert await here.calls[0].over() == Ended(Ending.US)


async def test_srv_fails_over_from_a_dead_sipp_to_a_live_one(tmp_path: Path) -> None:
    """RFC 3263: the first target has no TCP, the second answers."""
    steps = scenario(called(), ring(100), answer(), receive("ACK"), wait_bye())
    steps = steps.replace("[local_port]>", "[local_port];transport=tcp>")
    run = Sipp.start(tmp_path, steps, ("127.0.0.1", 9), service="agent", transport="t1")
    await asyncio.to_thread(run.listening)
    dead = free_port(socket.SOCK_STREAM)
    zone = (
        f"_sip._tcp.example.com 60 SRV 1 0 {dead} host.example.com.",
        f"_sip._tcp.example.com 60 SRV 2 0 {run.port} host.example.com.",
        "host.example.com 60 A 127.0.0.1",
    )
    async with dns_server(*zone) as server:
        names = Names(lambda: asyncio.get_running_loop().time(), ("127.0.0.1",), server.port)
        async with site(nobody, "UDP", names=names) as here:
            call = here.agent.invite(URI.parse("sip:agent@example.com"), OFFER, from_address=ME)
            await call.answered()
            call.hangup()
            await ended_well(run)


# --- phones ---


async def test_baresip_python_registers_over_tcp_and_is_called(tmp_path: Path) -> None:
    ports = Ports()
    async with site(nobody, "UDP", "TCP") as here:
        line = line_arguments(Line("1001", "secret", f"127.0.0.1:{here.port('TCP')}"), ports.block())
        arguments = [*line, "--transport", "tcp", "--ring", "0.1", "--record", tmp_path / "heard.wav"]
        phone = await Phone.start("agent", "baresip_agent.py", arguments, tmp_path)
        try:
            await phone.wait("registered", scaled(15))
            call = await here.call("1001")
            await call.answered()
            assert call.ringing_at is not None
            call.hangup()
            await phone.wait("ended", scaled(10))
        finally:
            await phone.stop()


async def test_baresip_registers_over_tls_and_is_called(tmp_path: Path) -> None:
    made = certificate(tmp_path)
    async with site(nobody, "UDP", "TLS", made=made) as here:
        phone = await Baresip(tmp_path, made).start()
        try:
            account = (
                f"<sip:1001@127.0.0.1:{here.port('TLS')};transport=tls>;auth_pass=secret;answermode=auto"
            )
            phone.do("uanew", account)
            await phone.wait("REGISTER_OK")
            call = await here.call("1001")
            await call.answered()
            call.hangup()
            await phone.wait("CALL_CLOSED")
        finally:
            await phone.stop()


async def test_linphone_calls_over_tls_with_our_certificate_checked(tmp_path: Path) -> None:
    made = certificate(tmp_path)
    async with site(ring_and_answer, "UDP", "TLS", made=made) as here:
        phone = await Linphone(tmp_path, made).start()
        try:
            server = f"localhost:{here.port('TLS')};transport=tls"
            phone.do(f"register sip:lin@127.0.0.1 sip:{server} secret")
            await here.registered("lin")
            phone.do(f"call sip:8000@{server}")
            call = await eventually(lambda: here.calls[0] if here.calls else None)
            await eventually(lambda: call.session.state.value == "confirmed", message=str(phone.lines))
            call.hangup()
            assert await call.over() == Ended(Ending.US)
        finally:
            await phone.stop()


# --- Kamailio in the path ---


@pytest.mark.parametrize("transport", ["TCP", "TLS"])
async def test_row_7_kamailio_brings_a_call_over_tcp_and_tls(tmp_path: Path, transport: str) -> None:
    """The caller speaks UDP; our BYE follows the route set back over the proxy's transport."""
    made = certificate(tmp_path)
    async with site(answer_and_hang_up, "UDP", transport, made=made) as here:
        service = f"sip:127.0.0.1:{here.port(transport)};transport={transport.lower()}"
        async with kamailio(tmp_path, made, service) as proxy:
            run = Sipp.start(
                tmp_path,
                scenario(invite(), answered(), wait_bye()),
                ("127.0.0.1", proxy.ports["udp"]),
                service="svc",
                user="caller",
            )
            await ended_well(run)
        assert here.calls[0].invite.via[0].transport == transport
        assert await here.calls[0].over() == Ended(Ending.US)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_row_7_we_call_through_kamailio_over_tcp_and_tls(tmp_path: Path, transport: str) -> None:
    """To a sipp on UDP: the proxy changes the transport, ACK and BYE follow its Record-Route."""
    made = certificate(tmp_path)
    agent = Sipp.start(
        tmp_path,
        scenario(called(), ring(200), answer(), receive("ACK"), wait_bye()),
        ("127.0.0.1", 9),
        service="agent",
    )
    await asyncio.to_thread(agent.listening)
    service = f"sip:127.0.0.1:{agent.port}"
    async with kamailio(tmp_path, made, service) as proxy, site(nobody, "UDP", made=made) as here:
        target = URI.parse(f"sip:svc@127.0.0.1:{proxy.ports[transport]};transport={transport}")
        call = here.agent.invite(target, OFFER, from_address=ME)
        await call.answered()
        call.hangup()
        await ended_well(agent)
        text = agent.messages()
        assert f"SIP/2.0/{transport.upper()} 127.0.0.1" in text  # our Via


# --- a browser's side of WebSocket ---


def make(
    method: str, cseq: int, *, to: str = "<sip:8000@example.com>", extra: str = "", body: bytes = b""
) -> bytes:
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return (
        f"{method} sip:8000@example.com SIP/2.0\r\n"
        f"Via: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bKws{method}{cseq}\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:web@example.com>;tag=ws\r\nTo: {to}\r\nCall-ID: ws-call\r\n"
        f"CSeq: {cseq} {method}\r\nContact: <sip:web@df7jal23ls0d.invalid;transport=ws>\r\n{extra}{kind}"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class Browser:
    """A raw WebSocket client that speaks SIP."""

    def __init__(self, socket: object) -> None:
        self._socket = socket

    async def send(self, data: bytes | AnyMessage) -> None:
        wire = data if isinstance(data, bytes) else encode(data)
        await self._socket.send(wire.decode())  # type: ignore[attr-defined]

    async def next(self) -> AnyMessage:
        text = await asyncio.wait_for(self._socket.recv(), scaled(5))  # type: ignore[attr-defined]
        return parse(text.encode())

    async def response(self, code: int) -> Response:
        message = await self.next()
        assert isinstance(message, Response)
        assert message.code == code
        return message

    async def request(self, method: str) -> Request:
        message = await self.next()
        assert isinstance(message, Request)
        assert message.method == method
        return message


@pytest.mark.parametrize("transport", ["WS", "WSS"])
async def test_a_websocket_phone_registers_calls_and_is_called(tmp_path: Path, transport: str) -> None:
    """RFC 7118: its Contact is a name that nobody can look up; everything goes over its connection."""
    made = certificate(tmp_path)
    async with site(answer_and_hang_up, "UDP", transport, made=made) as here:
        uri = f"{transport.lower()}://127.0.0.1:{here.port(transport)}/"
        context = client_context(made.settings) if transport == "WSS" else None
        async with connect(uri, subprotocols=[Subprotocol("sip")], ssl=context) as socket_:
            browser = Browser(socket_)
            await browser.send(make("OPTIONS", 1))
            await browser.response(200)
            await browser.send(make("REGISTER", 2, to="<sip:web@example.com>"))
            await browser.response(200)
            await browser.send(make("INVITE", 3, body=OFFER))
            await browser.response(100)
            accepted = await browser.response(200)
            assert str(accepted.contact[0].uri).endswith(f";transport={transport.lower()}")
            await browser.send(make("ACK", 3, to=accepted.headers["To"]))
            bye_ = await browser.request("BYE")
            assert bye_.via[0].transport == transport
            await browser.send(respond(bye_, 200))
            call = await here.call("web")
            asked = await browser.request("INVITE")
            assert asked.uri.host == "df7jal23ls0d.invalid"
            await browser.send(respond(asked, 486, to_tag="web"))
            await browser.request("ACK")
            assert (await call.over()).code == 486


async def test_a_websocket_without_the_subprotocol_is_refused() -> None:
    async with site(nobody, "UDP", "WS") as here:
        with pytest.raises(InvalidHandshake):
            async with connect(f"ws://127.0.0.1:{here.port('WS')}/"):
                raise AssertionError("it was let in")
