"""Our user agent over TCP, TLS, WebSocket and IPv6 with other people's phones and a proxy."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake
from websockets.typing import Subprotocol

from callcenter.demo.phones.phone import Line, Phone, Ports, line_arguments
from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    answered,
    bye,
    called,
    cancel,
    invite,
    pause,
    progress,
    refuse,
    refused,
    ring,
    scenario,
    wait_bye,
)
from sip.aio.call import Call, CallFailed
from sip.aio.names import Names
from sip.aio.tls import client_context
from sip.effects import Ended, Ending
from sip.framing import PING
from sip.message import URI, AnyMessage, Request, Response, encode, parse, respond
from tests.interop.debian_baresip import Baresip
from tests.interop.linphone import Linphone
from tests.interop.peers import Sipp
from tests.interop.proxy import Kamailio
from tests.interop.site import (
    ME,
    OFFER,
    answer_and_hang_up,
    confirmed,
    ended_well,
    nobody,
    ring_and_answer,
    ring_for_ever,
    sipp_agent,
    site,
)
from tests.support import eventually, free_port, scaled
from tests.unit.sip.certificates import certificate
from tests.unit.sip.dns_server import dns_server

# --- sipp over TCP ---


async def test_sipp_calls_over_tcp(tmp_path: Path) -> None:
    async with site(tmp_path, ring_and_answer, "UDP", "TCP") as here:
        run = here.caller(invite(), answered(), pause(100), bye(2, "uac"), transport="TCP")
        await ended_well(run)
        assert await here.calls[0].over() == Ended(Ending.THEM)


async def test_we_hang_up_on_sipp_over_its_connection(tmp_path: Path) -> None:
    async with site(tmp_path, answer_and_hang_up, "UDP", "TCP") as here:
        run = here.caller(invite(), answered(), wait_bye(), transport="TCP")
        await ended_well(run)
        assert "Via: SIP/2.0/TCP 127.0.0.1" in run.messages()


async def test_a_cancel_over_tcp(tmp_path: Path) -> None:
    async with site(tmp_path, ring_for_ever, "UDP", "TCP") as here:
        await ended_well(here.caller(invite(), cancel(200), transport="TCP"))
        assert await here.calls[0].over() == Ended(Ending.THEM, 487)


async def test_a_refusal_over_tcp(tmp_path: Path) -> None:
    async def story(call: Call) -> None:
        call.reject(486)

    async with site(tmp_path, story, "UDP", "TCP") as here:
        await ended_well(here.caller(invite(), progress(), refused(486), transport="TCP"))


async def test_we_call_sipp_over_tcp(tmp_path: Path) -> None:
    async with site(tmp_path, nobody, "UDP", "TCP") as here:
        steps = (called(), ring(200), answer(), acknowledged(), wait_bye())
        run, call = await here.callee(*steps, transport="TCP")
        await call.answered()
        call.hangup()
        await ended_well(run)


@pytest.mark.parametrize("code", [486, 503])
async def test_sipp_refuses_our_call_over_tcp(tmp_path: Path, code: int) -> None:
    async with site(tmp_path, nobody, "UDP", "TCP") as here:
        run, call = await here.callee(called(), refuse(code, "No"), transport="TCP")
        with pytest.raises(CallFailed):
            await call.answered()
        await ended_well(run)


async def test_row_11_garbage_over_tcp_does_not_harm_a_call(tmp_path: Path) -> None:
    """Garbage, a huge Content-Length, none at all, slowloris and keep-alives beside a call of sipp's."""
    async with site(tmp_path, ring_and_answer, "UDP", "TCP") as here:
        port = here.port("TCP")
        run = here.caller(invite(), answered(), pause(1000), bye(2, "uac"), transport="TCP")
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


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_row_15_sipp_calls_over_ipv6(tmp_path: Path, transport: str) -> None:
    async with site(tmp_path, answer_and_hang_up, "UDP", "TCP", host="::1") as here:
        run = here.caller(invite(), answered(), wait_bye(), transport=transport)
        await ended_well(run)
        assert "[::1]" in run.messages()
        assert await here.calls[0].over() == Ended(Ending.US)


