"""One extension is rung: what can come of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from callcenter.switchboard import dialling
from sip.aio.call import Call
from sip.aio.ports import PortPair, PortPool, PortsExhausted
from sip.registrar import Binding
from tests.board import Phone, Switchboard, settings_for, switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    """A phone has time enough to answer, however busy this machine is."""
    async with switchboard(settings_for(tmp_path, ring_timeout=30)) as running:
        yield running


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(486, "busy"), (600, "busy"), (603, "rejected"), (480, "no_answer"), (404, "failed")],
)
async def test_a_refusal_has_an_outcome_of_its_own(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, status: int, outcome: str
) -> None:
    agent = await make_phone("1")
    agent.refuse = status
    await caller.dial("8000")
    row = await desk.row()
    assert row.outcome == outcome
    assert next(leg for leg in desk.legs() if leg.party == "1").final_status == status


async def test_a_phone_that_says_nothing_is_left_for_the_next(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead, alive = await make_phone("1"), await make_phone("2", 1000.0)
    await dead.agent.stop()  # its registration stays
    bindings = desk.board.accounts.bindings

    def patience(user: str, now: float) -> list[Binding]:
        """Short with the dead one alone: the other is heard of in time, or is not."""
        monkeypatch.setattr(dialling, "REACH_SECONDS", 0.3 if user == "1" else 30.0)
        return bindings(user, now)

    monkeypatch.setattr(desk.board.accounts, "bindings", patience)
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1000.0)
    assert alive.call.answered_at is not None


async def test_an_agent_in_a_call_is_not_rung(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    one, two, three = await make_phone("1"), await make_phone("2", 1000.0), await make_phone("3")
    three.ring_seconds = None
    await one.dial("3")
    await eventually(lambda: three.calls)  # agent 1 is on the telephone
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1000.0)
    assert two.calls and len(one.calls) == 1


async def test_a_ring_that_crosses_our_cancel_is_no_fault(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The phone says nothing until we have given it up, and rings just then."""
    monkeypatch.setattr(dialling, "REACH_SECONDS", 1.0)
    agent = await make_phone("1")
    receive = agent.agent.layer.receive

    def deaf_to_cancel(data: bytes, *others: Any) -> Any:
        return [] if data.startswith(b"CANCEL") else receive(data, *others)

    agent.agent.layer.receive = deaf_to_cancel  # type: ignore[method-assign,assignment]

    async def say_nothing(call: Call) -> None:
        agent.calls.append(call)
        await call.over()

    agent.agent._on_call = say_nothing
    await caller.dial("8000")
    assert (await desk.row()).outcome == "failed"
    agent.call.ring()
    agent.call.reject(486)
    await eventually(lambda: all(key[2] != "INVITE" for key in desk.board.agent.layer._outstanding))
    assert desk.board.agent.layer.counters["internal_error"] == 0


async def test_no_port_left_for_a_target_brings_the_caller_back(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_phone("1", 1000.0)
    await make_phone("3")
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1000.0)
    acquire, refusals = PortPool.acquire, iter([True])

    def exhausted_once(pool: PortPool) -> PortPair:
        if pool is desk.board.pool and next(refusals, False):
            raise PortsExhausted("no RTP port left")
        return acquire(pool)

    monkeypatch.setattr(PortPool, "acquire", exhausted_once)
    live = await desk.live()
    await desk.command("transfer", call_id=live.id, target="3")
    await eventually(lambda: len(live.legs) == 2 and live.legs[-1].call.answered_at, 15)
    await caller.hears(1000.0)
    caller.call.hangup()
    assert (await desk.row()).outcome == "answered"


async def test_no_port_left_for_an_agent_is_no_fault_of_the_story(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_phone("1")

    def exhausted(*_: object) -> None:
        raise PortsExhausted("no RTP port left")

    monkeypatch.setattr("callcenter.switchboard.dialling._invite", exhausted)
    call = await caller.dial("8000")
    assert (await call.over()).code == 480
    assert (await desk.row()).outcome == "failed"
