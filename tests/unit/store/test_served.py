"""Who served which caller, on both databases."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine

from callcenter.domain.calls import Direction, LegFacts, Role
from callcenter.store.calls import save_calls
from callcenter.store.engine import session
from callcenter.store.served import Served, served_since
from tests.unit.store import facts
from tests.unit.store.facts import at


def test_the_agent_who_answered_first_counts(engine: Engine) -> None:
    early = facts.answered("early", caller="139")
    later = LegFacts("later", Role.AGENT, "8002", at(20), answered_at=at(25))
    moved = facts.answered("moved")
    moved = replace(moved, started_at=at(3), legs=(*moved.legs, later))
    others = [
        facts.call("ringing"),
        facts.answered("inside", direction=Direction.INTERNAL),
        facts.answered("no desk", desk=None),
        facts.answered("long ago", started_at=at(-1)),
    ]
    with session(engine) as work:
        save_calls(work, [early, moved, *others], "main", "node-1")
        assert set(served_since(work, at(0))) == {
            Served("front", "139", "8001", at(6)),
            Served("front", "13800000000", "8001", at(6)),
        }


def test_they_come_in_the_order_of_their_answers(engine: Engine) -> None:
    calls = [facts.answered(id) for id in "abc"]
    later = [
        replace(call, legs=(call.legs[0], replace(call.legs[1], answered_at=at(seconds))))
        for call, seconds in zip(calls, (30, 10, 20), strict=True)
    ]
    with session(engine) as work:
        save_calls(work, later, "main", "node-1")
        assert [each.at for each in served_since(work, at(0))] == [at(10), at(20), at(30)]
