"""Addresses of transports with connections."""

from __future__ import annotations

import copy

from sip.hop import Hop, address, transport_of


def test_a_hop_is_a_host_and_a_port_and_more() -> None:
    hop = Hop("192.0.2.1", 5061, "TLS", name="example.com", connection=3)
    host, port = hop
    assert (host, port, hop[0], hop[1]) == ("192.0.2.1", 5061, "192.0.2.1", 5061)
    assert hop.place == ("TLS", "192.0.2.1", 5061, "example.com")
    assert repr(hop) == "<TLS 192.0.2.1:5061 #3>"
    assert repr(Hop("::1", 5060, "TCP")) == "<TCP ::1:5060>"


def test_hops_differ_by_transport_name_and_connection() -> None:
    one = Hop("192.0.2.1", 5060, "TCP")
    others = [
        Hop("192.0.2.1", 5060, "TLS"),
        Hop("192.0.2.1", 5060, "TCP", name="a"),
        Hop("192.0.2.1", 5060, "TCP", connection=1),
        ("192.0.2.1", 5060),
    ]
    assert all(one != other for other in others)
    assert len({one, Hop("192.0.2.1", 5060, "TCP"), *others}) == 5
    assert copy.copy(others[1]) == others[1]


def test_udp_has_plain_addresses() -> None:
    assert transport_of(("192.0.2.1", 5060)) == "UDP"
    assert transport_of(Hop("192.0.2.1", 5060, "WS")) == "WS"
    assert not isinstance(address("192.0.2.1", 5060, "UDP", "name"), Hop)
    assert address("192.0.2.1", 5060, "TCP", "name") == Hop("192.0.2.1", 5060, "TCP")
    assert address("192.0.2.1", 5061, "TLS", "name") == Hop("192.0.2.1", 5061, "TLS", name="name")
