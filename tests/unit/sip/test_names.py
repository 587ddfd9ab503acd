"""Names looked up at a DNS server of the test's own."""

from __future__ import annotations

import pytest

from sip.aio.names import Names
from sip.hop import Hop
from sip.message import URI
from tests.unit.sip.dns_server import DnsServer, dns_server
from tests.unit.sip.udp_peer import Clock

ZONE = (
    'example.com 60 NAPTR 10 50 "s" "SIP+D2T" "" _sip._tcp.example.com.',
    'example.com 60 NAPTR 20 50 "s" "SIP+D2U" "" _sip._udp.example.com.',
    "_sip._tcp.example.com 60 SRV 1 0 5062 one.example.com.",
    "_sip._udp.example.com 60 SRV 1 0 5070 one.example.com.",
    "_sip._udp.example.com 60 SRV 2 0 5071 two.example.com.",
    "one.example.com 60 A 192.0.2.1",
    "one.example.com 60 AAAA 2001:db8::1",
    "two.example.com 5 A 192.0.2.2",
)


def names(server: DnsServer, clock: Clock) -> Names:
    return Names(clock, ("127.0.0.1",), server.port)


async def test_naptr_srv_and_addresses() -> None:
    async with dns_server(*ZONE) as server:
        targets = await names(server, Clock()).locate(URI.parse("sip:example.com"), ("A",))
    assert targets == [Hop("192.0.2.1", 5062, "TCP"), ("192.0.2.1", 5070), ("192.0.2.2", 5071)]


async def test_answers_are_kept_for_their_time_to_live() -> None:
    clock = Clock()
    async with dns_server(*ZONE) as server:
        resolver = names(server, clock)
        uri = URI.parse("sip:two.example.com:5060")
        for _ in range(3):
            assert await resolver.locate(uri, ("A",)) == [("192.0.2.2", 5060)]
        assert server.asked == ["two.example.com A"]
        clock.ahead = 6
        await resolver.locate(uri, ("A",))
        assert server.asked == ["two.example.com A"] * 2


async def test_what_is_absent_is_remembered_too() -> None:
    async with dns_server(*ZONE) as server:
        resolver = names(server, Clock())
        for _ in range(2):
            assert await resolver.locate(URI.parse("sip:one.example.com:5060"), ("A", "AAAA")) == [
                ("192.0.2.1", 5060),
                ("2001:db8::1", 5060),
            ]
            assert await resolver.locate(URI.parse("sip:two.example.com:1;transport=tcp")) == [
                Hop("192.0.2.2", 1, "TCP")
            ]
        assert len(server.asked) == 4


async def test_names_of_this_machine_are_its_own_business() -> None:
    async with dns_server() as server:
        assert ("127.0.0.1", 5060) in await names(server, Clock()).locate(URI.parse("sip:localhost"))
        assert server.asked == []


@pytest.mark.parametrize("text", ["tel:110", "sip:nobody.invalid", "sip:gone.example.com:5060"])
async def test_a_name_that_leads_nowhere(text: str) -> None:
    async with dns_server(*ZONE) as server:
        with pytest.raises(OSError, match=r"."):
            await names(server, Clock()).locate(URI.parse(text))


async def test_a_server_that_does_not_answer() -> None:
    async with dns_server() as server:
        port = server.port
    dead = Names(Clock(), ("127.0.0.1",), port)
    with pytest.raises(OSError, match=r"no address"):
        await dead.locate(URI.parse("sip:gone.invalid.:5060"))
