"""Requests on their way out: size, fail-over, and what is remembered of it."""

from __future__ import annotations

import asyncio

from sip.aio.names import Names
from sip.effects import Ending
from sip.message import URI, Request, Response, new_tag, parse
from sip.moment import Moment
from sip.transactions import T1
from tests.support import eventually, scaled
from tests.unit.sip.dns_server import dns_server
from tests.unit.sip.stream_peer import agent_on, stream_server
from tests.unit.sip.udp_peer import ME, OFFER, Peer, refuse_all

LONG = (("X-Long", "a" * 1300),)


class Asker:
    """Owns a request outside a call."""

    def __init__(self) -> None:
        self.outcome: list[int] = []

    def receive(self, request: Request, response: Response, moment: Moment) -> None:
        self.outcome.append(response.code)

    def timed_out(self, request: Request, moment: Moment) -> None:
        self.outcome.append(408)


async def udp_peer(port: int = 0) -> Peer:
    peer = Peer()
    loop = asyncio.get_running_loop()
    peer.transport, _ = await loop.create_datagram_endpoint(lambda: peer, local_addr=("127.0.0.1", port))
    return peer


def options(uri: str) -> Request:
    text = (
        f"OPTIONS {uri} SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK{new_tag()};rport\r\n"
        f"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: {new_tag()}\r\nCSeq: 1 OPTIONS\r\n"
        "Content-Length: 0\r\n\r\n"
    )
    request = parse(text.encode())
    assert isinstance(request, Request)
    return request


async def test_a_large_request_goes_by_tcp() -> None:
    """RFC 3261 section 18.1.1."""
    async with stream_server() as server, agent_on(refuse_all, "UDP", "TCP") as (agent, _):
        call = agent.invite(URI("sip", "127.0.0.1", port=server.port), OFFER, from_address=ME, headers=LONG)
        peer = await server.came()
        invite = await peer.request("INVITE")
        assert invite.via[0].transport == "TCP"
        peer.answer(invite, 486, contact="<sip:a@b>")
        await peer.request("ACK")
        assert (await call.over()).code == 486


async def test_a_large_request_goes_by_udp_where_there_is_no_tcp() -> None:
    peer = await udp_peer()
    async with agent_on(refuse_all, "UDP", "TCP") as (agent, _):
        call = agent.invite(URI("sip", "127.0.0.1", port=peer.port), OFFER, from_address=ME, headers=LONG)
        invite = await peer.request("INVITE")
        assert invite.via[0].transport == "UDP"
        peer.answer(invite, 486, agent)
        await peer.request("ACK")
        assert (await call.over()).code == 486
        # The second time it is not asked for TCP first.
        agent.invite(URI("sip", "127.0.0.1", port=peer.port), OFFER, from_address=ME, headers=LONG)
        await peer.request("INVITE")
    peer.transport.close()


async def test_a_large_request_stays_on_udp_for_an_agent_that_has_only_that() -> None:
    peer = await udp_peer()
    async with stream_server(peer.port) as server, agent_on(refuse_all, "UDP") as (agent, _):
        agent.invite(URI("sip", "127.0.0.1", port=peer.port), OFFER, from_address=ME, headers=LONG)
        await peer.request("INVITE")
        assert server.peers.empty()
    peer.transport.close()


async def test_srv_fails_over_to_the_next_target() -> None:
    """RFC 3263 section 4.3: one server is silent, one says 503, the third is good."""
    silent, busy, good = [await udp_peer() for _ in range(3)]
    zone = [
        f"_sip._udp.example.com 60 SRV {priority} 0 {port} host.example.com."
        for priority, port in ((1, silent.port), (2, busy.port), (3, good.port))
    ]
    async with dns_server(*zone, "host.example.com 60 A 127.0.0.1") as server:

        def names(clock: object) -> Names:
            return Names(clock, ("127.0.0.1",), server.port)  # type: ignore[arg-type]

        async with agent_on(refuse_all, "UDP", names=names) as (agent, clock):
            asker = Asker()
            agent.send(options("sip:example.com"), URI.parse("sip:example.com"), asker)
            first = await silent.request("OPTIONS")
            clock.ahead += 64 * T1
            agent._on_timer()
            second = await busy.request("OPTIONS")
            assert second.via[0].parameters["branch"] != first.via[0].parameters["branch"]
            busy.answer(second, 503, agent)
            good.answer(await good.request("OPTIONS"), 200, agent)
            await eventually(lambda: asker.outcome == [200])
            # What failed is not tried first for a while.
            agent.send(options("sip:example.com"), URI.parse("sip:example.com"), asker)
            good.answer(await good.request("OPTIONS"), 200, agent)
            await eventually(lambda: asker.outcome == [200, 200])
    for peer in (silent, busy, good):
        peer.transport.close()


async def test_an_invite_fails_over_and_its_cancel_follows_it() -> None:
    busy, good = await udp_peer(), await udp_peer()
    zone = [
        f"_sip._udp.example.com 60 SRV {priority} 0 {port} host.example.com."
        for priority, port in ((1, busy.port), (2, good.port))
    ]
    async with dns_server(*zone, "host.example.com 60 A 127.0.0.1") as server:

        def names(clock: object) -> Names:
            return Names(clock, ("127.0.0.1",), server.port)  # type: ignore[arg-type]

        async with agent_on(refuse_all, "UDP", names=names) as (agent, _):
            call = agent.invite(URI.parse("sip:desk@example.com"), OFFER, from_address=ME)
            first = await busy.request("INVITE")
            busy.answer(first, 503, agent)
            ack = await busy.request("ACK")
            assert str(ack.via[0]) == str(first.via[0])
            second = await good.request("INVITE")
            good.answer(second, 180, agent)
            await eventually(lambda: call.ringing_at)
            call.hangup()
            cancel = await good.request("CANCEL")
            assert str(cancel.via[0]) == str(second.via[0])
            good.answer(cancel, 200, agent)
            good.answer(second, 487, agent)
            ended = await asyncio.wait_for(call.over(), scaled(5))
            assert (ended.by, ended.code) == (Ending.US, 487)
    for peer in (busy, good):
        peer.transport.close()


async def test_a_name_that_leads_nowhere_is_told() -> None:
    async with agent_on(refuse_all, "UDP") as (agent, _):
        asker = Asker()
        agent.send(options("sip:nobody.invalid"), URI.parse("sip:nobody.invalid"), asker)
        await eventually(lambda: asker.outcome == [408])
