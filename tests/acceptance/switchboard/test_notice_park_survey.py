"""What else happens to a caller: the recording notice, a slot to wait in, a question at the end."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, select

from callcenter.demo.phones.scenarios import answered, wait_bye
from callcenter.store.tables import Call, Recording, Survey
from tests.acceptance.switchboard.stage import (
    AGENT,
    CALLER,
    SECOND,
    Stage,
    settings_of,
    staged,
)
from tests.spectrum import ever, read
from tests.support import eventually

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
NOTICE = """
[notice]
mode = "answered"
prompt = "recording-notice-objection"
version = "2026-1"
objection_key = "9"
"""
HUNG_UP_ON = (answered(2), wait_bye())


async def kept(stage: Stage, call: Call) -> dict[str, tuple[datetime, set[int]]]:
    """Of each party of the call: from when on they were recorded, and whose tones are in that."""
    await stage.here.board.ledger.flush()
    party = {leg.id: leg.party for leg in stage.legs(call)}
    with Session(stage.here.engine) as session:
        rows = session.exec(select(Recording).where(Recording.call_id == call.id)).all()
    folder = stage.here.board.settings.recordings
    return {party[row.leg_id]: (row.started_at, ever(read(folder / row.path))) for row in rows}


async def test_nothing_of_a_party_is_kept_before_they_heard_the_notice(tmp_path: Path) -> None:
    """They hum from the first moment; the agent hears them once the notice is through."""
    async with staged(tmp_path, settings_of(tmp_path, flow=FLOW + NOTICE)) as stage:
        agent = await stage.phone("1", AGENT)
        caller = await stage.caller()
        await caller.hears(AGENT, timeout=30.0)
        await agent.hears(CALLER)
        assert stage.heard_prompt(caller, "recording-notice-objection")
        await asyncio.sleep(0.5)
        caller.run.nudge()
        await caller.succeeded()
        (call,) = await stage.ended()
        found = await kept(stage, call)
    (notice,) = call.notices
    assert (notice["version"], notice["outcome"]) == ("2026-1", "heard")
    since, heard = found[call.caller]
    assert since >= datetime.fromisoformat(notice["ended_at"])
    assert (heard, found["1"][1]) == ({CALLER}, {AGENT})


async def test_who_objects_is_not_recorded(tmp_path: Path) -> None:
    async with staged(tmp_path, settings_of(tmp_path, flow=FLOW + NOTICE)) as stage:
        agent = await stage.phone("1", AGENT)
        caller = await stage.caller()
        await eventually(lambda: caller.sound().seconds > 1.0)
        caller.press("9")
        await caller.hears(AGENT, timeout=30.0)
        await agent.hears(CALLER)
        caller.run.nudge()
        await caller.succeeded()
        (call,) = await stage.ended()
        found = await kept(stage, call)
    assert [notice["outcome"] for notice in call.notices] == ["objected"]
    assert found == {}


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