async def test_srv_fails_over_from_a_dead_sipp_to_a_live_one(tmp_path: Path) -> None:
    """RFC 3263: the first target has no TCP, the second answers."""
    steps = (called(), ring(100), answer(), acknowledged(), wait_bye())
    run = await sipp_agent(tmp_path, *steps, transport="TCP")
    dead = free_port()
    zone = (
        f"_sip._tcp.example.com 60 SRV 1 0 {dead} host.example.com.",
        f"_sip._tcp.example.com 60 SRV 2 0 {run.port} host.example.com.",
        "host.example.com 60 A 127.0.0.1",
    )
    async with dns_server(*zone) as server:
        names = Names(lambda: asyncio.get_running_loop().time(), ("127.0.0.1",), server.port)
        async with site(tmp_path, nobody, "UDP", names=names) as here:
            call = here.agent.invite(URI.parse("sip:agent@example.com"), OFFER, from_address=ME)
            await call.answered()
            call.hangup()
            await ended_well(run)


# --- phones ---


async def test_baresip_python_registers_over_tcp_and_is_called(tmp_path: Path) -> None:
    ports = Ports()
    async with site(tmp_path, nobody, "UDP", "TCP") as here:
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
    async with (
        site(tmp_path, nobody, "UDP", "TLS", made=made) as here,
        Baresip.start(tmp_path, made=made) as phone,
    ):
        await phone.register("1001", "secret", f"127.0.0.1:{here.port('TLS')};transport=tls")
        call = await here.call("1001")
        await call.answered()
        call.hangup()
        await phone.wait("CALL_CLOSED")


async def test_linphone_calls_over_tls_with_our_certificate_checked(tmp_path: Path) -> None:
    made = certificate(tmp_path)
    async with (
        site(tmp_path, ring_and_answer, "UDP", "TLS", made=made) as here,
        Linphone.start(tmp_path, made=made) as phone,
    ):
        server = f"localhost:{here.port('TLS')};transport=tls"
        phone.do(f"register sip:lin@127.0.0.1 sip:{server} secret")
        await here.registered("lin")
        phone.do(f"call sip:8000@{server}")
        call = await eventually(lambda: here.calls[0] if here.calls else None)
        await confirmed(call)
        call.hangup()
        assert await call.over() == Ended(Ending.US)


# --- Kamailio in the path ---


@pytest.mark.parametrize("transport", ["TCP", "TLS"])
async def test_row_7_kamailio_brings_a_call_over_tcp_and_tls(tmp_path: Path, transport: str) -> None:
    """The caller speaks UDP; our BYE follows the route set back over the proxy's transport."""
    made = certificate(tmp_path)
    async with site(tmp_path, answer_and_hang_up, "UDP", transport, made=made) as here:
        service = f"sip:8000@127.0.0.1:{here.port(transport)};transport={transport.lower()}"
        with Kamailio.start(tmp_path, {"8000": [service]}, made=made) as proxy:
            steps = scenario(invite(), answered(), wait_bye())
            target = ("127.0.0.1", proxy.port)
            await ended_well(Sipp.start(tmp_path, steps, target, service="8000", user="caller"))
        assert here.calls[0].invite.via[0].transport == transport
        assert await here.calls[0].over() == Ended(Ending.US)


@pytest.mark.parametrize("transport", ["TCP", "TLS"])
async def test_row_7_we_call_through_kamailio_over_tcp_and_tls(tmp_path: Path, transport: str) -> None:
    """To a sipp on UDP: the proxy changes the transport, ACK and BYE follow its Record-Route."""
    made = certificate(tmp_path)
    agent = await sipp_agent(tmp_path, called(), ring(200), answer(), acknowledged(), wait_bye())
    async with site(tmp_path, nobody, "UDP", made=made) as here:
        with Kamailio.start(tmp_path, {"agent": [agent.port]}, made=made) as proxy:
            target = URI.parse(f"sip:agent@127.0.0.1:{proxy.ports[transport]};transport={transport.lower()}")
            call = here.agent.invite(target, OFFER, from_address=ME)
            await call.answered()
            call.hangup()
            await ended_well(agent)
            assert f"SIP/2.0/{transport} 127.0.0.1" in agent.messages()  # our Via


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
    async with site(tmp_path, answer_and_hang_up, "UDP", transport, made=made) as here:
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


async def test_a_websocket_without_the_subprotocol_is_refused(tmp_path: Path) -> None:
    async with site(tmp_path, nobody, "UDP", "WS") as here:
        with pytest.raises(InvalidHandshake):
            async with connect(f"ws://127.0.0.1:{here.port('WS')}/"):
                raise AssertionError("it was let in")
