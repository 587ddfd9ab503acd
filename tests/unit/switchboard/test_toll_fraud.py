"""Nobody who has not shown a password reaches an extension, a desk or a trunk, whatever he writes."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.settings import Settings
from callcenter.switchboard.accounts import Accounts
from callcenter.switchboard.routing import Directory, Nowhere, ToDesk, ToExtension, ToOutside, route_outside
from sip.aio.call import CallFailed
from sip.aio.ports import PortPool
from sip.digest import Credentials, DigestClient
from sip.message import URI, Address, Request, Response, parse, respond
from sip.moment import Moment
from tests.board import PASSWORD, TRUNK, Phone, Switchboard, settings_for, switchboard
from tests.carrier import Carrier
from tests.support import eventually
from tests.unit.sip.udp_peer import OFFER, Peer
from tests.unit.switchboard.conftest import MakePhone

CARRIER = "198.51.100.7"
SETTINGS = Settings(
    desk=[{"id": "front", "number": "8000", "name": "x", "agents": ["8001"]}],
    extension=[
        {"number": "8001", "password": PASSWORD, "outside": True},
        {"number": "8002", "password": PASSWORD},
    ],
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
DIRECTORY = Directory(SETTINGS)

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
    assert isinstance(DIRECTORY.route(dialled, account.trunk), ToDesk)
    register = accounts.admit(request("REGISTER", "8001", "8001", "x"), (CARRIER, 5060), 0.0)
    assert register.status == 401  # its address is good for calls alone


@given(users)
def test_no_route_but_the_one_for_extensions_leads_to_a_trunk(dialled: str) -> None:
    for trunk in (None, *SETTINGS.trunks):
        where = DIRECTORY.route(dialled, trunk)
        assert isinstance(where, ToDesk | ToExtension | Nowhere)
        if isinstance(where, ToExtension):
            assert trunk is None and where.extension.number == dialled


dialled_numbers = st.one_of(users, st.from_regex(r"\+?[0-9*#;a-z.-]{0,24}", fullmatch=True))


@given(dialled_numbers, st.booleans())
def test_only_a_registered_extension_that_may_reaches_a_trunk(dialled: str, registered: bool) -> None:
    may, may_not = SETTINGS.extensions
    emergency = dialled in ("110", "119", "120")
    for caller in (None, may, may_not):
        where = route_outside(SETTINGS, dialled, caller, registered)
        if isinstance(where, ToOutside):
            assert where.number == SETTINGS.numbering.canonical(dialled)
            assert dialled.removeprefix("+").isdigit()
            assert (caller is may and registered) or (caller is not None and emergency)
        else:
            assert where == Nowhere(404)


@pytest.mark.parametrize(
    ("contact", "extra", "status"),
    [
        (f"<sip:00441234@{CARRIER}>", "", 403),  # calls to this phone would go to the carrier
        (f"<sip:00441234@{CARRIER}:5060;transport=tcp>", "", 403),
        ("<sip:8001@10.9.9.9>", f"Path: <sip:{CARRIER};lr>", 403),
        ("<sip:8001@10.9.9.9>", f"Path: <sip:10.9.9.9;lr>, <sip:{CARRIER}:5060;lr>", 403),
        ("<sip:8001@10.9.9.9>", "", 200),
        (f"<sip:8001@{CARRIER}:40000>", "", 200),  # another program on the same machine
        ("*", "Expires: 0", 200),
    ],
)
def test_nobody_registers_at_a_carriers_address(contact: str, extra: str, status: int) -> None:
    accounts = Accounts(SETTINGS)
    message = request("REGISTER", "8001", "8001", "x", extra)
    message.headers.set("Contact", contact)
    assert accounts.register("8001", message, ("10.9.9.9", 5060), 0.0).code == status


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


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[tuple[Switchboard, Carrier, MakePhone]]:
    """Extension 1 may call outside, 2 and 3 may not; the carrier takes every call."""
    low = random.randrange(46000, 60000, 200)
    pool = PortPool("127.0.0.1", low, low + 199)
    async with contextlib.AsyncExitStack() as stack:
        carrier = await Carrier(pool, (180, 200)).start()
        stack.push_async_callback(carrier.stop)
        line = {"id": "line", "mode": "ip", "server": carrier.server, "ping": 0}
        settings = settings_for(tmp_path, outside={"1": True}, trunks=[line])
        desk = await stack.enter_async_context(switchboard(settings))

        async def make(number: str, *, register: bool = True) -> Phone:
            phone = Phone(number, 440.0, pool)
            await phone.start(desk.address, register=register)
            stack.push_async_callback(phone.stop)
            return phone

        yield desk, carrier, make


House = tuple[Switchboard, Carrier, MakePhone]
ABROAD = "0044123456789"


@pytest.mark.parametrize("dialled", [ABROAD, "110", f"line;{ABROAD}", f"+{ABROAD[2:]}"])
@pytest.mark.parametrize("claimed", ["1", "line", "anonymous", TRUNK])
async def test_a_stranger_never_reaches_a_trunk(
    house: House, stranger: Peer, dialled: str, claimed: str
) -> None:
    desk, carrier, make = house
    await make("1")  # it is registered: its name alone is worth nothing
    uri = f"sip:{dialled}@127.0.0.1"
    extra = f"P-Asserted-Identity: <sip:1@127.0.0.1>\nRoute: <sip:{carrier.server};lr>"
    message = stranger.make("INVITE", uri=uri, extra=extra, body=OFFER)
    message = message.replace(b"<sip:1001@127.0.0.1>;tag", f"<sip:{claimed}@127.0.0.1>;tag".encode())
    stranger.send(message, desk.board.agent)
    await stranger.response(401)
    assert not carrier.asked and not desk.board.calls


async def test_a_gateway_that_logged_in_never_reaches_a_trunk(house: House) -> None:
    """Whoever has the gateway's password, or speaks from the carrier's address, is outside already."""
    desk, carrier, make = house
    gateway = await make(TRUNK)
    call = await gateway.dial(ABROAD, caller="1")
    with pytest.raises(CallFailed) as failed:
        await call.answered()
    assert failed.value.ended.code == 404
    from_outside = carrier.agent.invite(
        URI("sip", *desk.address[:1], user=ABROAD, port=desk.address[1]),
        OFFER,
        from_address=Address(URI("sip", "127.0.0.1", user="1")),
    )
    with pytest.raises(CallFailed):
        await from_outside.answered()
    assert not carrier.asked


@pytest.mark.parametrize("target", [f"sip:{ABROAD}@127.0.0.1", "sip:{abroad}@{carrier}", "sip:110@127.0.0.1"])
async def test_a_refer_never_leads_outside(house: House, target: str) -> None:
    """Neither by the number nor by the carrier's address, whoever sends it."""
    _, carrier, make = house
    one, two = await make("1"), await make("2")
    await one.dial("2")
    await one.connected()
    refer = one.call.session.dialog.request("REFER")
    refer.headers.set("Refer-To", f"<{target.format(abroad=ABROAD, carrier=carrier.server)}>")
    statuses: list[int] = []

    class Owner:
        def receive(self, request: Request, response: Response, moment: Moment) -> None:
            statuses.append(response.code)

        def timed_out(self, request: Request, moment: Moment) -> None:
            statuses.append(0)

    one.agent.send(refer, one.call.session.dialog.next_hop(), Owner())
    await eventually(lambda: statuses)
    assert statuses[0] == 202
    await eventually(lambda: len(one.calls) == 2, 20)  # nobody has that number: back to who sent them on
    assert not carrier.asked and not two.call.is_over


async def test_a_redirection_never_leads_outside(house: House) -> None:
    """A phone that answers 302 with a number outside as Contact: forwarding by the back door."""
    _, carrier, make = house
    one, two = await make("1"), await make("2")
    two.refuse = 302
    for contact in (f"sip:{ABROAD}@127.0.0.1", f"sip:{ABROAD}@{carrier.server}"):
        two.forward = contact
        call = await one.dial("2")
        with pytest.raises(CallFailed) as failed:
            await call.answered()
        assert failed.value.ended.code == 480
    assert not carrier.asked
