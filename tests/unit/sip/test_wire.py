"""Transports behind one seam: calls over connections, flows, names in Via and Contact, IPv6, certificates."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import uvloop

from sip.aio.call import Call
from sip.aio.tls import TlsSettings, client_context
from sip.aio.wire import TransportSpec
from sip.effects import Ended, Ending
from sip.hop import Hop
from sip.message import URI
from tests.support import eventually
from tests.unit.sip.certificates import certificate
from tests.unit.sip.stream_peer import StreamPeer, agent_on, stream_server
from tests.unit.sip.udp_peer import ME, OFFER, Everybody, refuse_all


async def answered(call: Call) -> None:
    call.answer(OFFER)
    await call.over()


@pytest.mark.parametrize("transport", ["TCP", "TLS"])
async def test_a_call_over_a_connection(transport: str, tmp_path: Path) -> None:
    """Answer, BYE from us: all of it over the caller's connection, whatever its Contact says."""
    calls: list[Call] = []

    async def story(call: Call) -> None:
        calls.append(call)
        await answered(call)

    made = certificate(tmp_path).settings
    async with agent_on(story, "UDP", transport, tls=made) as (agent, _):
        context = client_context(made) if transport == "TLS" else None
        peer = await StreamPeer.connect(agent, transport, context)
        peer.send(peer.make("INVITE", body=OFFER))
        await peer.response(100)
        accepted = await peer.response(200)
        contact = str(accepted.contact[0].uri)
        local = agent.wire.locals[1][0]
        assert contact == f"sip:8000@127.0.0.1:{local.port};transport={transport.lower()}"
        peer.send(peer.make("ACK", to=accepted.headers["To"], uri=contact))
        await eventually(lambda: calls[0].session.state.value == "confirmed")
        calls[0].hangup()
        bye = await peer.request("BYE")
        assert str(bye.via[0]).startswith(f"SIP/2.0/{transport} 127.0.0.1:{local.port};")
        peer.answer(bye, 200, contact="<sip:x@127.0.0.1>")
        assert await calls[0].over() == Ended(Ending.US)
        await peer.close()


async def test_a_registered_phone_is_called_over_its_connection() -> None:
    policy = Everybody()
    async with agent_on(refuse_all, "UDP", "TCP", policy=policy) as (agent, _):
        peer = await StreamPeer.connect(agent)
        peer.send(peer.make("REGISTER", contact="<sip:1001@192.0.2.77:5060;transport=tcp>"))
        await peer.response(200)
        (binding,) = policy.registrar.lookup("1001", agent.now().mono)
        call = agent.invite(binding.contact, OFFER, from_address=ME, flow=binding.flow)
        invite = await peer.request("INVITE")
        assert invite.via[0].transport == "TCP"
        assert str(invite.contact[0].uri).endswith(";transport=tcp")
        peer.answer(invite, 180, contact="<sip:1001@192.0.2.77:5060;transport=tcp>")
        await eventually(lambda: call.ringing_at)
        call.hangup()
        cancel = await peer.request("CANCEL")
        assert str(cancel.via[0]) == str(invite.via[0])
        await peer.close()
        await eventually(lambda: not agent.wire._connections)


async def test_a_phone_whose_connection_is_gone_is_not_there() -> None:
    async with agent_on(refuse_all, "UDP", "TCP") as (agent, _):
        peer = await StreamPeer.connect(agent)
        peer.send(peer.make("OPTIONS"))
        await peer.response(200)
        (connection,) = agent.wire._connections.values()
        flow = connection.hop
        waiting = agent.invite(URI("sip", "192.0.2.77"), OFFER, from_address=ME, flow=flow)
        await peer.request("INVITE")
        await peer.close()
        ended = await waiting.over()  # RFC 3261 section 17.1.4: not after 32 s, but at once
        assert (ended.by, ended.code) == (Ending.SILENCE, 408)
        later = agent.invite(URI("sip", "192.0.2.77"), OFFER, from_address=ME, flow=flow)
        assert (await later.over()).by is Ending.SILENCE


async def test_a_phone_that_closed_its_connection_is_called_where_it_listens() -> None:
    policy = Everybody()
    async with stream_server() as server, agent_on(refuse_all, "UDP", "TCP", policy=policy) as (agent, _):
        peer = await StreamPeer.connect(agent)
        peer.send(peer.make("REGISTER", contact=f"<sip:1001@127.0.0.1:{server.port};transport=tcp>"))
        await peer.response(200)
        await peer.close()
        await eventually(lambda: not agent.wire._connections)
        (binding,) = policy.registrar.lookup("1001", agent.now().mono)
        agent.invite(binding.contact, OFFER, from_address=ME, flow=binding.flow)
        await (await server.came()).request("INVITE")


