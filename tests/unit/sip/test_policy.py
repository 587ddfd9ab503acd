"""What every user agent refuses, whoever asks (RFC 3261 section 8.2)."""

from __future__ import annotations

import logging

import pytest

from sip.aio.policy import capabilities, inspect, tend
from sip.errors import PeerError
from sip.guard import Guard, Limits, Offence, Rule
from sip.message import tag_of
from tests.unit.sip.wire import request


@pytest.mark.parametrize(
    ("uri", "extra", "status", "headers"),
    [
        ("urn:service:sos", "", 416, ()),
        ("sip:8000@192.0.2.9", "Require: 100rel\nRequire: y, X", 420, (("Unsupported", "y, X"),)),
    ],
)
def test_refused(uri: str, extra: str, status: int, headers: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(PeerError) as caught:
        inspect(request(uri=uri, extra=extra))
    assert (caught.value.status, caught.value.headers) == (status, headers)


def test_an_invite_at_its_last_hop_is_refused_but_an_options_is_not() -> None:
    """Section 11: Max-Forwards 0 is how one asks the nearest hop what it can do."""
    last = request()
    last.headers.set("Max-Forwards", "0")
    with pytest.raises(PeerError, match="hops"):
        inspect(last)
    asked = request("OPTIONS")
    asked.headers.set("Max-Forwards", "0")
    inspect(asked)


@pytest.mark.parametrize(
    "accept", ["application/sdp", "text/plain, application/SDP;level=1", "*/*", "application/*;q=0.1"]
)
def test_an_invite_that_takes_sdp_is_heard(accept: str) -> None:
    inspect(request(extra=f"Accept: {accept}"))


@pytest.mark.parametrize("accept", ["text/plain", "", "application/sdpx, image/png"])
def test_an_invite_that_takes_no_sdp_is_not(accept: str) -> None:
    """RFC 4475 section 3.3.15."""
    with pytest.raises(PeerError) as caught:
        inspect(request(extra=f"Accept: {accept}"))
    assert caught.value.status == 406
    inspect(request("OPTIONS", extra=f"Accept: {accept}"))


def test_a_registrar_knows_the_path_extension() -> None:
    inspect(request("REGISTER", extra="Require: path"))
    with pytest.raises(PeerError, match="extension"):
        inspect(request("INVITE", extra="Require: path"))


def test_capabilities_answer_an_options() -> None:
    answer = capabilities(request("OPTIONS"))
    assert answer.code == 200
    told = {name: answer.headers.get(name) for name in ("Accept", "Allow", "Supported")}
    assert told == {
        "Accept": "application/sdp, application/dtmf-relay, application/dtmf",
        "Allow": "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, REFER, REGISTER, UPDATE",
        "Supported": "timer, 100rel, replaces, norefersub",
    }
    assert tag_of(answer.to_address)


def test_a_ban_is_logged_when_it_begins_and_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    guard = Guard(Limits(rules={Offence.PASSWORD: Rule(1, 60.0)}))
    tend(None, 0.0)
    guard.offend("192.0.2.9", Offence.PASSWORD, 0.0)
    with caplog.at_level(logging.INFO):
        for now in (0.0, 30.0, 61.0, 90.0):
            tend(guard, now)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
