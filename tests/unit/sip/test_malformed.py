"""What is copied from a request that cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import PeerError
from sip.malformed import salvage
from sip.message import encode
from tests.unit.sip.torture import _request


def refused(data: bytes, status: int = 400) -> bytes:
    found = salvage(data)
    assert found is not None
    return encode(found.refused(PeerError("x", status=status, headers=(("Allow", "INVITE"),))))


def test_headers_go_back_letter_for_letter() -> None:
    answer = refused(_request(via="SIP/2.0/UDP host;;=,", to='"Desk <sip:desk@example.com>'))
    assert answer.startswith(b"SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP host;;=,\r\n")
    assert b'To: "Desk <sip:desk@example.com>;tag=' in answer
    assert b"CSeq: 7 OPTIONS" in answer and b"Allow: INVITE" in answer
    assert b"Max-Forwards" not in answer


def test_a_tag_is_left_alone_and_what_is_missing_stays_missing() -> None:
    assert refused(_request(to="<sip:a@b> ; tag = theirs")).count(b"tag") == 2
    assert b"To:" not in refused(_request().replace(b"To: ", b"X: "))


@pytest.mark.parametrize(
    ("via", "port"),
    [
        ("SIP/2.0/UDP host;;", 5060),
        ("SIP/7.0/UDP host:5070;;", 5070),
        ("SIP / 2.0 / UDP [2001:db8::1] : 5071;;", 5071),
        ("SIP/2.0/UDP host:99999;;", 5060),
        ("SIP/2.0/UDP host:5070;rport;;", None),
    ],
)
def test_the_via_tells_the_port(via: str, port: int | None) -> None:
    found = salvage(_request(via=via))
    assert found is not None
    assert found.port == port


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 40,
        _request(via="nonsense"),
        _request("ACK"),
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP host\r\n\r\n",
        b"GET / HTTP/1.1\r\nVia: SIP/2.0/UDP host\r\n\r\n",
    ],
)
def test_nobody_is_answered_who_cannot_be_or_must_not(data: bytes) -> None:
    assert salvage(data) is None


@given(st.data())
def test_any_damage_is_answered_or_dropped(data: st.DataObject) -> None:
    whole = _request(to='"Desk" <sip:desk@example.com>')
    start = data.draw(st.integers(0, len(whole)))
    damaged = whole[:start] + data.draw(st.binary(max_size=10)) + whole[start + 5 :]
    if salvage(damaged) is not None:
        assert refused(damaged).startswith(b"SIP/2.0 400 ")
