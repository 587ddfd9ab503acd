"""Transfers asked for by a telephone: who hears whom, what the transferor is told, what is on record."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlmodel import Session, select

from callcenter.store.tables import Call as CallRow
from callcenter.store.tables import Leg as LegRow
from sip.aio.ports import PortPool
from sip.digest import Credentials, DigestClient
from sip.message import URI, Address
from sip.sdp import offer, settle
from tests.board import PASSWORD, TRUNK, Phone, Switchboard
from tests.support import eventually
from tests.transferor import Transferor, replaces
from tests.unit.switchboard.conftest import MakePhone


@pytest.fixture
async def agent(desk: Switchboard) -> AsyncIterator[Transferor]:
    """Extension 1, the first at the desk; hums 1000 Hz."""
    phone = Transferor("1", 1000.0, PortPool("127.0.0.1", 61000, 61199))
    await phone.start(desk.address)
    yield phone
    await phone.stop()


@pytest.fixture
async def talking(desk: Switchboard, agent: Transferor, caller: Phone) -> Phone:
    """A caller from outside (440 Hz) who talks with the agent."""
    await caller.dial("8000", caller="13800138000")
    await caller.connected()
    await caller.hears(1000.0)
    return caller


def rows(desk: Switchboard) -> list[CallRow]:
    with Session(desk.engine) as session:
        return list(session.exec(select(CallRow).order_by("started_at")))


def legs_of(desk: Switchboard, call: CallRow) -> list[LegRow]:
    with Session(desk.engine) as session:
        return list(session.exec(select(LegRow).where(LegRow.call_id == call.id).order_by("position")))


async def all_ended(desk: Switchboard, count: int) -> list[CallRow]:
    """The calls by their beginning, once `count` of them are on record as over; nothing is left behind."""
    await eventually(lambda: len(done := rows(desk)) == count and all(row.outcome for row in done), 15)
    await eventually(lambda: desk.board.pool.in_use == 0)
    await eventually(lambda: not desk.board.calls)
    assert not desk.board.occupied
    return rows(desk)


# --- blind ---


async def test_row_19_blind_the_caller_is_connected_and_the_transferor_told(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    target = await make_phone("3", 2000.0)
    target.ring_seconds = 0.3
    assert (await agent.refer(agent.call, "<sip:3@127.0.0.1>")).code == 202
    await talking.hears(2000.0)
    await target.hears(440.0)
    await agent.told(200)
    assert agent.statuses == [100, 180, 200]
    assert agent.states[0].startswith("active") and agent.states[-1].startswith("terminated")
    assert target.call.invite.headers.get("Referred-By") == "<sip:1@127.0.0.1>"
    await agent.call.over()  # it did not hang up by itself
    talking.call.hangup()
    (row,) = await all_ended(desk, 1)
    assert (row.outcome, row.hung_up_by, row.transfer_to) == ("answered", "caller", "3")
    assert [(leg.role, leg.party, leg.final_status) for leg in legs_of(desk, row)] == [
        ("caller", "13800138000", 200),
        ("agent", "1", 200),
        ("target", "3", 200),
    ]


async def test_row_19_blind_to_busy_the_caller_comes_back_to_the_desk(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    target = await make_phone("3")
    target.refuse = 486
    first = agent.call
    await agent.refer(first, "<sip:3@127.0.0.1>")
    await agent.told(486)
    await eventually(lambda: len(agent.calls) == 2, 15)
    await talking.hears(1000.0)
    assert first.is_over
    talking.call.hangup()
    (row,) = await all_ended(desk, 1)
    assert [leg.final_status for leg in legs_of(desk, row)] == [200, 200, 486, 200]


@pytest.mark.parametrize(("number", "status"), [("3", 480), ("777", 404)])
async def test_row_19_blind_to_nobody_the_caller_comes_back_to_the_desk(
    desk: Switchboard, agent: Transferor, talking: Phone, number: str, status: int
) -> None:
    await agent.refer(agent.call, f"<sip:{number}@127.0.0.1>")
    await agent.told(status)
    await eventually(lambda: len(agent.calls) == 2, 15)
    await talking.hears(1000.0)
    talking.call.hangup()
    (row,) = await all_ended(desk, 1)
    assert (row.outcome, row.transfer_to) == ("answered", number)


async def test_row_26_the_transferor_hangs_up_right_after_the_202(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    target = await make_phone("3", 2000.0)
    target.ring_seconds = 0.3
    await agent.refer(agent.call, "<sip:3@127.0.0.1>")
    agent.call.hangup()
    await talking.hears(2000.0)
    await agent.told(200)  # the subscription outlives the BYE
    await eventually(lambda: not desk.board.occupied["1"])
    target.call.hangup()
    (row,) = await all_ended(desk, 1)
    assert (row.outcome, row.hung_up_by) == ("answered", "agent")


async def test_row_26_the_transferor_is_gone_and_the_target_rings_for_ever(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    target = await make_phone("3")
    target.ring_seconds = None
    agent.agent.answer_with = 481  # it knows of no subscription any more
    await agent.refer(agent.call, "<sip:3@127.0.0.1>")
    agent.call.hangup()
    await eventually(lambda: len(agent.calls) == 2, 20)
    await talking.hears(1000.0)
    assert agent.statuses == [100]
    talking.call.hangup()
    (row,) = await all_ended(desk, 1)
    assert [leg.final_status for leg in legs_of(desk, row)] == [200, 200, 487, 200]


async def test_row_26_the_caller_leaves_while_the_target_rings(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    target = await make_phone("3")
    target.ring_seconds = None
    await agent.refer(agent.call, "<sip:3@127.0.0.1>")
    await agent.told(180)
    talking.call.hangup()
    await agent.told(487)
    await agent.call.over()
    await target.call.over()
    (row,) = await all_ended(desk, 1)
    assert (row.outcome, row.hung_up_by) == ("answered", "caller")


async def test_row_23_the_caller_hangs_up_in_the_prompt_after_a_transfer(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    (await make_phone("3")).refuse = 486
    await agent.refer(agent.call, "<sip:3@127.0.0.1>")
    await agent.told(486)
    talking.call.hangup()
    (row,) = await all_ended(desk, 1)
    assert (row.outcome, row.hung_up_by) == ("answered", "caller")
    assert len(agent.calls) == 1


async def test_row_23_the_caller_hangs_up_on_hold(
    desk: Switchboard, agent: Transferor, talking: Phone
) -> None:
    agent.reinvite("sendonly")
    live = await desk.live()
    await eventually(lambda: live.book.facts.holds)
    talking.call.hangup()
    await agent.call.over()
    (row,) = await all_ended(desk, 1)
    assert row.hung_up_by == "caller" and row.hold_seconds > 0


async def test_a_transfer_to_the_desk_rings_its_other_agents(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    await make_phone("2", 2000.0)
    await agent.refer(agent.call, "<sip:8000@127.0.0.1>")
    await talking.hears(2000.0)
    await agent.told(200)
    talking.call.hangup()
    (row,) = await all_ended(desk, 1)
    assert (row.transfer_to, row.desk) == ("8000", "front")


async def test_a_transferor_who_wants_no_notify_gets_none(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    await make_phone("3", 2000.0)
    answer = await agent.refer(agent.call, "<sip:3@127.0.0.1>", (("Refer-Sub", "false"),))
    assert (answer.code, answer.headers.get("Refer-Sub")) == (202, "false")
    await talking.hears(2000.0)
    await agent.call.over()
    assert agent.statuses == []
    talking.call.hangup()
    await all_ended(desk, 1)


async def test_a_second_refer_waits_for_the_first(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    (await make_phone("3")).ring_seconds = None
    await agent.refer(agent.call, "<sip:3@127.0.0.1>")
    assert (await agent.refer(agent.call, "<sip:2@127.0.0.1>")).code == 491
    talking.call.hangup()
    await all_ended(desk, 1)


async def test_whoever_calls_from_outside_sends_nobody_about(
    desk: Switchboard, make_phone: MakePhone
) -> None:
    await make_phone("1", 1000.0)
    outside = Transferor(TRUNK, 440.0, PortPool("127.0.0.1", 61200, 61399))
    await outside.start(desk.address, register=False)
    try:
        await outside.dial("8000", caller="13800138000")
        await outside.connected()
        assert (await outside.refer(outside.call, "<sip:3@127.0.0.1>")).code == 403
        await outside.hears(1000.0)
        outside.call.hangup()
        await all_ended(desk, 1)
    finally:
        await outside.stop()


async def test_the_caller_of_an_internal_call_transfers_the_called(
    desk: Switchboard, agent: Transferor, make_phone: MakePhone
) -> None:
    called, target = await make_phone("2", 440.0), await make_phone("3", 2000.0)
    await agent.consult("2")
    await called.hears(1000.0)
    await agent.refer(agent.call, "<sip:3@127.0.0.1>")
    await agent.told(200)
    agent.call.hangup()
    await called.hears(2000.0)
    await target.hears(440.0)
    target.call.hangup()
    await called.call.over()
    (row,) = await all_ended(desk, 1)
    assert (row.direction, row.transfer_to) == ("internal", "3")


async def test_the_called_comes_back_to_the_caller_who_sent_it_to_a_busy_phone(
    desk: Switchboard, agent: Transferor, make_phone: MakePhone
) -> None:
    called = await make_phone("2", 440.0)
    (await make_phone("3")).refuse = 486
    await agent.consult("2")
    await called.hears(1000.0)
    await agent.refer(agent.call, "<sip:3@127.0.0.1>")
    await eventually(lambda: len(agent.calls) == 2, 15)
    await called.hears(1000.0)
    called.call.hangup()
    await all_ended(desk, 1)


# --- attended ---


@pytest.mark.parametrize("sent_on", ["the first call", "the consultation"])
async def test_row_19_attended_joins_the_caller_and_the_target(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone, sent_on: str
) -> None:
    target = await make_phone("3", 2000.0)
    first = agent.call
    agent.reinvite("sendonly")
    live = await desk.live()
    await eventually(lambda: live.book.facts.holds)
    consult = await agent.consult("3")
    await agent.hears(2000.0)
    await target.hears(1000.0)
    on, named = (first, consult) if sent_on == "the first call" else (consult, first)
    to = f"<sip:3@127.0.0.1?{replaces(named.session.dialog)}&Require=replaces>"
    assert (await agent.refer(on, to)).code == 202
    await talking.hears(2000.0)
    await target.hears(440.0)
    await agent.told(200)
    await first.over()
    await consult.over()
    assert not desk.board.occupied["1"]
    talking.call.hangup()
    await target.call.over()
    row, second = await all_ended(desk, 2)
    assert (row.outcome, row.hung_up_by, row.transfer_to) == ("answered", "caller", "3")
    assert [(leg.role, leg.party) for leg in legs_of(desk, row)] == [
        ("caller", "13800138000"),
        ("agent", "1"),
        ("target", "3"),
    ]
    assert (second.outcome, second.line, second.transfer_to) == ("answered", "internal", "13800138000")
    assert [(leg.role, leg.party) for leg in legs_of(desk, second)] == [("caller", "1"), ("target", "3")]


async def test_row_26_attended_and_both_calls_hung_up_right_after_the_202(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    target = await make_phone("3", 2000.0)
    first = agent.call
    consult = await agent.consult("3")
    await agent.refer(first, f"<sip:3@127.0.0.1?{replaces(consult.session.dialog)}>")
    consult.hangup()
    first.hangup()
    await talking.hears(2000.0)
    await target.hears(440.0)
    target.call.hangup()
    await talking.call.over()
    await all_ended(desk, 2)


async def test_row_26_the_caller_leaves_right_after_an_attended_transfer(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    target = await make_phone("3", 2000.0)
    first = agent.call
    consult = await agent.consult("3")
    await agent.refer(first, f"<sip:3@127.0.0.1?{replaces(consult.session.dialog)}>")
    talking.call.hangup()
    for call in (target.call, first, consult):
        await call.over()
    row, _ = await all_ended(desk, 2)
    assert row.hung_up_by == "caller"


async def test_the_target_of_an_attended_transfer_hangs_up(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    target = await make_phone("3", 2000.0)
    consult = await agent.consult("3")
    await agent.refer(agent.calls[0], f"<sip:3@127.0.0.1?{replaces(consult.session.dialog)}>")
    await talking.hears(2000.0)
    target.call.hangup()
    await talking.call.over()
    row, _ = await all_ended(desk, 2)
    assert row.hung_up_by == "agent"


async def test_the_caller_of_two_internal_calls_joins_the_called(
    desk: Switchboard, agent: Transferor, make_phone: MakePhone
) -> None:
    one, other = await make_phone("2", 440.0), await make_phone("3", 2000.0)
    first = await agent.consult("2")
    second = await agent.consult("3")
    await agent.refer(first, f"<sip:3@127.0.0.1?{replaces(second.session.dialog)}>")
    await one.hears(2000.0)
    await other.hears(440.0)
    await agent.told(200)
    await first.over()
    await second.over()
    one.call.hangup()
    await other.call.over()
    rows_ = await all_ended(desk, 2)
    assert [row.transfer_to for row in rows_] == ["3", "2"]


async def test_row_26_attended_before_the_target_answers_rings_it_for_the_caller(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    target = await make_phone("3", 2000.0)
    target.ring_seconds = None
    first = agent.call
    agent._streams += [agent.stream] if agent.stream else []
    consult = await agent.dial("3")
    await eventually(lambda: consult.ringing_at)
    target.ring_seconds = 0.1
    # A provisional response makes the dialog that Replaces names.
    dialog = consult.session.dialog
    live = next(call for call in desk.board.calls.values() if call.book.callee == "3")
    named = f"{dialog.call_id}%3Bto-tag%3D{live.caller.call.session.dialog.local_tag}"
    to = f"<sip:3@127.0.0.1?Replaces={named}%3Bfrom-tag%3D{dialog.local_tag}>"
    assert (await agent.refer(first, to)).code == 202
    await talking.hears(2000.0)
    await agent.told(200)
    talking.call.hangup()
    await all_ended(desk, 2)


async def test_row_26_attended_with_a_consultation_that_has_ended_rings_the_target_again(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    target = await make_phone("3", 2000.0)
    first = agent.call
    consult = await agent.consult("3")
    target.call.hangup()
    await consult.over()
    await agent.refer(first, f"<sip:3@127.0.0.1?{replaces(consult.session.dialog)}>")
    await talking.hears(2000.0)
    await agent.told(200)
    talking.call.hangup()
    await all_ended(desk, 2)


async def test_nobody_joins_another_ones_call(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    other = await make_phone("2", 2000.0)
    await make_phone("3")
    await other.dial("3")
    await other.connected()
    answer = await agent.refer(agent.call, f"<sip:3@127.0.0.1?{replaces(other.call.session.dialog)}>")
    assert answer.code == 403
    await talking.hears(1000.0)


# --- INVITE with Replaces ---


async def take_over(phone: Phone, number: str, header: str) -> None:
    """Calls with a Replaces header."""
    await phone._open()
    assert phone.stream is not None
    phone._offered = offer("127.0.0.1", phone.stream.local[1])
    call = phone.agent.invite(
        URI("sip", phone._server[0], user=number, port=phone._server[1]),
        bytes(phone._offered),
        from_address=Address(URI("sip", "127.0.0.1", user=phone.number)),
        digest=DigestClient(Credentials(phone.number, PASSWORD)),
        headers=(("Replaces", header),),
    )
    phone.calls.append(call)
    phone._hum(settle(phone._offered, await call.answered()))


def header_of(phone: Phone) -> str:
    dialog = phone.call.session.dialog
    return f"{dialog.call_id};to-tag={dialog.remote_tag};from-tag={dialog.local_tag}"


async def test_an_agent_goes_on_with_its_call_on_another_phone(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    second = await make_phone("1", 2000.0)
    await take_over(second, "8000", header_of(agent))
    await talking.hears(2000.0)
    await second.hears(440.0)
    await agent.call.over()
    talking.call.hangup()
    await second.call.over()
    (row,) = await all_ended(desk, 1)
    assert [(leg.role, leg.party) for leg in legs_of(desk, row)] == [
        ("caller", "13800138000"),
        ("agent", "1"),
        ("agent", "1"),
    ]


async def test_the_outside_replaces_its_own_leg(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    second = await make_phone(TRUNK, 2000.0, register=False)
    await take_over(second, "8000", header_of(talking))
    await agent.hears(2000.0)
    await talking.call.over()
    second.call.hangup()
    (row,) = await all_ended(desk, 1)
    assert (row.outcome, row.hung_up_by) == ("answered", "caller")


async def test_nobody_replaces_another_ones_leg(
    desk: Switchboard, agent: Transferor, talking: Phone, make_phone: MakePhone
) -> None:
    thief = await make_phone("2", 2000.0)
    with pytest.raises(Exception, match="403"):
        await take_over(thief, "8000", header_of(agent))
    await talking.hears(1000.0)
