"""From what is heard of an agent to the event that is told."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine
from sqlmodel import select

from callcenter.scribe.attention import Attention
from callcenter.scribe.hands import Standing
from callcenter.scribe.terms import Terms
from callcenter.store.engine import session
from callcenter.store.listenings import Growing
from callcenter.store.tables import Outbox
from tests.unit.judging.said import OPENING, words
from tests.unit.scribe.rows import call

GROWING = Growing("r1", call("c1", outcome=None), "l1", "agent", "a.wav", 0.0)
RUDE = Standing(15.0, words=tuple(words(OPENING, (12.0, "不 知道"))))


async def told(engine: Engine, growing: Growing, *standings: Standing) -> list[dict[str, object]]:
    woken: list[int] = []
    attention = Attention(Terms(()), engine, "main", lambda: woken.append(1))
    for each in standings:
        await attention.heard(growing, each)
    with session(engine) as db:
        rows = db.exec(select(Outbox).order_by(Outbox.id)).all()  # type: ignore[arg-type]
    assert bool(rows) == bool(woken)
    assert {row.topic for row in rows} <= {"callcenter/v1/main/calls/c1/warned"}
    return [row.payload["data"] for row in rows]


async def test_agent_and_supervisor_are_told_once(engine: Engine) -> None:
    found = await told(engine, GROWING, RUDE, replace(RUDE, seconds=15.5))
    assert [each["for"] for each in found] == ["agent", "supervisor"]
    assert found[0]["kind"] == "forbidden"
    assert (found[0]["at"], found[0]["heard"], found[0]["leg"]) == (12.0, "不知道", "l1")


async def test_times_are_those_of_the_call_for_a_second_agent_too(engine: Engine) -> None:
    later = replace(GROWING, offset_seconds=60.0)
    found = await told(engine, later, Standing(15.0, words=tuple(words((12.0, "不 知道")))))
    # No opening: the first agent had that.
    assert [each["kind"] for each in found] == ["forbidden", "forbidden"]
    assert found[0]["at"] == 72.0


async def test_what_others_say_is_no_matter(engine: Engine) -> None:
    assert await told(engine, replace(GROWING, role="caller"), RUDE) == []
    outbound = replace(GROWING, call=call("c2", outcome=None, direction="outbound"))
    assert await told(engine, outbound, RUDE) == []
