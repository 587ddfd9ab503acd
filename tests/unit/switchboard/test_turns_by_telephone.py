"""A12 with telephones: whose turn it is, who is passed over, who is set aside and comes back."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.domain.agents import State
from tests.board import Phone
from tests.support import eventually
from tests.unit.switchboard.flows import Floor, floor

IN_TURN = """
[start]
open = "ring"
[after]
wrap_up = {wrap_up}
[group.all]
order = "in_turn"
agents = ["1", "2", "3"]
ring_timeout = 1
[step.ring]
do = "ring"
group = "all"
"""


class Team:
    """Three agents, and callers one after another."""

    def __init__(self, on: Floor, phones: dict[str, Phone]) -> None:
        self.on, self.phones = on, phones
        self.agents = on.desk.board.agents

    async def call(self, hertz: float = 440.0) -> Phone:
        caller = await self.on.caller(hertz)
        await caller.dial("8000")
        return caller

    def talking(self) -> set[str]:
        return {number for number in self.phones if self.agents.state(number) is State.TALKING}

    async def served(self) -> str:
        """Somebody calls, is answered, and hangs up; by whom."""
        before = self.talking()
        caller = await self.call()
        await caller.connected()
        (number,) = self.talking() - before
        caller.call.hangup()
        await eventually(lambda: self.agents.state(number) is not State.TALKING)
        return number


@contextlib.asynccontextmanager
async def team(folder: Path, wrap_up: float = 0.0) -> AsyncIterator[Team]:
    async with floor(folder, IN_TURN.format(wrap_up=wrap_up)) as on:
        phones = {number: await on.phone(number, 1000.0) for number in "123"}
        await eventually(lambda: all(map(on.desk.board.agents.available, "123")))
        yield Team(on, phones)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Team]:
    async with team(tmp_path) as running:
        yield running


async def test_the_turn_goes_round(here: Team) -> None:
    assert [await here.served() for _ in range(5)] == ["1", "2", "3", "1", "2"]


async def test_who_lets_it_ring_is_set_aside_until_they_dial_that_they_are_ready(here: Team) -> None:
    here.phones["1"].ring_seconds = None
    assert await here.served() == "2"
    assert (here.agents.state("1"), here.agents.agent("1").reason) == (State.SET_ASIDE, "no_answer")
    assert [await here.served() for _ in range(3)] == ["3", "2", "3"]
    assert len(here.phones["1"].calls) == 1
    here.phones["1"].ring_seconds = 0.05
    call = await here.phones["1"].dial("*53")
    await here.phones["1"].connected()
    await call.over()
    await eventually(lambda: here.agents.available("1"))
    assert [await here.served() for _ in range(3)] == ["1", "2", "3"]


async def test_who_is_talking_when_their_turn_comes_has_missed_it(here: Team) -> None:
    caller = await here.call()
    await caller.connected()  # 1 talks on
    assert [await here.served() for _ in range(3)] == ["2", "3", "2"]
    caller.call.hangup()
    await eventually(lambda: here.agents.available("1"))
    assert [await here.served() for _ in range(2)] == ["3", "1"]


async def test_a_caller_who_leaves_while_it_rings_costs_nobody_a_turn(here: Team) -> None:
    here.phones["1"].ring_seconds = None
    caller = await here.call()
    await eventually(lambda: caller.call.ringing_at)
    caller.call.hangup()
    await eventually(lambda: here.agents.available("1"))
    here.phones["1"].ring_seconds = 0.05
    assert await here.served() == "1"


async def test_wrap_up_keeps_callers_away_for_a_while(tmp_path: Path) -> None:
    async with team(tmp_path, wrap_up=1.5) as here:
        assert await here.served() == "1"
        assert here.agents.state("1") is State.WRAP_UP and not here.agents.available("1")
        await eventually(lambda: here.agents.available("1"))
