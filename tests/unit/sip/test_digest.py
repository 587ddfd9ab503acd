"""Digest both ways, against the vectors of RFC 2617 and RFC 7616."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.digest import (
    NONCE_SECONDS,
    Check,
    Credentials,
    DigestClient,
    DigestServer,
    header_of,
    parameters_of,
    response_of,
)
from sip.errors import PeerError
from sip.message import Request, Response
from tests.unit.sip.wire import request, response

NONCE_7616 = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
MUFASA_7616 = {
    "username": "Mufasa",
    "realm": "http-auth@example.org",
    "password": "Circle of Life",
    "method": "GET",
    "uri": "/dir/index.html",
    "nonce": NONCE_7616,
    "qop": "auth",
    "nc": "00000001",
    "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
}
MUFASA_2617 = {
    "username": "Mufasa",
    "realm": "testrealm@host.com",
    "password": "Circle Of Life",
    "method": "GET",
    "uri": "/dir/index.html",
    "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
}
WHO = Credentials("1001", "secret")


@pytest.mark.parametrize(
    ("algorithm", "values", "wanted"),
    [
        ("MD5", MUFASA_7616, "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", MUFASA_7616, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        (
            "MD5",
            {**MUFASA_2617, "qop": "auth", "nc": "00000001", "cnonce": "0a4f113b"},
            "6629fae49393a05397450978507c4ef1",
        ),
        ("MD5", MUFASA_2617, "670fd8c2df070c60b045671b8b24ff02"),  # RFC 2069: no qop
    ],
)
def test_the_rfcs_own_examples(algorithm: str, values: dict[str, str], wanted: str) -> None:
    assert response_of(algorithm, **values) == wanted


def test_a_password_does_not_show() -> None:
    assert "secret" not in repr(WHO)
    assert "secret" not in repr(DigestClient(WHO))


# --- reading and writing ---


def test_commas_within_quotation_marks_part_nothing() -> None:
    """`qop="auth,auth-int"` is what many carriers write."""
    found = parameters_of('Digest realm="a, \\"b\\"", QOP="auth,auth-int" , nonce=x,stale=TRUE')
    assert found == {"realm": 'a, "b"', "qop": "auth,auth-int", "nonce": "x", "stale": "TRUE"}


@pytest.mark.parametrize(
    "text", ["", "Basic abc", 'Digest realm="x', "Digest ,", "Digest realm", 'Digest a="b"c']
)
def test_what_is_no_digest_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parameters_of(text)


def test_quotation_marks_stand_where_rfc_7616_wants_them() -> None:
    values = {"username": 'a"b', "qop": "auth", "nc": "00000001", "algorithm": "MD5", "uri": "sip:x"}
    assert header_of(values) == 'Digest username="a\\"b", qop=auth, nc=00000001, algorithm=MD5, uri="sip:x"'
    assert parameters_of(header_of(values)) == values


def test_hostile_credentials_cost_little() -> None:
    began = time.process_time()
    with pytest.raises(ValueError, match=r"."):
        parameters_of("Digest " + ", ".join(['a="x"'] * 5000) + " !")
    assert time.process_time() - began < 0.5


@given(st.text(max_size=80))
def test_any_text_is_parameters_or_a_value_error(text: str) -> None:
    for value in (text, f"Digest {text}", f'Digest a="{text}"'):
        try:
            parameters_of(value)
        except ValueError:
            continue


# --- both sides ---


def challenged(server: DigestServer, now: float = 0.0, *, code: int = 401, stale: bool = False) -> Response:
    answer = response(request("REGISTER"), code)
    for value in server.challenges(now, stale=stale):
        answer.headers.add("WWW-Authenticate" if code == 401 else "Proxy-Authenticate", value)
    return answer


def authorised(server: DigestServer, who: Credentials = WHO, now: float = 0.0) -> Request:
    asked = request("REGISTER")
    assert DigestClient(who).answer(asked, challenged(server, now))
    return asked


@pytest.mark.parametrize("algorithms", [("MD5",), ("SHA-256",), ("SHA-256", "MD5")])
def test_the_right_password_is_good(algorithms: tuple[str, ...]) -> None:
    server = DigestServer("office", algorithms)
    asked = authorised(server)
    given = parameters_of(asked.headers["Authorization"])
    assert given["algorithm"] == algorithms[0]  # the server's preference (RFC 8760)
    assert server.username(asked) == "1001"
    assert server.check(asked, "secret", 1.0) is Check.GOOD


def test_wrong_password_and_unknown_user_are_the_same() -> None:
    server = DigestServer("office")
    assert server.check(authorised(server), "other", 1.0) is Check.WRONG
    assert server.check(authorised(server), None, 1.0) is Check.WRONG


def test_an_old_nonce_is_stale_and_only_with_the_right_password() -> None:
    server = DigestServer("office")
    late = NONCE_SECONDS + 1
    assert server.check(authorised(server), "secret", late) is Check.STALE
    assert server.check(authorised(server), "other", late) is Check.WRONG
    assert "stale=true" in server.challenges(0.0, stale=True)[0]


def test_an_answer_cannot_be_used_twice() -> None:
    server = DigestServer("office")
    asked = authorised(server)
    assert server.check(asked, "secret", 1.0) is Check.GOOD
    assert server.check(asked, "secret", 2.0) is Check.STALE


def test_a_count_that_goes_up_is_good_again() -> None:
    server = DigestServer("office")
    asked = authorised(server)
    assert server.check(asked, "secret", 1.0) is Check.GOOD
    given = parameters_of(asked.headers["Authorization"])
    given["nc"] = "00000002"
    given["response"] = response_of(
        "MD5",
        password="secret",
        method="REGISTER",
        **{key: given[key] for key in ("username", "realm", "nonce", "uri", "qop", "nc", "cnonce")},
    )
    asked.headers.set("Authorization", header_of(given))
    assert server.check(asked, "secret", 2.0) is Check.GOOD


def test_an_answer_without_qop_is_taken() -> None:
    """pyVoIP 1.6.8, as RFC 2617 section 3.2.2.1 has it; its uri is not the request's."""
    server = DigestServer("office")
    nonce = parameters_of(server.challenges(0.0)[0])["nonce"]
    values = {"username": "1001", "realm": "office", "nonce": nonce, "uri": "sip:192.0.2.9;transport=UDP"}
    values["response"] = response_of("MD5", password="secret", method="INVITE", **values)
    asked = request(extra=f"Authorization: {header_of({**values, 'algorithm': 'MD5'})}")
    assert server.check(asked, "secret", 1.0) is Check.GOOD


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic abc",
        'Digest realm="elsewhere", nonce="x"',
        'Digest realm="office"',
        'Digest realm="office", nonce="forged.1.x"',
        'Digest realm="office", nonce="1.2.3", algorithm=SHA-512',
    ],
)
def test_anything_else_is_missing(header: str | None) -> None:
    server = DigestServer("office")
    asked = request(extra=f"Authorization: {header}" if header else "")
    assert server.check(asked, "secret", 1.0) is Check.MISSING


