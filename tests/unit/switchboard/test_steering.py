"""What the pages do to a call that goes on, by the tones that the parties hum."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import Session, select

from callcenter.events.errors import CommandError, ErrorCode
from callcenter.store.tables import Audit
from sip.aio.ports import PortPool
from sip.effects import Effect, Respond
from sip.message import respond
from sip.transactions import Transaction
from tests.board import TRUNK, Phone, Switchboard, settings_for, switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone

CALLER, AGENT = 440.0, 1080.0  # no note of the music, nor an overtone


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    async with switchboard(settings_for(tmp_path, roles={"3": "supervisor"})) as running:
        yield running


@pytest.fixture
async def talking(desk: Switchboard) -> AsyncIterator[tuple[Phone, Phone]]:
    """A caller and an agent who hear each other."""
    low = random.randrange(46000, 60000, 200)
    pool = PortPool("127.0.0.1", low, low + 199)
    async with contextlib.AsyncExitStack() as stack:
        caller, agent = Phone(TRUNK, CALLER, pool), Phone("1", AGENT, pool)
        for phone, register in ((caller, False), (agent, True)):
            await phone.start(desk.address, register=register)
            stack.push_async_callback(phone.stop)
        await caller.dial("8000")
        await caller.connected()
        await caller.hears(AGENT)
        await agent.hears(CALLER)
        yield caller, agent


async def fresh(phone: Phone) -> None:
    """Waits until it has heard half a second more."""
    before = len(phone.heard.payloads)
    await eventually(lambda: len(phone.heard.payloads) > before + 30)


async def test_a_call_held_from_the_page_hears_music_and_its_agent_nothing(
    desk: Switchboard, talking: tuple[Phone, Phone]
) -> None:
    caller, agent = talking
    live = await desk.live()
    assert await desk.command("hold", call_id=live.id, by="1") == {"call_id": live.id, "on_hold": True}
    await fresh(caller)
    await fresh(agent)
    assert caller.heard.share(AGENT) < 0.05
    assert b"".join(caller.heard.payloads[-25:]) in desk.board.hold_music.alaw
    assert agent.heard.share(CALLER) < 0.05
    with pytest.raises(CommandError, match="on hold already"):
        await desk.command("hold", call_id=live.id, by="1")
    await desk.command("resume", call_id=live.id, by="1")
    await caller.hears(AGENT)
    await agent.hears(CALLER)
    with pytest.raises(CommandError, match="not on hold"):
        await desk.command("resume", call_id=live.id, by="1")
    (hold,) = live.book.facts.holds
    assert hold.ended_at is not None
    caller.call.hangup()
    assert (await desk.row()).hold_seconds > 0.5


async def test_a_session_refresh_does_not_end_the_hold_of_a_page(
    desk: Switchboard, talking: tuple[Phone, Phone]
) -> None:
    caller, agent = talking
    live = await desk.live()
    await desk.command("hold", call_id=live.id, by="1")
    offers = live.legs[1].call.session.dialog.remote_cseq
    agent.reinvite("sendrecv")
    await eventually(lambda: live.legs[1].call.session.dialog.remote_cseq != offers)
    await fresh(caller)
    assert caller.heard.share(AGENT) < 0.05
    assert live.book.facts.holds[0].ended_at is None


async def test_who_holds_and_is_transferred_to_somebody_else_is_off_hold(
    desk: Switchboard, talking: tuple[Phone, Phone]
) -> None:
    caller, _ = talking
    live = await desk.live()
    await desk.command("hold", call_id=live.id, by="1")
    live.bridge(live.legs[0], live.legs[1])  # as a transfer does
    await caller.hears(AGENT)
    assert live.book.facts.holds[0].ended_at is not None


async def test_an_agent_steers_their_own_calls_a_supervisor_all(
    desk: Switchboard, talking: tuple[Phone, Phone]
) -> None:
    live = await desk.live()
    for name in ("hold", "hangup"):
        with pytest.raises(CommandError, match="2 is not in this call") as caught:
            await desk.command(name, call_id=live.id, by="2")
        assert caught.value.code is ErrorCode.FORBIDDEN
    await desk.command("hold", call_id=live.id, by="3")
    await desk.command("hangup", call_id=live.id, by="3")
    await desk.row()
    await desk.board.ledger.flush()
    with Session(desk.engine) as session:
        found = list(session.exec(select(Audit).order_by("id")))
    assert [(each.by, each.action) for each in found] == [("3", "hold"), ("3", "hangup")]
    assert {each.subject for each in found} == {live.id}


async def test_a_call_that_rings_cannot_be_held(desk: Switchboard) -> None:
    low = random.randrange(46000, 60000, 200)
    pool = PortPool("127.0.0.1", low, low + 199)
    caller, agent = Phone(TRUNK, CALLER, pool), Phone("1", AGENT, pool)
    agent.ring_seconds = None
    await caller.start(desk.address, register=False)
    await agent.start(desk.address)
    try:
        await caller.dial("8000")
        live = await desk.live()
        with pytest.raises(CommandError, match="nobody is talking"):
            await desk.command("hold", call_id=live.id, by="")
        with pytest.raises(CommandError, match="call_id is missing"):
            await desk.command("hold", by="")
    finally:
        await caller.stop()
        await agent.stop()


class Obedient:
    """A telephone that answers when it is told to talk, as a desk phone does."""

    def __init__(self, phone: Phone) -> None:
        self.phone, self.events = phone, list[str | None]()
        self.answering: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Takes the NOTIFY of the newest call."""
        session = self.phone.call.session
        receive = session.receive_request

        def take(transaction: Transaction, now: float = 0.0) -> list[Effect]:
            request = transaction.request
            if request.method != "NOTIFY":
                return receive(transaction, now)
            self.events.append(request.headers.get("Event"))
            self.answering = asyncio.create_task(self.phone.pick_up())
            return [Respond(transaction, respond(request, 200))]

        session.receive_request = take  # type: ignore[method-assign]


async def test_a_telephone_that_can_be_told_answers_one_that_cannot_says_so(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await make_phone("1", AGENT)
    agent.ring_seconds = None
    await caller.dial("8000")
    live = await desk.live()
    ringing = await eventually(lambda: next((leg for leg in live.legs if leg.party == "1"), None))
    await eventually(lambda: ringing.call.ringing_at)
    with pytest.raises(CommandError, match="lift its handset"):
        await desk.command("answer", call_id=live.id, by="1")
    with pytest.raises(CommandError, match="2 is not in this call"):
        await desk.command("answer", call_id=live.id, by="2")
    with pytest.raises(CommandError, match="does not ring"):
        await desk.command("answer", call_id=live.id, by="3")
    obedient = Obedient(agent)
    obedient.listen()
    await desk.command("answer", call_id=live.id, by="1")
    await caller.connected()
    await caller.hears(AGENT)
    assert obedient.events == ["talk"]
    with pytest.raises(CommandError, match="does not ring"):
        await desk.command("answer", call_id=live.id, by="1")
