"""Hosts and addresses."""

from __future__ import annotations

from sip.aio.network import bracketed, hop_of, nat_flow, reachable
from sip.hop import Hop
from sip.message import URI
from tests.unit.sip.wire import request

THERE = ("192.0.2.1", 5060)


def test_hosts_as_they_are_written() -> None:
    assert [bracketed(host) for host in ("192.0.2.1", "::1", "[::1]", "pbx1")] == [
        "192.0.2.1",
        "[::1]",
        "[::1]",
        "pbx1",
    ]
    assert reachable("192.0.2.1") == "192.0.2.1"
    assert reachable("0.0.0.0") not in ("0.0.0.0", "")
    assert ":" in reachable("::")


def test_a_contact_elsewhere_stands_behind_a_nat() -> None:
    assert nat_flow(URI.parse("sip:a@10.0.0.1"), THERE) == THERE
    assert nat_flow(URI.parse("sip:a@192.0.2.1:9"), THERE) is None
    assert nat_flow(URI.parse("sip:a@pbx1"), THERE) is None


def test_who_has_a_connection_is_reached_over_it() -> None:
    connection = Hop("192.0.2.1", 5060, "TCP", connection=7)
    assert nat_flow(URI.parse("sip:a@192.0.2.1;transport=tcp"), connection) == connection


def test_a_cancel_goes_where_its_invite_went() -> None:
    assert str(hop_of(request())) == "sip:8000@192.0.2.9"
    assert str(hop_of(request(extra="Route: <sip:p;lr>, <sip:q;lr>"))) == "sip:p;lr"
