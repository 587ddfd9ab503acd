"""The live states of several switchboards as one, for pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from callcenter.switchboard.snapshot import AgentNow, Now, ParkedNow, QueueNow, Waiting
from callcenter.web.views.live import live_view
from tests.live_state import snapshot
from tests.unit.store.facts import answered, at, call


def state(node: str, now: Now) -> Any:
    return snapshot(node, now)


def agent(
    number: str, *, registered: bool = True, call_id: str | None = None, desk: str = "front"
) -> AgentNow:
    return AgentNow(number, "", "agent", registered, "ready", call_id=call_id, desks=(desk,))


def test_nothing_is_known_without_a_switchboard() -> None:
    view = live_view({})
    assert (view.nodes, view.calls, view.agent("8001")) == ((), [], None)


def test_calls_of_every_node_in_the_order_of_their_beginning() -> None:
    view = live_view(
        {
            "b": state("b", Now([answered("late", started_at=at(5))])),
            "a": state("a", Now([call("early"), call("later", started_at=at(9))])),
        }
    )
    assert view.nodes == ("a", "b")
    assert [each["id"] for each in view.calls] == ["early", "late", "later"]
    assert view.calls[0]["started_at"] == datetime(2024, 5, 1, 1, 0, 0, 123456, UTC)
    assert (view.count("ringing"), view.count("held")) == (2, 1)
    assert [each["id"] for each in view.calls_of("8001")] == ["early", "late", "later"]
    assert view.calls_of("8002") == []


def test_an_agent_is_taken_from_the_node_that_has_their_telephone() -> None:
    view = live_view(
        {
            "a": state("a", Now(agents=[agent("8001", registered=False), agent("8002")])),
            "b": state("b", Now(agents=[agent("8001", call_id="c1"), agent("8002", registered=False)])),
        }
    )
    one, two = view.agents
    assert (one["number"], one["call_id"], two["registered"]) == ("8001", "c1", True)


def test_those_who_wait_stand_in_order_over_all_desks() -> None:
    queues = [
        QueueNow("sales", (Waiting("s1", "1", 1, at(2)),)),
        QueueNow("front", (Waiting("f1", "2", 1, at(1)), Waiting("f2", "3", 2, at(3)))),
    ]
    view = live_view(
        {"a": state("a", Now(queues=queues, parked=[ParkedNow("701", "p", "4", at(1), "8001")]))}
    )
    assert [each["call_id"] for each in view.waiting()] == ["f1", "s1", "f2"]
    assert view.waiting()[0]["desk"] == "front"
    assert view.parked[0]["since"] == at(1)


def test_one_desk_alone() -> None:
    now = Now([call(), call("c2", desk="sales")], agents=[agent("8001"), agent("8003", desk="sales")])
    view = live_view({"a": state("a", now)}, "sales")
    assert [each["id"] for each in view.calls] == ["c2"]
    assert [each["number"] for each in view.agents] == ["8003"]
