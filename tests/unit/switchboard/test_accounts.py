"""Who may call and register."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from callcenter.settings import Settings
from callcenter.switchboard.accounts import Accounts
from sip.digest import Credentials, DigestClient
from sip.guard import Offence, Rule
from sip.message import Request, parse, respond

SOURCE = ("10.0.0.7", 5060)
CARRIER = ("10.0.0.99", 5060)
SETTINGS = Settings(
    extension=[
        {"number": "8001", "password": "secret-8001"},
        {"number": "8002", "password": "secret-8002"},
    ],
    trunk=[
        {"id": "city", "username": "gateway", "password": "secret-city", "number": "8000"},
        {
            "id": "carrier",
            "mode": "register",
            "username": "us-at-carrier",
            "password": "secret-there",
            "server": "10.0.0.99:5060",
        },
    ],
)


def request(method: str = "INVITE", user: str = "8001") -> Request:
    lines = (
        f"{method} sip:8000@10.0.0.1 SIP/2.0",
        "Via: SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bKx",
        "Max-Forwards: 70",
        f"From: <sip:{user}@10.0.0.1>;tag=1",
        f"To: <sip:{user}@10.0.0.1>",
        "Call-ID: a@10.0.0.7",
        f"CSeq: 1 {method}",
        "Contact: <sip:8001@10.0.0.7:5060>",
        "Expires: 60",
        "Content-Length: 0",
    )
    message = parse("\r\n".join((*lines, "", "")).encode())
    assert isinstance(message, Request)
    return message


def signed(accounts: Accounts, message: Request, username: str, password: str, now: float = 0.0) -> Request:
    """The request with the credentials that the challenge to it asks for."""
    refusal = accounts.admit(message, SOURCE, now)
    assert refusal.status == 401
    challenge = respond(message, 401)
    for value in refusal.challenges:
        challenge.headers.add("WWW-Authenticate", value)
    assert DigestClient(Credentials(username, password)).answer(message, challenge)
    return message


@pytest.fixture
def accounts() -> Accounts:
    return Accounts(SETTINGS)


def test_nobody_gets_in_without_a_password(accounts: Accounts) -> None:
    admission = accounts.admit(request(), SOURCE, 0.0)
    assert (admission.status, admission.identity) == (401, None)
    assert "MD5" in admission.challenges[0]  # some phones read the first challenge alone


def test_row_10_who_gives_up_at_two_challenges_gets_one(accounts: Accounts) -> None:
    """Debian's baresip takes a challenge for SHA-256 for an error, and tries again after a while."""
    assert len(accounts.admit(request("REGISTER"), SOURCE, 0.0).challenges) == 2
    again = signed(accounts, request("REGISTER"), "8001", "secret-8001", 20.0)
    assert accounts.admit(again, SOURCE, 20.0).identity == "8001"
    old = accounts.admit(again, SOURCE, 20.1)  # a replay
    assert len(old.challenges) == 1 and "MD5" in old.challenges[0] and "stale=true" in old.challenges[0]
    for _ in range(2):  # who answers is offered both for ever
        assert len(accounts.admit(request(user="8002"), SOURCE, 0.0).challenges) == 2
        wrong = signed(Accounts(SETTINGS), request(user="8002"), "8002", "secret-8002")
        assert len(accounts.admit(wrong, SOURCE, 0.0).challenges) == 2


def test_an_extension_gets_in_with_its_password(accounts: Accounts) -> None:
    admission = accounts.admit(signed(accounts, request(), "8001", "secret-8001"), SOURCE, 1.0)
    assert admission.identity == "8001"
    account = accounts.account("8001")
    assert account is not None
    assert account.extension is not None
    assert account.trunk is None


@pytest.mark.parametrize(("username", "password"), [("8001", "wrong"), ("9999", "secret-8001"), ("8001", "")])
def test_a_wrong_password_is_challenged_again_and_counted(
    accounts: Accounts, username: str, password: str
) -> None:
    admission = accounts.admit(signed(accounts, request(), username, password), SOURCE, 1.0)
    assert (admission.status, admission.identity) == (401, None)
    assert accounts.counters["wrong_password"] == 1


def test_a_stale_nonce_is_no_wrong_password(accounts: Accounts) -> None:
    message = signed(accounts, request(), "8001", "secret-8001", now=0.0)
    admission = accounts.admit(message, SOURCE, 100_000.0)
    assert admission.status == 401
    assert "stale=true" in admission.challenges[0].lower().replace('"', "")
    assert accounts.counters["wrong_password"] == 0


