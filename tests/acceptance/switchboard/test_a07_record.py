"""A7: what is collected has its place at once: each call makes its record, from the signalling."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import Session, select

from callcenter.demo.phones.scenarios import cancel
from callcenter.store.records import fill_record, record_changes
from callcenter.store.tables import Record
from tests.acceptance.switchboard.stage import AGENT, CALLER, NUMBER, SECOND, Stage, settings_of, staged
from tests.support import eventually


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path, settings_of(tmp_path, agents=("1",))) as here:
        yield here


def records(stage: Stage) -> list[Record]:
    with Session(stage.here.engine) as session:
        return list(session.exec(select(Record)))


async def test_every_kind_of_call_makes_one_record(stage: Stage) -> None:
    """Answered, abandoned and internal; nobody writes anything for it."""
    agent = await stage.phone("1", AGENT)
    caller = await stage.caller()
    await caller.hears(AGENT)
    caller.run.nudge()
    await caller.succeeded()
    await stage.ended()
    await agent.wait("CALL_CLOSED")
    await agent.do("ring never")
    leaver = await stage.caller(CALLER, cancel(200, 2), number="13900139000")
    await leaver.succeeded()
    inside, other = await stage.phone("3", CALLER), await stage.phone("4", SECOND)
    await inside.dial("4")
    await inside.hears(SECOND)
    await other.do("hangup")
    calls = await stage.ended(3)
    made = await eventually(lambda: found if len(found := records(stage)) == 3 else None)
    assert {record.call_id for record in made} == {call.id for call in calls}
    assert [call.outcome for call in calls] == ["answered", "abandoned", "answered"]
    assert [call.caller for call in calls] == [NUMBER, "13900139000", "3"]


async def test_what_the_agent_adds_is_kept_and_a_change_is_a_visible_correction(stage: Stage) -> None:
    await stage.phone("1", AGENT)
    caller = await stage.caller()
    await caller.hears(AGENT)
    caller.run.nudge()
    await caller.succeeded()
    (call,) = await stage.ended()
    (record,) = await eventually(lambda: records(stage))
    with Session(stage.here.engine, expire_on_commit=False) as session:
        now = call.ended_at
        assert now is not None
        taken = {"household": "5栋802", "surname": "陈", "telephone": NUMBER, "matter": "主卫天花板漏水"}
        fill_record(session, record.call_id, taken, by="1", now=now)
        session.commit()
        fill_record(session, record.call_id, {"household": "5栋801"}, by="1", now=now, reason="听错了")
        session.commit()
        (change,) = [each for each in record_changes(session, record.call_id) if each.field == "household"]
    assert (change.old, change.new, change.by, change.reason) == ("5栋802", "5栋801", "1", "听错了")
