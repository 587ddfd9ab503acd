"""Commands about agents, callbacks, parked callers and monitoring, with phones that hum."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from callcenter.domain.agents import State
from callcenter.domain.calls import Outcome
from callcenter.events.errors import CommandError, ErrorCode
from callcenter.store import callbacks
from callcenter.store.callbacks import Teller
from callcenter.store.calls import save_call
from callcenter.store.engine import session
from callcenter.store.tables import Audit, Callback
from callcenter.switchboard.live import look
from tests.board import TRUNK, Phone, Switchboard, settings_for, switchboard
from tests.support import eventually
from tests.unit.store.facts import at, call
from tests.unit.switchboard.conftest import MakePhone

NUMBER = "13800000000"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    settings = settings_for(tmp_path, roles={"3": "supervisor"}, outside={"1": True, "2": True})
    async with switchboard(settings) as running:
        yield running


@pytest.fixture
def callback(desk: Switchboard) -> int:
    """A missed call of somebody who can be called back."""
    missed = call("missed", caller=NUMBER, outcome=Outcome.NO_ANSWER, ended_at=at(20))
    with session(desk.engine) as work:
        save_call(work, missed, "main", "node-1")
        callbacks.follow(work, missed, Teller("switchboard", "main"))
        return callbacks.list_callbacks(work).items[0].id or 0


def row(desk: Switchboard, id: int) -> Callback:
    with session(desk.engine) as work:
        return callbacks.get(work, id)


async def refused(desk: Switchboard, name: str, code: ErrorCode, **args: Any) -> str:
    with pytest.raises(CommandError) as caught:
        await desk.command(name, **args)
    assert caught.value.code is code
    return caught.value.message


# -- states -----------------------------------------------------------------------------------------------


async def test_an_agent_sets_their_own_state_a_supervisor_anybodys(
    desk: Switchboard, make_phone: MakePhone
) -> None:
    await make_phone("1")
    await eventually(lambda: desk.board.agents.state("1") is State.READY)
    done = await desk.command("state", by="1", state="break", reason="lunch")
    assert done == {"agent": "1", "state": "break", "after": "ready"}
    assert "their own state" in await refused(
        desk, "state", ErrorCode.FORBIDDEN, by="2", agent="1", state="ready"
    )
    assert (await desk.command("state", by="3", agent="1", state="ready"))["state"] == "ready"
    for wrong in ("dancing", "talking"):
        await refused(desk, "state", ErrorCode.INVALID, by="1", state=wrong)
    assert "no telephone" in await refused(desk, "state", ErrorCode.INVALID, by="2", state="ready")


async def test_the_live_state_shows_agents_as_they_are(desk: Switchboard, make_phone: MakePhone) -> None:
    await make_phone("1")
    await eventually(lambda: desk.board.agents.state("1") is State.READY)
    await desk.command("state", by="1", state="break", reason="lunch")
    agents = {agent.number: agent for agent in look(desk.board).agents}
    assert (agents["1"].state, agents["1"].reason, agents["1"].registered) == ("break", "lunch", True)
    assert (agents["1"].desks, agents["3"].desks, agents["3"].role) == (("front",), (), "supervisor")


# -- callbacks --------------------------------------------------------------------------------------------


@pytest.fixture
async def carrier(desk: Switchboard, make_phone: MakePhone) -> Phone:
    """The far end of the trunk: whoever is called outside answers there."""
    return await make_phone(TRUNK, 700.0)


async def test_a_callback_rings_the_agent_then_the_caller_and_is_done_when_they_answer(
    desk: Switchboard, make_phone: MakePhone, carrier: Phone, callback: int
) -> None:
    agent = await make_phone("1", 1080.0)
    given = await desk.command("callback", by="1", id=callback)
    assert (given["number"], given["id"]) == (NUMBER, callback)
    await agent.hears(700.0)
    await carrier.hears(1080.0)
    done = await eventually(lambda: found if (found := row(desk, callback)).state == "done" else None)
    assert (done.outcome, done.claimed_by, done.attempts) == ("reached", "1", 1)
    agent.call.hangup()
    await eventually(lambda: not desk.board.calls)


async def test_nobody_is_called_twice(
    desk: Switchboard, make_phone: MakePhone, carrier: Phone, callback: int
) -> None:
    carrier.ring_seconds = None
    agent = await make_phone("1", 1080.0)
    await make_phone("2", 1200.0)
    await desk.command("callback", by="1", id=callback)
    assert "with 1" in await refused(desk, "callback", ErrorCode.CONFLICT, by="2", id=callback)
    await eventually(lambda: carrier.calls)
    agent.call.hangup()
    open_again = await eventually(lambda: found if (found := row(desk, callback)).state == "open" else None)
    assert (open_again.attempts, open_again.claimed_by) == (1, None)
    assert len(carrier.calls) == 1


async def test_a_caller_who_is_on_the_line_is_not_called_back(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, callback: int
) -> None:
    agent = await make_phone("1", 1080.0)
    agent.ring_seconds = None
    await make_phone("2", 1200.0)
    await caller.dial("8000", caller=NUMBER)
    await eventually(lambda: agent.calls)
    assert "in a call with us" in await refused(desk, "callback", ErrorCode.CONFLICT, by="2", id=callback)
    assert row(desk, callback).state == "open"  # given back


async def test_a_callback_that_cannot_be_made_is_given_back(
    desk: Switchboard, make_phone: MakePhone, callback: int
) -> None:
    assert "not registered" in await refused(desk, "callback", ErrorCode.CONFLICT, by="1", id=callback)
    assert row(desk, callback).state == "open"
    assert "choose your extension" in await refused(
        desk, "callback", ErrorCode.INVALID, by="王芳", id=callback
    )
    await refused(desk, "callback", ErrorCode.NOT_FOUND, by="1", id=999)
    assert "which callback" in await refused(desk, "callback", ErrorCode.INVALID, by="1", id="7")


async def test_an_offer_to_call_back_is_noted_and_outlives_the_call(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    await make_phone("1", 1080.0)
    await caller.dial("8000", caller=NUMBER)
    await caller.connected()
    live = await desk.live()
    await eventually(lambda: live.book.answered_at)
    assert await desk.command("callback_offer", by="1", call_id=live.id) == {
        "call_id": live.id,
        "number": NUMBER,
    }
    caller.call.hangup()
    await desk.row()
    await desk.board.ledger.flush()
    with session(desk.engine) as work:
        (noted,) = callbacks.list_callbacks(work).items
    assert (noted.number, noted.desk, noted.reason, noted.note) == (NUMBER, "front", "requested", "1")


# -- parked callers ---------------------------------------------------------------------------------------


async def test_a_parked_caller_comes_to_the_phone_of_who_picks_up(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    await make_phone("1", 1080.0)
    other = await make_phone("2", 1200.0)
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1080.0)
    live = await desk.live()
    slot = (await desk.command("park", by="1", call_id=live.id))["slot"]
    await eventually(lambda: desk.board.lot.waiting(slot))
    (parked,) = look(desk.board).parked
    assert (parked.slot, parked.call_id, parked.by) == (slot, live.id, "1")
    assert "not registered" in await refused(desk, "pickup", ErrorCode.CONFLICT, by="3", slot=slot)
    await desk.command("pickup", by="2", slot=slot)
    await caller.hears(1200.0)
    await other.hears(440.0)
    await refused(desk, "pickup", ErrorCode.NOT_FOUND, by="2", slot=slot)
    caller.call.hangup()


async def test_a_phone_that_rings_for_a_parked_caller_holds_up_no_closing(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    await make_phone("1", 1080.0)
    (await make_phone("2", 1200.0)).ring_seconds = None
    await caller.dial("8000")
    await caller.connected()
    live = await desk.live()
    slot = (await desk.command("park", by="1", call_id=live.id))["slot"]
    await eventually(lambda: desk.board.lot.waiting(slot))
    await desk.command("pickup", by="2", slot=slot)
    await eventually(lambda: desk.board.occupied["2"])
    await desk.board.close()
    assert not desk.board.work.tasks
    caller.call.hangup()


# -- monitoring -------------------------------------------------------------------------------------------


async def test_a_supervisor_listens_joins_and_leaves_and_all_of_it_is_on_record(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    await make_phone("1", 1080.0)
    boss = await make_phone("3", 1500.0)
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1080.0)
    live = await desk.live()
    for by in ("1", "王芳"):
        await refused(desk, "monitor", ErrorCode.FORBIDDEN, by=by, call_id=live.id, mode="listen")
    await refused(desk, "monitor", ErrorCode.INVALID, by="3", call_id=live.id, mode="shout")
    await desk.command("monitor", by="3", call_id=live.id, mode="listen")
    await eventually(lambda: boss.heard.share(440.0) > 0.2 and boss.heard.share(1080.0) > 0.2)
    await desk.command("monitor", by="3", call_id=live.id, mode="join")
    await eventually(lambda: caller.heard.share(1500.0) > 0.2)
    await desk.command("monitor", by="3", call_id=live.id, mode="end")
    await caller.hears(1080.0)
    await boss.call.over()
    caller.call.hangup()
    await desk.row()
    await desk.board.ledger.flush()
    with Session(desk.engine) as work:
        actions = [each.action for each in work.exec(select(Audit).order_by("id"))]
    assert {"monitor", "monitor_begin", "monitor_change", "monitor_end"} <= set(actions)