@pytest.mark.parametrize(("name", "value"), [("response", "é"), ("nc", "zz"), ("response", "")])
def test_a_spoilt_answer_is_wrong(name: str, value: str) -> None:
    server = DigestServer("office")
    asked = authorised(server)
    asked.headers.set(
        "Authorization", header_of({**parameters_of(asked.headers["Authorization"]), name: value})
    )
    assert server.check(asked, "secret", 1.0) is Check.WRONG


@pytest.mark.parametrize("nonce", ["é", "forged.1.x", ""])
def test_a_guess_with_a_nonce_of_the_guessers_own_is_a_guess(nonce: str) -> None:
    asked = request(extra=f'Authorization: Digest realm="office", nonce="{nonce}", response="é"')
    assert DigestServer("office").check(asked, "secret", 1.0) is Check.WRONG


def test_another_servers_nonce_is_not_ours() -> None:
    one, other = DigestServer("office"), DigestServer("office")
    assert other.check(authorised(one), "secret", 1.0) is Check.STALE  # the password is right, at least
    assert other.check(authorised(one), "other", 1.0) is Check.WRONG
    same = [DigestServer("office", secret=b"k") for _ in range(2)]
    assert same[1].check(authorised(same[0]), "secret", 1.0) is Check.GOOD  # after a restart


