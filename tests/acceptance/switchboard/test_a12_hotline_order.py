"""A12: calls go in turn; a missed turn is not made up; a returning caller goes to who served them first."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from callcenter.domain.agents import State
from tests.acceptance.switchboard.stage import AGENT, CALLER, SECOND, TARGET, Stage, settings_of, staged
from tests.humming import Baresip
from tests.support import eventually

FLOW = """
[start]
open = "queue"
[group.hotline]
order = "in_turn"
agents = ["1", "2", "3"]
ring_timeout = 5
returning = {returning}
[step.queue]
do = "queue"
group = "hotline"
"""
AGENTS = {"1": AGENT, "2": SECOND, "3": TARGET}
OLD, NEW = "13900000001", "13900000002"


class Hotline:
    """Three agents, all ready."""

    def __init__(self, stage: Stage, phones: dict[str, Baresip]) -> None:
        self.stage, self.phones = stage, phones

    def ready(self, number: str) -> bool:
        return self.stage.here.board.agents.available(number)

    async def set(self, number: str, state: State) -> None:
        """The agent says so at their page."""
        await self.stage.here.command("state", by=number, state=state.value)
        await eventually(lambda: self.ready(number) == (state is State.READY))

    async def call(self, number: str = NEW) -> str:
        """Somebody calls, talks with an agent and hangs up: with whom, by the tone that they heard."""
        caller = await self.stage.caller(CALLER, number=number)
        (heard,) = await eventually(caller.ever, 20.0)
        (who,) = [number for number, hertz in AGENTS.items() if hertz == heard]
        await self.phones[who].hears(CALLER)
        caller.run.nudge()
        await caller.succeeded()
        assert caller.story() == [{heard}]
        await eventually(lambda: not self.stage.here.board.calls and self.ready(who))
        return who

    async def calls(self, count: int) -> str:
        """Who took so many calls, one after the other."""
        return "".join([await self.call() for _ in range(count)])


@contextlib.asynccontextmanager
async def hotline(folder: Path, returning: int = 0) -> AsyncIterator[Hotline]:
    flow = FLOW.format(returning=returning)
    async with staged(folder, settings_of(folder, flow=flow)) as stage:
        phones = {number: await stage.phone(number, hertz) for number, hertz in AGENTS.items()}
        here = Hotline(stage, phones)
        await eventually(lambda: all(here.ready(number) for number in AGENTS))
        yield here


async def test_each_in_turn(tmp_path: Path) -> None:
    async with hotline(tmp_path) as here:
        assert await here.calls(5) == "12312"
        heard = {number: [phone.ever(1), phone.ever(2)] for number, phone in here.phones.items()}
        assert heard == {"1": [{CALLER}] * 2, "2": [{CALLER}] * 2, "3": [{CALLER}, set()]}
        assert [call.outcome for call in await here.stage.ended(5)] == ["answered"] * 5


async def test_a_missed_turn_is_passed_over_and_not_made_up(tmp_path: Path) -> None:
    """The second agent is on a break when her turn comes; afterwards the order is as it always was."""
    async with hotline(tmp_path) as here:
        assert await here.call() == "1"
        await here.set("2", State.BREAK)
        assert await here.call() == "3"
        await here.set("2", State.READY)
        assert await here.calls(3) == "123"


async def test_a_call_for_a_named_person_uses_no_turn(tmp_path: Path) -> None:
    async with hotline(tmp_path) as here:
        assert await here.call() == "1"
        inside = await here.stage.phone("4", CALLER)
        await inside.dial("2")
        await inside.hears(SECOND)
        await inside.do("hangup")
        await eventually(lambda: here.ready("2"))
        assert await here.calls(2) == "23"


async def test_a_returning_caller_goes_to_who_served_them_and_uses_no_turn(tmp_path: Path) -> None:
    """Where that agent is not there, it is the next one's turn."""
    async with hotline(tmp_path, returning=7) as here:
        assert await here.call(OLD) == "1"
        assert await here.call("13900000003") == "2"
        assert await here.call(OLD) == "1"
        assert await here.call("13900000004") == "3"
        await here.set("1", State.BREAK)
        assert await here.call(OLD) == "2"
