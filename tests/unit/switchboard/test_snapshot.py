"""The live state, from facts alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.domain.calls import CallFacts, WaitFacts, WaitKind
from callcenter.switchboard.snapshot import AgentNow, Held, Now, ParkedNow, QueueNow, Waiting, state_of
from tests.live_state import snapshot
from tests.unit.store.facts import answered, at, call

QUEUED = (WaitFacts(WaitKind.QUEUE, at(2)),)


@pytest.mark.parametrize(
    "facts, state",
    [
        (call(first_ringing_at=None), "connecting"),
        (call(), "ringing"),
        (call(waits=QUEUED), "waiting"),
        (call(waits=(replace(QUEUED[0], ended_at=at(3)),)), "ringing"),
        (answered(holds=()), "talking"),
        (answered(), "held"),
        (answered(holds=(), waits=(WaitFacts(WaitKind.PARK, at(9)),)), "waiting"),
        (answered(holds=(), legs=call().legs), "ringing"),  # after a transfer, at the next phone
    ],
)
def test_what_a_call_does(facts: CallFacts, state: str) -> None:
    assert state_of(facts) == state


def test_a_call_and_its_legs() -> None:
    facts = answered()
    over = replace(facts, legs=(*facts.legs, replace(facts.legs[1], id="gone", ended_at=at(9))))
    now = Now([over], {"c1-agent": Held(held_here=True)}, warn={"c1": (15.0, 0.0)})
    (told,) = snapshot("node-1", now)["calls"]
    assert (told["caller"], told["state"], told["desk"]) == ("13800000000", "held", "front")
    assert told["hold_warn"] == [15.0, 0.0]
    assert told["held_since"] == told["legs"][1]["held_since"] == "2024-05-01T01:00:20.123456Z"
    assert [(leg["party"], leg["state"]) for leg in told["legs"]] == [("13800000000", "up"), ("8001", "up")]
    assert told["legs"][1]["held_here"] and not told["legs"][0]["held_here"]


def test_agents_queues_and_parked_calls() -> None:
    now = Now(
        agents=[AgentNow("8001", "王芳", "agent", True, "break", "lunch", at(1), desks=("front",))],
        queues=[QueueNow("front", (Waiting("c1", "13800000000", 1, at(2), 30.0, virtual=True),))],
        parked=[ParkedNow("701", "c2", "13900000000", at(3), "8001")],
    )
    told = snapshot("node-1", now)
    assert told["agents"][0]["reason"] == "lunch" and told["agents"][0]["desks"] == ["front"]
    assert told["queues"] == [
        {
            "desk": "front",
            "callers": [
                {
                    "call_id": "c1",
                    "caller": "13800000000",
                    "position": 1,
                    "since": "2024-05-01T01:00:02.123456Z",
                    "estimate": 30.0,
                    "virtual": True,
                }
            ],
        }
    ]
    assert told["parked"][0]["slot"] == "701"


def test_time_alone_changes_nothing() -> None:
    assert snapshot("n", Now([call()])) == snapshot("n", Now([call()]))
