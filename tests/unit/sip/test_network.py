"""Hosts and addresses."""

from __future__ import annotations

import socket

import pytest

from sip.aio.network import bracketed, hop_of, literal, nat_flow, reachable, resolve
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


def test_an_address_needs_no_look_up() -> None:
    assert literal(URI.parse("sip:a@192.0.2.1")) == THERE
    assert literal(URI.parse("sip:a@[::1]:5070")) == ("::1", 5070)
    assert literal(URI.parse("sip:a@pbx1")) is None
    assert literal(URI.parse("tel:110")) is None


def test_a_contact_elsewhere_stands_behind_a_nat() -> None:
    assert nat_flow(URI.parse("sip:a@10.0.0.1"), THERE) == THERE
    assert nat_flow(URI.parse("sip:a@192.0.2.1:9"), THERE) is None
    assert nat_flow(URI.parse("sip:a@pbx1"), THERE) is None


def test_a_cancel_goes_where_its_invite_went() -> None:
    assert str(hop_of(request())) == "sip:8000@192.0.2.9"
    assert str(hop_of(request(extra="Route: <sip:p;lr>, <sip:q;lr>"))) == "sip:p;lr"


async def test_names_are_looked_up() -> None:
    assert await resolve(URI.parse("sip:localhost"), socket.AF_INET) == ("127.0.0.1", 5060)
    for text in ("tel:110", "sip:nobody.invalid"):
        with pytest.raises(OSError, match=r"."):
            await resolve(URI.parse(text), socket.AF_INET)