@pytest.mark.parametrize("algorithms", [(), ("MD4",)])
def test_a_server_needs_an_algorithm_that_it_knows(algorithms: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="known are"):
        DigestServer("office", algorithms)


# --- the client ---


@pytest.mark.parametrize(("code", "name"), [(401, "Authorization"), (407, "Proxy-Authorization")])
def test_a_second_challenge_means_a_wrong_password(code: int, name: str) -> None:
    server, client, asked = DigestServer("office"), DigestClient(WHO), request("REGISTER")
    assert client.answer(asked, challenged(server, code=code))
    assert asked.headers.get(name)
    assert not client.answer(asked, challenged(server, 1.0, code=code))


def test_a_stale_challenge_is_answered_if_its_nonce_is_new() -> None:
    server, client, asked = DigestServer("office"), DigestClient(WHO), request("REGISTER")
    first = challenged(server)
    assert client.answer(asked, first)
    assert client.answer(asked, challenged(server, 1.0, stale=True))
    same = challenged(server, 2.0, stale=True)
    assert client.answer(asked, same)
    assert not client.answer(asked, same)


def challenge(*values: str) -> Response:
    answer = response(request("REGISTER"), 401)
    for value in values:
        answer.headers.add("WWW-Authenticate", value)
    return answer


def test_the_first_challenge_that_we_know_is_taken() -> None:
    asked = request("REGISTER")
    unknown = [
        'Digest realm="r", nonce="1", algorithm=SHA-512-256',
        'Digest realm="r", nonce="1", qop="auth-int"',
    ]
    assert DigestClient(WHO).answer(
        asked,
        challenge(*unknown, 'Digest realm="r", nonce="2", qop="auth,auth-int", opaque="o", algorithm=md5'),
    )
    given = parameters_of(asked.headers["Authorization"])
    assert (given["nonce"], given["qop"], given["opaque"], given["algorithm"]) == ("2", "auth", "o", "md5")


def test_without_qop_the_answer_is_rfc_2617s() -> None:
    asked = request("REGISTER")
    assert DigestClient(WHO).answer(asked, challenge('Digest realm="r", nonce="n"'))
    given = parameters_of(asked.headers["Authorization"])
    assert {"qop", "nc", "cnonce"}.isdisjoint(given)
    assert given["response"] == response_of(
        "MD5",
        username="1001",
        realm="r",
        password="secret",
        method="REGISTER",
        uri="sip:8000@192.0.2.9",
        nonce="n",
    )


@pytest.mark.parametrize(
    "value",
    ['Bearer realm="x"', 'Digest realm="r", nonce="1", algorithm=X', 'Digest realm="r"', "Digest ???"],
)
def test_a_challenge_that_we_do_not_know_is_a_peers_error(value: str) -> None:
    with pytest.raises(PeerError):
        DigestClient(WHO).answer(request("REGISTER"), challenge(value))


def test_remembered_counts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sip.digest._NONCES_KEPT", 3)
    server = DigestServer("office")
    for now in range(6):
        assert server.check(authorised(server, now=float(now)), "secret", float(now)) is Check.GOOD
    assert len(server._counts) == 3


def test_counts_of_nonces_that_are_too_old_are_forgotten() -> None:
    """They would be refused for their age: a service of many months keeps those of some minutes."""
    server = DigestServer("office")
    for now in (0.0, 10.0, 300.0):
        assert server.check(authorised(server, now=now), "secret", now) is Check.GOOD
    assert len(server._counts) == 3
    again = authorised(server, now=305.0)
    assert server.check(again, "secret", 305.0) is Check.GOOD
    assert len(server._counts) == 3  # the one of 0.0 has gone
    assert server.check(again, "secret", 306.0) is Check.STALE