@pytest.mark.parametrize("method", ["INVITE", "REGISTER"])
def test_an_extension_speaks_for_itself_alone(accounts: Accounts, method: str) -> None:
    message = signed(accounts, request(method, user="8002"), "8001", "secret-8001")
    assert accounts.admit(message, SOURCE, 1.0).status == 403
    assert accounts.counters["impostor"] == 1


def test_a_trunks_from_is_the_callers_number(accounts: Accounts) -> None:
    message = signed(accounts, request(user="13800138000"), "gateway", "secret-city")
    assert accounts.admit(message, SOURCE, 1.0).identity == "gateway"
    account = accounts.account("gateway")
    assert account is not None
    assert account.trunk is not None
    assert account.trunk.id == "city"


def test_a_carrier_is_known_by_its_address(accounts: Accounts) -> None:
    accounts.add_carrier("10.0.0.99", SETTINGS.trunks[1])
    admission = accounts.admit(request(user="13800138000"), CARRIER, 0.0)
    assert admission.identity == "carrier:10.0.0.99"
    account = accounts.account("carrier:10.0.0.99")
    assert account is not None
    assert account.trunk is not None
    assert account.trunk.id == "carrier"
    assert accounts.admit(request("REGISTER"), CARRIER, 0.0).status == 401
    assert accounts.account("carrier:10.0.0.7") is None


def test_our_login_at_a_carrier_is_no_login_here(accounts: Accounts) -> None:
    message = signed(accounts, request(user="us-at-carrier"), "us-at-carrier", "secret-there")
    assert accounts.admit(message, SOURCE, 1.0).status == 401


def test_a_registration_is_found_until_it_expires(accounts: Accounts) -> None:
    response = accounts.register("8001", request("REGISTER"), SOURCE, 0.0)
    assert response.code == 200
    assert [str(binding.contact.host) for binding in accounts.bindings("8001", 59.0)] == ["10.0.0.7"]
    assert accounts.registered(59.0) == ["8001"]
    assert accounts.bindings("8001", 61.0) == []
    assert accounts.registered(61.0) == []


def test_passwords_and_numbers_stay_out_of_the_log(
    accounts: Accounts, caplog: pytest.LogCaptureFixture
) -> None:
    message = signed(accounts, request(), "13800138000", "hunter22")
    with caplog.at_level(logging.DEBUG):
        accounts.admit(message, SOURCE, 1.0)
    assert "138****8000" in caplog.text
    assert "13800138000" not in caplog.text
    said: list[Any] = [caplog.text, accounts.account("8001")]
    assert not any(secret in repr(thing) for thing in said for secret in ("hunter22", "secret-8001"))


def banned(accounts: Accounts, source: tuple[str, int] = SOURCE) -> bool:
    assert accounts.guard is not None
    return accounts.guard.banned(source[0], 2.0)


def test_guessed_passwords_are_a_ban(accounts: Accounts) -> None:
    for _ in range(10):
        assert not banned(accounts)
        accounts.admit(signed(accounts, request(), "8001", "wrong"), SOURCE, 1.0)
    assert banned(accounts)


def test_guessed_extensions_are_a_ban(accounts: Accounts) -> None:
    for number in range(20):
        assert not banned(accounts)
        accounts.admit(request("REGISTER", str(number)), SOURCE, 1.0)
    assert banned(accounts)


def test_a_phone_that_has_shown_its_password_is_never_banned(accounts: Accounts) -> None:
    for number in range(15):
        accounts.admit(request(user=str(number)), SOURCE, 0.5)
    accounts.admit(signed(accounts, request(), "8001", "secret-8001"), SOURCE, 1.0)
    for number in range(100):
        accounts.admit(request(user=str(number)), SOURCE, 1.5)
    assert not banned(accounts)


def test_a_carrier_is_never_banned(accounts: Accounts) -> None:
    accounts.add_carrier(CARRIER[0], SETTINGS.trunks[1])
    assert accounts.guard is not None
    assert all(accounts.guard.request(CARRIER[0], 1.0) for _ in range(1000))


def test_the_limits_are_settings() -> None:
    limits = {"allow": ["10.0.0.0/8"], "passwords": 1, "ban": 5, "transactions": 77, "calls": 9, "window": 3}
    guard = Accounts(Settings(sip={"guard": limits})).guard
    assert guard is not None
    assert (guard.limits.ban, guard.limits.transactions, guard.limits.dialogs) == (5.0, 77, 9)
    assert guard.limits.rules[Offence.PASSWORD] == Rule(1, 3.0)
    assert guard.trusts("10.0.0.7", 0.0)
    assert Accounts(Settings(sip={"guard": {"enabled": False}})).guard is None
