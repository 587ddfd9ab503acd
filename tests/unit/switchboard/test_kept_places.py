"""Who asked in the queue to be called back keeps their place: agent first, then the number, nobody twice."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import Session, select

from callcenter.domain.agents import State
from callcenter.store import callbacks as store
from callcenter.store.callbacks import Teller
from callcenter.store.engine import session
from callcenter.store.ledger import utc_now
from callcenter.store.tables import Call, Callback
from callcenter.switchboard import distribution
from callcenter.switchboard.census import census
from callcenter.switchboard.live import look
from sip.aio.ports import PortPool
from tests.board import TRUNK, Phone
from tests.carrier import Carrier
from tests.support import eventually
from tests.unit.switchboard.flows import Floor, floor

FLOW = """
[start]
open = "queue"
[step.queue]
do = "queue"
group = "front"
announce_every = 0
offer = "queue-offer"
keys = {"1" = "callback"}
[step.callback]
do = "callback"
"""
FIRST, ASKER, BEHIND = "13900139001", "13900139002", "13900139003"
BY_AGENTS = {"1": True, "2": True}
HOST = "127.0.0.5"
PATIENCE = 30.0
"""Seconds that the whole of a callback may take on a busy machine."""


@contextlib.asynccontextmanager
async def desk(
    folder: Path, flow: str = FLOW, outside: dict[str, bool] | None = None, **carrier: object
) -> AsyncIterator[tuple[Floor, Carrier]]:
    """A desk with a carrier, at which the numbers outside are called."""
    low = random.randrange(20000, 30000, 200)
    far = Carrier(PortPool("127.0.0.1", low, low + 199), hertz=900.0, **carrier)  # type: ignore[arg-type]
    await far.start(HOST)
    line = {"id": "out", "mode": "ip", "server": far.server, "ping": 0}
    try:
        async with floor(
            folder, flow, outside=BY_AGENTS if outside is None else outside, trunks=[line]
        ) as on:
            yield on, far
    finally:
        await far.stop()


async def busy(on: Floor, number: str = "1") -> tuple[Phone, Phone]:
    """An agent who talks with somebody."""
    agent, first = await on.phone(number), await on.caller(700.0)
    await first.dial("8000", caller=FIRST)
    await first.connected()
    await first.hears(agent.hertz)
    return agent, first


async def waits(on: Floor, number: str) -> Phone:
    caller = await on.caller()
    await caller.dial("8000", caller=number)
    await caller.connected()
    await eventually(
        lambda: any(each.wanted.caller == number for each in on.desk.board.distribution.waiting())
    )
    return caller


async def asks(on: Floor, number: str = ASKER) -> Phone:
    """Somebody in the queue who presses the key, and has hung up: their call is on record."""
    caller = await waits(on, number)
    assert caller.stream is not None
    caller.stream.press("1")
    await caller.call.over()
    await on.desk.row(number)
    return caller


def callback(on: Floor) -> Callback:
    with Session(on.desk.engine) as work:
        return work.exec(select(Callback)).one()


def calls_out(on: Floor) -> list[Call]:
    with Session(on.desk.engine) as work:
        rows = work.exec(select(Call).where(Call.direction == "outbound").order_by("started_at"))
        return [row for row in rows if row.outcome]


async def given_back(on: Floor) -> None:
    """No place is in the line, and nothing of a call is left."""
    names = ("places", "places_kept", "live_calls", "occupied", "rtp_ports_in_use")
    await eventually(lambda: not any(census(on.desk.board)[name] for name in names), PATIENCE)


async def test_the_place_stays_in_the_line_and_its_caller_is_called_in_turn(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, far):
        agent, first = await busy(on)
        await asks(on)
        behind = await waits(on, BEHIND)
        board = on.desk.board
        assert [place.virtual for place in board.distribution.waiting()] == [True, False]
        (queue,) = look(board).queues
        assert [(each.caller, each.position, each.virtual) for each in queue.callers] == [
            (ASKER, 1, True),
            (BEHIND, 2, False),
        ]
        assert board.distribution.waiting()[1].position == 1
        first.call.hangup()
        await agent.hears(900.0)
        assert far.calls[0].request_uri.user == ASKER and len(agent.calls) == 2
        done = await eventually(lambda: found if (found := callback(on)).state == "done" else None, PATIENCE)
        assert (done.outcome, done.claimed_by, done.attempts) == ("reached", "1", 1)
        assert [place.position for place in board.distribution.waiting()] == [0]
        agent.call.hangup()
        await behind.hears(1000.0)  # who stood behind is next
        behind.call.hangup()
        (called,) = await eventually(lambda: calls_out(on), PATIENCE)
        assert (called.caller, called.callee, called.desk, called.outcome) == (
            "1",
            ASKER,
            "front",
            "answered",
        )
        await given_back(on)


async def test_whoever_of_the_group_is_free_first_calls(tmp_path: Path) -> None:
    flow = FLOW + '[group.front]\norder = "in_order"\nagents = ["1", "2"]\nring_timeout = 1\n'
    async with desk(tmp_path, flow) as (on, far):
        one, first = await busy(on)
        await asks(on)
        two = await on.phone("2", 1200.0)
        await two.hears(900.0)
        assert (len(one.calls), len(two.calls), len(far.calls)) == (1, 1, 1)
        two.call.hangup()
        first.call.hangup()
        await eventually(lambda: callback(on).state == "done", PATIENCE)
        await given_back(on)


async def test_the_first_lets_it_ring_and_the_second_has_the_call(tmp_path: Path) -> None:
    flow = FLOW + '[group.front]\norder = "in_order"\nagents = ["1", "2"]\nring_timeout = 1\n'
    async with desk(tmp_path, flow) as (on, far):
        one, first = await busy(on)
        two = await on.phone("2", 1200.0)
        on.desk.board.agents.set("2", State.BREAK, by="2")
        await asks(on)
        one.ring_seconds = None
        first.call.hangup()
        await eventually(lambda: len(one.calls) == 2 and one.call.is_over)
        await eventually(lambda: on.desk.board.agents.state("1") is State.SET_ASIDE)
        assert not far.calls
        on.desk.board.agents.set("2", State.READY, by="2")
        await two.hears(900.0)
        two.call.hangup()
        done = await eventually(lambda: found if (found := callback(on)).state == "done" else None, PATIENCE)
        assert done.claimed_by == "2"
        await given_back(on)


@pytest.mark.parametrize("steps", [(486,), (180, 0.05, 480)])
async def test_a_number_that_does_not_answer_has_had_its_turn(tmp_path: Path, steps: tuple[int, ...]) -> None:
    async with desk(tmp_path, steps=steps) as (on, far):
        agent, first = await busy(on)
        await asks(on)
        first.call.hangup()
        tried = await eventually(lambda: found if (found := callback(on)).attempts else None, PATIENCE)
        assert (tried.state, tried.attempts, tried.claimed_by) == ("open", 1, None)
        await agent.call.over()
        await given_back(on)
        assert len(far.calls) == 1


async def test_a_callback_that_a_page_has_claimed_is_not_called_again(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, far):
        agent, first = await busy(on)
        await asks(on)
        with session(on.desk.engine) as work:
            store.claim(work, callback(on).id or 0, "3", utc_now(), Teller("web", "test"))
        first.call.hangup()
        await given_back(on)
        assert (len(far.calls), len(agent.calls), callback(on).claimed_by) == (0, 1, "3")
        assert on.desk.board.agents.available("1")


async def test_who_calls_again_and_is_served_is_not_called_back(tmp_path: Path) -> None:
    async with desk(tmp_path, outside={"1": True}) as (on, far):
        agent, first = await busy(on)
        await asks(on)
        two = await on.phone("2", 1200.0)  # who may call nobody outside: the place is not offered to them
        again = await on.caller()
        await again.dial("8000", caller=ASKER)
        await again.connected()
        await again.hears(1200.0)
        first.call.hangup()
        await eventually(lambda: not on.desk.board.distribution.waiting())
        again.call.hangup()
        await given_back(on)
        settled = callback(on)
        assert (settled.state, settled.outcome) == ("done", "called_again")
        assert (len(far.calls), len(agent.calls), len(two.calls)) == (0, 1, 1)


async def test_who_waits_in_a_call_with_us_again_is_not_called(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, far):
        agent, first = await busy(on)
        await asks(on)
        again = await waits(on, ASKER)
        first.call.hangup()
        await again.hears(1000.0)
        again.call.hangup()
        await eventually(lambda: callback(on).state == "done", PATIENCE)
        await given_back(on)
        assert (len(far.calls), len(agent.calls)) == (0, 2)


async def test_where_nobody_may_call_outside_no_place_is_kept(tmp_path: Path) -> None:
    async with desk(tmp_path, outside={}) as (on, far):
        _, first = await busy(on)
        await asks(on)
        assert not on.desk.board.distribution.waiting()
        first.call.hangup()
        await given_back(on)
        assert (callback(on).state, far.calls) == ("open", [])


async def test_a_flow_may_keep_no_places(tmp_path: Path) -> None:
    async with desk(tmp_path, FLOW + "keep_place = false\n") as (on, _):
        await busy(on)
        await asks(on)
        assert not on.desk.board.distribution.waiting()


async def test_who_asks_twice_has_one_place(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, _):
        await busy(on)
        await asks(on)
        caller = await waits(on, ASKER)
        assert caller.stream is not None and census(on.desk.board)["places"] == 2
        caller.stream.press("1")
        await caller.call.over()
        await eventually(lambda: census(on.desk.board)["places"] == 1)
        assert on.desk.board.distribution.waiting()[0].virtual


async def test_who_hangs_up_while_they_hear_that_they_will_be_called(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, far):
        agent, first = await busy(on)
        caller = await waits(on, ASKER)
        assert caller.stream is not None
        caller.stream.press("1")
        await eventually(lambda: any(place.virtual for place in on.desk.board.distribution.waiting()))
        first.call.hangup()
        await eventually(lambda: on.desk.board.agents.available("1"))
        assert not far.calls  # not while they are on the line
        caller.call.hangup()
        await agent.hears(900.0)
        agent.call.hangup()
        await eventually(lambda: callback(on).state == "done", PATIENCE)
        await given_back(on)


async def test_when_all_agents_have_gone_home_the_place_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribution, "DESERTED_SECONDS", 0.3)
    async with desk(tmp_path) as (on, _):
        _, first = await busy(on)
        await asks(on)
        on.desk.board.agents.set("1", State.SIGNED_OFF, by="1")
        first.call.hangup()
        await given_back(on)
        assert callback(on).state == "open"


async def test_the_switchboard_stops_while_places_are_kept(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, _):
        agent, _ = await busy(on)
        await asks(on)
        await on.desk.reception.close()
        await given_back(on)
        assert (len(agent.calls), callback(on).state) == (1, "open")


async def test_the_switchboard_stops_while_the_agents_phone_rings(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, far):
        agent, first = await busy(on)
        await asks(on)
        agent.ring_seconds = None
        first.call.hangup()
        await eventually(lambda: len(agent.calls) == 2)
        await on.desk.reception.close()
        await given_back(on)
        await on.desk.board.ledger.flush()
        assert (callback(on).state, far.calls) == ("open", [])
        assert TRUNK not in on.desk.board.occupied
