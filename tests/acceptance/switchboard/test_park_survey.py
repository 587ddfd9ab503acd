"""A slot to wait in, until somebody dials it; and the question after the call."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import Session, select

from callcenter.demo.phones.scenarios import answered, wait_bye
from callcenter.store.tables import Survey
from tests.acceptance.switchboard.stage import (
    AGENT,
    CALLER,
    SECOND,
    settings_of,
    staged,
)

FLOW = """
[start]
open = "ring"
[after]
survey = "survey-ask"
[group.desk]
order = "in_order"
agents = ["1", "2"]
ring_timeout = 5
[step.ring]
do = "ring"
group = "desk"
"""
HUNG_UP_ON = (answered(2), wait_bye())


async def test_a_parked_caller_hears_music_until_somebody_takes_them(tmp_path: Path) -> None:
    async with staged(tmp_path, settings_of(tmp_path, flow=FLOW)) as stage:
        agent, other = await stage.phone("1", AGENT), await stage.phone("4", SECOND)
        caller = await stage.caller()
        await caller.hears(AGENT)
        (call,) = stage.calls()
        slot = (await stage.here.command("park", by="1", call_id=call.id))["slot"]
        await agent.wait("CALL_CLOSED")
        await caller.hears()
        await other.dial(slot)
        await caller.hears(SECOND)
        await other.hears(CALLER)
        caller.run.nudge()
        await caller.succeeded()
        call = next(each for each in await stage.ended(len(stage.calls())) if each.desk)
    assert caller.story() == [{AGENT}, {SECOND}]
    assert other.ever() == {CALLER}
    assert (call.outcome, call.hung_up_by) == ("answered", "caller")
    assert [wait["kind"] for wait in call.waits] == ["park"]


async def test_the_agent_sends_the_caller_to_the_survey_and_is_no_hang_up(tmp_path: Path) -> None:
    async with staged(tmp_path, settings_of(tmp_path, flow=FLOW)) as stage:
        agent = await stage.phone("1", AGENT)
        caller = await stage.caller(CALLER, *HUNG_UP_ON)
        await caller.hears(AGENT)
        (call,) = stage.calls()
        await stage.here.command("survey", by="1", call_id=call.id)
        await agent.wait("CALL_CLOSED")
        await caller.hears()
        caller.press("2")
        await caller.succeeded()
        (call,) = await stage.ended()
        await stage.here.board.ledger.flush()
        with Session(stage.here.engine) as session:
            (told,) = session.exec(select(Survey)).all()
    assert (told.call_id, told.score) == (call.id, 2)
    assert (call.outcome, call.hung_up_by) == ("answered", "system")
    assert stage.heard_prompt(caller, "survey-thanks")
    assert caller.story() == [{AGENT}]
