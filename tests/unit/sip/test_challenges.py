"""Challenges to what we send within a dialog: answered once, with credentials (SIP_CASES 10)."""

from __future__ import annotations

import pytest

from sip.challenges import MAX_CHALLENGES, Challenges
from sip.dialog import Dialog, LocalSide
from sip.digest import Check, Credentials, DigestClient, DigestServer
from sip.message import URI, Address, Request, Response, respond

SERVER = DigestServer("carrier", ("MD5", "SHA-256"))
LOCAL = LocalSide("192.0.2.1", 5060)
US = Address(URI("sip", "192.0.2.1", user="us"))


def dialog() -> Dialog:
    return Dialog.outgoing(LOCAL, URI.parse("sip:0755@192.0.2.9"), from_address=US)


def challenged(request: Request, code: int = 401, *, stale: bool = False, index: int = 0) -> Response:
    response = respond(request, code)
    name = "WWW-Authenticate" if code == 401 else "Proxy-Authenticate"
    response.headers.add(name, SERVER.challenges(0.0, stale=stale)[index])
    return response


def client(password: str = "secret") -> DigestClient:
    return DigestClient(Credentials("us", password))


@pytest.mark.parametrize("method", ["BYE", "INFO", "NOTIFY"])
@pytest.mark.parametrize(("code", "header"), [(401, "Authorization"), (407, "Proxy-Authorization")])
@pytest.mark.parametrize("algorithm", [0, 1])
def test_a_challenge_is_answered_once(method: str, code: int, header: str, algorithm: int) -> None:
    where = dialog()
    one = Challenges(where, client())
    request = where.request(method)
    request.body = b"kept"
    again = one.within(request, challenged(request, code, index=algorithm))
    assert again is not None
    assert (again.method, again.body, again.cseq.sequence) == (method, b"kept", request.cseq.sequence + 1)
    assert again.via[0].parameters["branch"] != request.via[0].parameters["branch"]
    sent = again.headers.get(header)
    assert sent is not None
    again.headers.set("Authorization", sent)
    assert SERVER.check(again, "secret", 1.0) is Check.GOOD
    assert one.within(again, challenged(again, code)) is None  # the credentials were wrong
    assert one.within(again, challenged(again, code, stale=True)) is not None  # only the nonce was


@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "PRACK", "REGISTER"])
def test_other_methods_have_their_own_ways(method: str) -> None:
    where = dialog()
    request = where.request(method)
    assert Challenges(where, client()).within(request, challenged(request)) is None


@pytest.mark.parametrize(("code", "known"), [(200, True), (403, True), (401, False)])
def test_what_is_no_challenge_or_cannot_be_answered(code: int, known: bool) -> None:
    where = dialog()
    request = where.request("INFO")
    response = challenged(request) if code == 401 else respond(request, code)
    assert Challenges(where, client() if known else None).within(request, response) is None
    assert Challenges(where, client()).within(None, challenged(request)) is None


def test_a_carrier_that_challenges_every_request_gets_each_answered() -> None:
    where = dialog()
    one = Challenges(where, client())
    for _ in range(3 * MAX_CHALLENGES):
        request = where.request("INFO")
        assert one.within(request, challenged(request)) is not None


def test_stale_for_ever_ends() -> None:
    where = dialog()
    one = Challenges(where, client())
    request, answers = where.request("INFO"), 0
    while (again := one.within(request, challenged(request, stale=True))) is not None:
        request, answers = again, answers + 1
    assert answers == MAX_CHALLENGES