@pytest.mark.parametrize("secure", [False, True])
async def test_a_call_to_a_server_opens_one_connection(secure: bool, tmp_path: Path) -> None:
    made = certificate(tmp_path)
    context = made.context if secure else None
    tls = TlsSettings(ca=made.certificate)
    async with stream_server(context=context) as server, agent_on(refuse_all, "UDP", tls=tls) as (agent, _):
        kind = "tls" if secure else "tcp"
        target = URI.parse(f"sip:agent@127.0.0.1:{server.port};transport={kind}")
        call = agent.invite(target, OFFER, from_address=ME)
        peer = await server.came()
        invite = await peer.request("INVITE")
        assert invite.via[0].transport == kind.upper()
        peer.answer(invite, 200, contact=f"<{target}>", body=OFFER)
        await call.answered()
        await peer.request("ACK")
        call.hangup()
        await peer.request("BYE")  # the same connection
        assert server.peers.empty()


async def test_a_sips_call_has_a_sips_contact(tmp_path: Path) -> None:
    made = certificate(tmp_path)
    context = made.context
    async with (
        stream_server(context=context) as server,
        agent_on(refuse_all, "UDP", tls=made.settings) as (agent, _),
    ):
        agent.invite(URI.parse(f"sips:a@127.0.0.1:{server.port}"), OFFER, from_address=ME)
        invite = await (await server.came()).request("INVITE")
        assert invite.contact[0].uri.scheme == "sips"
        assert invite.via[0].transport == "TLS"


async def test_a_server_that_nobody_vouches_for_is_not_called(tmp_path: Path) -> None:
    made = certificate(tmp_path)
    context = made.context
    async with stream_server(context=context) as server, agent_on(refuse_all, "UDP") as (agent, _):
        call = agent.invite(URI.parse(f"sips:a@127.0.0.1:{server.port}"), OFFER, from_address=ME)
        assert (await call.over()).by is Ending.SILENCE


async def test_a_server_that_is_not_there() -> None:
    async with stream_server() as server:
        port = server.port
    async with agent_on(refuse_all, "UDP") as (agent, _):
        for kind in ("tcp", "tls", "ws", "sctp"):
            call = agent.invite(URI.parse(f"sip:a@127.0.0.1:{port};transport={kind}"), OFFER, from_address=ME)
            assert (await call.over()).by is Ending.SILENCE


async def test_ipv6() -> None:
    async with agent_on(answered, "UDP", "TCP", host="::1") as (agent, _):
        assert agent.local.host == "[::1]"
        reader, writer = await asyncio.open_connection("::1", agent.wire.locals[1][0].port)
        peer = StreamPeer(reader, writer)
        peer.send(peer.make("INVITE", body=OFFER).replace(b"TCP 127.0.0.1", b"TCP [::1]"))
        await peer.response(100)
        accepted = await peer.response(200)
        assert accepted.contact[0].uri.host == "[::1]"
        await peer.close()


async def test_answers_that_lost_their_connection_take_a_new_one() -> None:
    """RFC 3261 section 18.2.2: to the sent-by's port."""
    started = asyncio.Event()

    async def slow(call: Call) -> None:
        await started.wait()
        call.reject(486)

    async with stream_server() as server, agent_on(slow, "UDP", "TCP") as (agent, _):
        peer = await StreamPeer.connect(agent)
        peer.port = server.port  # what it writes into its Via
        peer.send(peer.make("INVITE", body=OFFER))
        await peer.response(100)
        await peer.close()
        await eventually(lambda: not agent.wire._connections)
        started.set()
        await (await server.came()).response(486)


def test_a_spec_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match="unknown transport"):
        TransportSpec("SCTP", "127.0.0.1", 0)
    with pytest.raises(ValueError, match="needs a certificate"):
        TransportSpec("TLS", "127.0.0.1", 0)


async def test_who_we_are_depends_on_where_it_goes() -> None:
    async with agent_on(refuse_all, "UDP", "TCP") as (agent, _):
        udp, tcp = (side for side, _ in agent.wire.locals)
        assert agent.local == udp
        assert agent.wire.local_for(("192.0.2.1", 5060)) == udp
        assert agent.wire.local_for(Hop("192.0.2.1", 5060, "TCP")) == tcp
        assert agent.wire.local_for(Hop("192.0.2.1", 5061, "TLS")).transport == "TLS"
        assert agent.wire.local_toward(URI.parse("sip:a;transport=tcp")) == tcp
        assert agent.wire.local_toward(URI.parse("sip:a;transport=nonsense")) == udp


def test_the_service_runs_on_uvloop() -> None:
    """A transaction over TCP lingers for no time; uvloop's handle of such a timer is of another kind."""

    async def busy(call: Call) -> None:
        call.reject(486)

    async def run() -> None:
        async with agent_on(busy, "UDP", "TCP") as (agent, _):
            peer = await StreamPeer.connect(agent)
            for number in range(1, 4):
                peer.send(peer.make("OPTIONS", cseq=number) + peer.make("OPTIONS", cseq=number))
                await peer.response(200)
                await peer.response(200)
            invite = peer.make("INVITE", body=OFFER)
            peer.send(invite)
            await peer.response(100)
            refused = await peer.response(486)
            ack = peer.make("ACK", to=refused.headers["To"])
            branch = (refused.via[0].parameters["branch"] or "").encode()
            peer.send(ack.replace(ack.split(b"branch=")[1].split(b"\r\n")[0], branch))
            await eventually(lambda: len(agent.layer) == 0)
            await peer.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
