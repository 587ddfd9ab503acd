"""The survey: the agent sends the caller there, and is not on record as who hung up."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import Session, select

from callcenter.events.errors import CommandError
from callcenter.store.tables import Survey
from tests.board import Phone
from tests.support import eventually
from tests.unit.switchboard.flows import Floor, floor

FLOW = """
[start]
open = "ring"
[after]
survey = "survey-ask"
[step.ring]
do = "ring"
group = "front"
"""


async def surveyed(on: Floor) -> tuple[Phone, Phone]:
    agent, caller = await on.phone("1"), await on.caller()
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1000.0)
    live = await on.desk.live()
    await on.desk.command("survey", by="1", call_id=live.id)
    await agent.call.over()
    return agent, caller


def scores(on: Floor) -> list[tuple[int, str | None, str | None]]:
    with Session(on.desk.engine) as session:
        return [(row.score, row.agent, row.desk) for row in session.exec(select(Survey))]


async def test_a_score_is_kept_with_the_agent_and_the_desk(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW) as on:
        agent, caller = await surveyed(on)
        assert caller.stream is not None
        caller.stream.press("2")
        await caller.call.over()
        row = await on.desk.row()
        assert (row.outcome, row.hung_up_by) == ("answered", "system")
        legs = {leg.party: leg.hung_up_by for leg in on.desk.legs()}
        assert legs["1"] == "system"  # it was no hang-up (A9)
        await on.desk.board.ledger.flush()
        assert scores(on) == [(2, "1", "front")]
        assert agent.call.is_over


async def test_a_wrong_key_is_said_to_be_wrong(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW) as on:
        _, caller = await surveyed(on)
        live = await on.desk.live()
        assert caller.stream is not None
        caller.stream.press("7")
        await eventually(lambda: "survey-wrong-key" in [a.prompt for a in live.book.facts.announcements])
        caller.stream.press("1")
        await caller.call.over()
        await on.desk.row()
        await on.desk.board.ledger.flush()
        assert [score for score, _, _ in scores(on)] == [1]


async def test_who_hangs_up_gives_no_score(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW) as on:
        _, caller = await surveyed(on)
        caller.call.hangup()
        assert (await on.desk.row()).hung_up_by == "caller"
        assert scores(on) == []


async def test_a_desk_without_a_survey(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW.replace('survey = "survey-ask"', "")) as on:
        with pytest.raises(CommandError, match="no survey"):
            await surveyed(on)
