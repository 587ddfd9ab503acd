"""Connections to a user agent: SIP_CASES 11 for streams: garbage, haste, sloth."""

from __future__ import annotations

import asyncio

import pytest

from sip.aio import connection, wire
from sip.aio.wire import TransportSpec
from sip.framing import PING, PONG
from sip.hop import Hop
from sip.message import URI, Parameters
from sip.transactions import T1
from tests.support import eventually, scaled
from tests.unit.sip.stream_peer import StreamPeer, agent_on, stream_server
from tests.unit.sip.udp_peer import ME, OFFER, refuse_all


async def test_requests_over_one_connection_are_answered_over_it() -> None:
    async with agent_on(refuse_all, "UDP", "TCP") as (agent, _):
        peer = await StreamPeer.connect(agent)
        peer.send(peer.make("OPTIONS") + peer.make("OPTIONS"))
        first, second = await peer.response(200), await peer.response(200)
        assert first.via[0].transport == "TCP"
        assert first.via[0].parameters["branch"] != second.via[0].parameters["branch"]
        await peer.close()


async def test_a_ping_is_answered() -> None:
    async with agent_on(refuse_all, "TCP") as (agent, _):
        peer = await StreamPeer.connect(agent)
        peer.send(PING)
        assert await asyncio.wait_for(peer.reader.readexactly(2), scaled(5)) == PONG
        await peer.close()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (("Content-Length: 0", "Content-Length: 999999999"), b"413"),
        (("Content-Length: 0", "Content-Length: -1"), b"400"),
        (("Content-Length: 0\r\n", ""), b"400"),
    ],
)
async def test_a_message_without_an_end_is_refused_and_the_connection_closed(
    change: tuple[str, str], status: bytes
) -> None:
    async with agent_on(refuse_all, "TCP") as (agent, _):
        peer = await StreamPeer.connect(agent)
        peer.send(peer.make("OPTIONS").replace(change[0].encode(), change[1].encode()))
        assert (await peer.closed()).startswith(b"SIP/2.0 " + status)
        assert agent.layer.counters["stream_broken"] == 1
        await peer.close()


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\x80\x08" + b"\xd5" * 40_000, b"A" * 40_000]
)
async def test_garbage_closes_its_connection_and_no_other(garbage: bytes) -> None:
    async with agent_on(refuse_all, "TCP") as (agent, _):
        peer, other = await StreamPeer.connect(agent), await StreamPeer.connect(agent)
        peer.send(garbage)
        assert await peer.closed() == b""
        other.send(other.make("OPTIONS"))
        await other.response(200)
        await peer.close()
        await other.close()


async def test_a_malformed_message_with_an_end_leaves_the_connection() -> None:
    async with agent_on(refuse_all, "TCP") as (agent, _):
        peer = await StreamPeer.connect(agent)
        peer.send(peer.make("OPTIONS").replace(b"SIP/2.0\r\n", b"SIP/9.9\r\n", 1))
        await peer.response(505)
        peer.send(peer.make("OPTIONS"))
        await peer.response(200)
        await peer.close()


async def test_who_never_ends_a_message_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slowloris: more bytes of the same message give it no more time."""
    monkeypatch.setattr(connection, "MESSAGE_SECONDS", 0.3)
    async with agent_on(refuse_all, "TCP") as (agent, _):
        peer = await StreamPeer.connect(agent)

        async def drip() -> None:
            while True:
                peer.send(b"X")
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        assert await peer.closed() == b""
        dripping.cancel()
        assert agent.layer.counters["stream_slow"] == 1
        await peer.close()


async def test_who_says_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "FIRST_SECONDS", 0.1)
    async with agent_on(refuse_all, "TCP") as (agent, _):
        peer = await StreamPeer.connect(agent)
        assert await peer.closed() == b""
        await peer.close()


async def test_who_reads_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_UNSENT", 10_000)
    async with agent_on(refuse_all, "TCP") as (agent, _):
        peer = await StreamPeer.connect(agent)
        for number in range(20_000):
            peer.send(peer.make("OPTIONS", cseq=number + 1))
            if agent.layer.counters["stream_unread"]:
                break
            if number % 50 == 0:
                await asyncio.sleep(0)
        await eventually(lambda: agent.layer.counters["stream_unread"])
        await peer.close()


async def test_one_host_gets_so_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_FROM_ONE", 2)
    async with agent_on(refuse_all, "TCP") as (agent, _):
        peers = [await StreamPeer.connect(agent) for _ in range(3)]
        assert await peers[2].closed() == b""
        assert agent.layer.counters["stream_refused"] == 1
        peers[0].send(peers[0].make("OPTIONS"))
        await peers[0].response(200)
        await peers[0].close()
        await eventually(lambda: len(agent.wire._connections) == 1)
        again = await StreamPeer.connect(agent)
        again.send(again.make("OPTIONS"))
        await again.response(200)
        for peer in (*peers[1:], again):
            await peer.close()


async def test_our_own_connections_are_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PING_SECONDS", 0.05)
    async with stream_server() as server, agent_on(refuse_all, "TCP") as (agent, _):
        await agent.wire.connect(Hop("127.0.0.1", server.port, "TCP"))
        peer = await server.came()
        assert await asyncio.wait_for(peer.reader.readexactly(8), scaled(5)) == PING + PING


async def test_a_port_that_is_taken() -> None:
    async with agent_on(refuse_all, "TCP") as (agent, _):
        with pytest.raises(OSError, match=r"."):
            await agent.listen(TransportSpec("TCP", "127.0.0.1", agent.local.port))


async def test_a_call_whose_phone_is_gone_with_its_connection_ends_though_no_cancel_can_be_sent() -> None:
    """RFC 3261 section 9.1. A phone over TCP rings and loses its power: nobody answers, nobody listens."""
    async with agent_on(refuse_all, "TCP") as (agent, clock):
        async with stream_server() as server:
            target = URI("sip", "127.0.0.1", port=server.port, parameters=Parameters(transport="tcp"))
            call = agent.invite(target, OFFER, from_address=ME)
            peer = await server.came()
            invite = await peer.request("INVITE")
            peer.answer(invite, 180, contact=f"<sip:a@127.0.0.1:{server.port};transport=tcp>")
            await eventually(lambda: call.ringing_at)
        await eventually(lambda: not agent.wire._connections)
        call.hangup()
        await eventually(lambda: not agent._sender.pending)  # the CANCEL found nobody
        assert not call.is_over
        clock.ahead = 64 * T1 + 1
        agent._on_timer()
        assert (await asyncio.wait_for(call.over(), scaled(5))).code == 487
        assert agent.layer.outstanding == 0
