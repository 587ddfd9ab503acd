"""Nobody who has not shown a password reaches an extension, a desk or a trunk, whatever he writes."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.settings import Settings
from callcenter.switchboard.accounts import Accounts
from callcenter.switchboard.routing import Nowhere, ToDesk, ToExtension, route
from sip.digest import Credentials, DigestClient
from sip.message import Request, parse, respond
from tests.board import PASSWORD, TRUNK, Switchboard
from tests.unit.sip.udp_peer import OFFER, Peer
from tests.unit.switchboard.conftest import MakePhone

CARRIER = "198.51.100.7"
SETTINGS = Settings(
    desk=[{"id": "front", "number": "8000", "name": "x", "agents": ["8001"]}],
    extension=[{"number": "8001", "password": PASSWORD}, {"number": "8002", "password": PASSWORD}],
    trunk=[
        {"id": "gate", "username": "gate", "password": PASSWORD},
        {
            "id": "carrier",
            "mode": "register",
            "username": "us",
            "password": PASSWORD,
            "server": f"{CARRIER}:5060",
            "number": "8000",
        },
    ],
)

users = st.one_of(
    st.sampled_from(["8000", "8001", "8002", "gate", "us", "carrier", "0", "00441234567890", "carrier:8001"]),
    st.from_regex(r"[a-zA-Z0-9._+-]{1,20}", fullmatch=True),
)
hosts = st.sampled_from(["10.0.0.1", "127.0.0.1", "sanxiang", CARRIER, "gate", "localhost"])
forged = st.sampled_from(
    (
        "",
        "Authorization: Digest",
        'Authorization: Digest username="8001", realm="sanxiang", nonce="", uri="sip:x", response=""',
        'Authorization: Digest username="8001", realm="sanxiang", nonce="1.0.aa.bb", uri="x", response="0"',
        'Authorization: Digest username="gate", realm="sanxiang", algorithm=SHA-256, nonce="x", response=""',
        "Authorization: Basic ODAwMTp4",
        "Proxy-Authorization: Digest username=8001",
        "P-Asserted-Identity: <sip:8001@10.0.0.1>",
        "P-Preferred-Identity: <sip:8001@10.0.0.1>\nRemote-Party-ID: <sip:8001@10.0.0.1>;privacy=off",
        f"Via: SIP/2.0/UDP {CARRIER};branch=z9hG4bKcarrier",
        f"Record-Route: <sip:{CARRIER};lr>\nRoute: <sip:127.0.0.1;lr>",
        "Referred-By: <sip:8001@10.0.0.1>\nReplaces: x;to-tag=a;from-tag=b",
    )
)


def request(method: str, to: str, from_: str, host: str, extra: str = "", via: str = "10.9.9.9") -> Request:
    lines = (
        f"{method} sip:{to}@10.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/UDP {via};branch=z9hG4bKx;received={CARRIER}",
        f'From: "8001" <sip:{from_}@{host}>;tag=1',
        f"To: <sip:{from_ if method == 'REGISTER' else to}@{host}>",
        "Call-ID: fraud",
        f"CSeq: 1 {method}",
        f"Contact: <sip:{from_}@10.9.9.9>",
        *extra.splitlines(),
        "Content-Length: 0",
    )
    message = parse("\r\n".join((*lines, "", "")).encode())
    assert isinstance(message, Request)
    return message


def with_password(accounts: Accounts, message: Request, username: str, source: str) -> Request:
    challenge = respond(message, 401)
    for value in accounts.admit(message, (source, 5060), 0.0).challenges:
        challenge.headers.add("WWW-Authenticate", value)
    assert DigestClient(Credentials(username, PASSWORD)).answer(message, challenge)
    return message


@settings(max_examples=300)
@given(
    st.sampled_from(["INVITE", "REGISTER"]),
    users,
    users,
    hosts,
    forged,
    st.sampled_from([CARRIER, "10.9.9.9"]),
)
def test_no_request_without_a_password_is_admitted(
    method: str, to: str, from_: str, host: str, extra: str, via: str
) -> None:
    accounts = Accounts(SETTINGS)
    accounts.add_carrier(CARRIER, SETTINGS.trunks[1])
    admission = accounts.admit(request(method, to, from_, host, extra, via), ("10.9.9.9", 5060), 1.0)
    assert admission.identity is None
    assert admission.status in (401, 403)


@given(users)
def test_a_carrier_known_by_its_address_reaches_desks_only(dialled: str) -> None:
    accounts = Accounts(SETTINGS)
    accounts.add_carrier(CARRIER, SETTINGS.trunks[1])
    admission = accounts.admit(request("INVITE", dialled, "anybody", "x"), (CARRIER, 5060), 0.0)
    account = accounts.account(admission.identity or "")
    assert account is not None and account.extension is None
    assert isinstance(route(SETTINGS, dialled, account.trunk), ToDesk)
    register = accounts.admit(request("REGISTER", "8001", "8001", "x"), (CARRIER, 5060), 0.0)
    assert register.status == 401  # its address is good for calls alone


@given(users)
def test_a_trunk_reaches_no_extension_and_nobody_reaches_a_trunk(dialled: str) -> None:
    for trunk in (None, *SETTINGS.trunks):
        where = route(SETTINGS, dialled, trunk)
        assert isinstance(where, ToDesk | ToExtension | Nowhere)
        if isinstance(where, ToExtension):
            assert trunk is None and where.extension.number == dialled


@pytest.mark.parametrize("method", ["INVITE", "REGISTER"])
def test_an_extension_with_its_own_password_cannot_be_another(method: str) -> None:
    accounts = Accounts(SETTINGS)
    message = with_password(accounts, request(method, "8000", "8002", "x"), "8001", "10.9.9.9")
    admission = accounts.admit(message, ("10.9.9.9", 5060), 1.0)
    assert (admission.identity, admission.status) == (None, 403)
    assert accounts.counters["impostor"] == 1


@pytest.fixture
async def stranger() -> AsyncIterator[Peer]:
    peer = await Peer().start()
    yield peer
    peer.transport.close()


@pytest.mark.parametrize("dialled", ["8000", "1", "900441234567", TRUNK, "carrier:127.0.0.1"])
async def test_a_strangers_invite_rings_nobody(
    desk: Switchboard, make_phone: MakePhone, stranger: Peer, dialled: str
) -> None:
    agent = await make_phone("1")
    board = desk.board
    for claimed in ("1", TRUNK, str(random.randrange(10**6))):
        message = stranger.make(
            "INVITE", uri=f"sip:{dialled}@127.0.0.1", call_id=f"fraud-{claimed}", body=OFFER
        ).replace(b"<sip:1001@127.0.0.1>;tag", f"<sip:{claimed}@127.0.0.1>;tag".encode())
        stranger.send(message, board.agent)
        refused = await stranger.response(401)
        assert (refused.headers.get("WWW-Authenticate") or "").startswith("Digest ")
    # The refusal was all: no call, no leg, no transaction, and a packet within a dialog finds none.
    assert not board.calls and not agent.calls and not board.agent.calls
    for method in ("BYE", "INVITE", "INFO"):
        stranger.send(stranger.make(method, to="<sip:8000@127.0.0.1>;tag=guessed"), board.agent)
        await stranger.response(481)
    stranger.send(stranger.make("REFER", extra="Refer-To: <sip:1@127.0.0.1>"), board.agent)
    assert (await stranger.next()).code in (403, 405, 481)  # type: ignore[union-attr]
    assert not agent.calls
