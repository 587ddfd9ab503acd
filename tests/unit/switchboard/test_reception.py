"""Calls that arrive, and commands."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pydantic import SecretStr
from sqlmodel import Session, select

from callcenter.domain.numbers import Numbers
from callcenter.events.errors import CommandError
from callcenter.settings import Extension, Trunk
from callcenter.store.tables import Call as CallRow
from callcenter.switchboard.accounts import Account
from callcenter.switchboard.reception import _caller
from sip.aio.call import CallFailed
from sip.digest import Credentials, DigestClient
from sip.message import URI, Address
from sip.sdp import offer
from tests.board import PASSWORD, TRUNK, Phone, Switchboard
from tests.support import eventually
from tests.unit.sip.wire import request
from tests.unit.switchboard.conftest import MakePhone


async def refused(call_answered: object) -> int | None:
    with pytest.raises(CallFailed) as failed:
        await call_answered  # type: ignore[misc]
    return failed.value.ended.code


async def test_an_unknown_number(desk: Switchboard, make_phone: MakePhone) -> None:
    phone = await make_phone("1")
    call = await phone.dial("999")
    assert await refused(call.answered()) == 404


async def test_a_trunk_reaches_desks_only(desk: Switchboard, make_phone: MakePhone, caller: Phone) -> None:
    await make_phone("1")
    call = await caller.dial("1")
    assert await refused(call.answered()) == 404


async def test_a_caller_is_on_record_under_one_number(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    """However the line shows it: what merges callbacks, and finds who served them before."""
    await make_phone("1")
    for shown in ("+8613800138000", "013800138000", "13800138000"):
        await caller.dial("8000", caller=shown)
        await caller.connected()
        caller.call.hangup()
        await caller.call.over()
        await eventually(lambda: not desk.board.calls)
    with Session(desk.engine) as session:
        assert set(session.exec(select(CallRow.caller))) == {"13800138000"}


async def test_no_codec_in_common(desk: Switchboard, caller: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.board.offer", lambda host, port, codecs: _only_g729(host, port))
    call = await caller.dial("8000")
    assert await refused(call.answered()) == 488
    await eventually(lambda: desk.board.pool.in_use == 0)


def _only_g729(host: str, port: int) -> bytes:
    return (
        f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 18\r\n"
    ).encode()


async def test_commands_refuse_clearly(desk: Switchboard, make_phone: MakePhone, caller: Phone) -> None:
    agent = await make_phone("1")
    with pytest.raises(CommandError, match="no such call"):
        await desk.command("transfer", call_id="nowhere", target="3")
    await caller.dial("8000")
    await caller.connected()
    live = await desk.live()
    with pytest.raises(CommandError, match="no extension"):
        await desk.command("transfer", call_id=live.id, target="777")
    with pytest.raises(CommandError, match="in this call already"):
        await desk.command("transfer", call_id=live.id, target=agent.number)
    assert await desk.command("hangup", call_id=live.id) == {"call_id": live.id}
    await caller.call.over()
    assert (await desk.row()).hung_up_by == "system"


async def test_closing_ends_the_calls_and_takes_no_more(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    await make_phone("1")
    await caller.dial("8000")
    await caller.connected()
    await desk.reception.close()
    await caller.call.over()
    assert (await desk.row()).outcome == "answered"
    call = await caller.dial("8000")
    assert await refused(call.answered()) == 503


@pytest.mark.parametrize(
    ("trusted", "extra", "caller"),
    [
        (True, "P-Asserted-Identity: <tel:+8621600>", "+8621600"),
        (True, "P-Asserted-Identity: <tel:+8613800138000>", "13800138000"),
        (True, "P-Asserted-Identity: <tel:+8621600>\nPrivacy: id", "1001"),
        (True, "", "1001"),
        (False, "P-Asserted-Identity: <tel:+8621600>", "1001"),
    ],
)
def test_the_callers_number_is_asserted_by_trusted_trunks_only(
    trusted: bool, extra: str, caller: str
) -> None:
    """RFC 3325 section 5."""
    secret = SecretStr("unit-test-secret")
    trunk = Trunk(id="city", username="city", password=secret, trust_identity=trusted)
    call = SimpleNamespace(invite=request(extra=extra))
    assert _caller(call, Account("city", "x", trunk=trunk), Numbers()) == caller  # type: ignore[arg-type]


def test_an_extension_asserts_nothing() -> None:
    phone = Extension(number="1", password=SecretStr("unit-test-secret"))
    call = SimpleNamespace(invite=request(extra="P-Asserted-Identity: <tel:+8621600>"))
    assert _caller(call, Account("1", "x", extension=phone), Numbers()) == "1001"  # type: ignore[arg-type]


async def test_from_where_a_call_was_forwarded_is_on_record(desk: Switchboard, make_phone: MakePhone) -> None:
    """RFC 5806: what the line says. An extension has nothing to say of it."""
    gateway, phone = await make_phone(TRUNK, register=False), await make_phone("1")
    for caller in (gateway, phone):
        await caller._open()
        assert caller.stream is not None
        caller.agent.invite(
            URI("sip", desk.address[0], user="8000", port=desk.address[1]),
            bytes(offer(*caller.stream.local)),
            from_address=Address(URI("sip", "127.0.0.1", user=caller.number)),
            digest=DigestClient(Credentials(caller.number, PASSWORD)),
            headers=(("Diversion", "<sip:4008001234@carrier>;reason=no-answer"),),
        )

    def kept() -> dict[str, str | None] | None:
        with Session(desk.engine) as session:
            rows = session.exec(select(CallRow)).all()
            return {row.caller: row.diverted_from for row in rows} if len(rows) == 2 else None

    assert await eventually(kept) == {TRUNK: "4008001234", "1": None}
