"""A text for a telephone's display."""

from __future__ import annotations

import pytest

from sip.dialog import LocalSide
from sip.message import URI, Address, Request, encode, parse
from sip.text_message import MOST_BYTES, text_message

US = Address(URI("sip", "10.0.0.1", user="main"))
TARGET = URI.parse("sip:8001@10.0.0.2:5062;transport=tcp")


def made(text: str, route: tuple[Address, ...] = ()) -> Request:
    local = LocalSide("10.0.0.1", 5060)
    to = Address(URI.parse("sip:8001@10.0.0.1;x=y"), "前台")
    return text_message(TARGET, local, text, from_address=US, to=to, route=route)


def test_it_is_written_as_the_rfc_has_it() -> None:
    request = parse(encode(made("您未接来电")))
    assert isinstance(request, Request)
    assert (request.method, str(request.uri)) == ("MESSAGE", str(TARGET))
    assert request.body.decode() == "您未接来电"
    assert request.headers.get("Content-Type") == "text/plain;charset=UTF-8"
    assert request.headers.get("Contact") is None  # section 4
    assert request.from_address.parameters.get("tag")
    assert request.to_address.parameters.get("tag") is None
    assert request.cseq.method == "MESSAGE"


def test_it_goes_by_the_proxies_of_the_registration() -> None:
    proxy = Address(URI.parse("sip:10.0.0.9;lr"))
    assert [str(hop.uri) for hop in made("x", (proxy,)).route] == ["sip:10.0.0.9;lr"]


def test_it_fits_into_a_datagram() -> None:
    assert len(made("喂" * (MOST_BYTES // 3)).body) <= MOST_BYTES
    with pytest.raises(ValueError, match="1302 bytes is too long"):
        made("喂" * 434)
