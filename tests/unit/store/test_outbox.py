from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine

from callcenter.domain.calls import EventName, Outcome
from callcenter.domain.cloudevents import CloudEvent, encode
from callcenter.store import outbox
from callcenter.store.calls import save_call
from callcenter.store.engine import session
from callcenter.store.tables import Call
from tests.unit.store.facts import answered, at, call


def add(engine: Engine, count: int, role: str = "switchboard") -> list[str]:
    with session(engine) as work:
        return [
            outbox.add(
                work,
                role=role,
                site="main",
                event=EventName.RINGING,
                call=call(f"c{number}"),
                data={},
                now=at(number),
            )
            for number in range(count)
        ]


def test_an_event_is_a_cloudevent_on_its_topic(engine: Engine) -> None:
    with session(engine) as work:
        facts = answered(outcome=Outcome.ANSWERED)
        id = outbox.add(
            work,
            role="switchboard",
            site="main",
            event=EventName.ANSWERED,
            call=facts,
            data={"agent": "8001"},
            now=at(6),
        )
    with session(engine) as work:
        (row,) = outbox.pending(work, "switchboard")
    event = CloudEvent.parse(encode(row.payload))
    assert UUID(event.id) and event.id == id == row.event_id
    assert row.topic == "callcenter/v1/main/calls/c1/answered"
    assert (event.source, event.subject, event.time) == ("/callcenter/main/switchboard", "c1", at(6))
    assert (event.type, event.name) == ("callcenter.call.answered.v1", EventName.ANSWERED)
    assert event.data["agent"] == "8001"
    assert event.data["call"] == {
        "id": "c1",
        "direction": "inbound",
        "line": "external",
        "desk": "front",
        "caller": "13800000000",
        "callee": "8000",
        "diverted_from": None,
        "started_at": "2024-05-01T01:00:00.123456Z",
        "outcome": "answered",
        "rings": 2,
        "ring_seconds": 5.0,
        "three_rings": "not_applicable",
        "first_ringing_at": "2024-05-01T01:00:01.123456Z",
        "answered_at": "2024-05-01T01:00:06.123456Z",
    }


def test_a_row_of_the_database_tells_the_same_as_the_facts(engine: Engine) -> None:
    told = []
    with session(engine) as work:
        save_call(work, answered(), "main", "node")
        row = work.get(Call, "c1")
        assert row is not None
        for subject in (answered(), row):
            outbox.add(work, role="r", site="main", event=EventName.HELD, call=subject, data={}, now=at(1))
    with session(engine) as work:
        told = [event.payload["data"] for event in outbox.pending(work, "r")]
    assert told[0] == told[1]


def test_each_role_sees_its_own_events_in_order_until_they_are_published(engine: Engine) -> None:
    ids = add(engine, 5)
    add(engine, 2, role="scribe")
    with session(engine) as work:
        rows = outbox.pending(work, "switchboard", 3)
        assert [row.event_id for row in rows] == ids[:3]
        outbox.mark_published(work, [row.id for row in rows if row.id], at(60))
        outbox.mark_published(work, [], at(60))
    with session(engine) as work:
        assert [row.event_id for row in outbox.pending(work, "switchboard")] == ids[3:]
        assert (outbox.backlog(work, "switchboard"), outbox.backlog(work, "scribe")) == (2, 2)


def test_what_a_dead_broker_may_have_lost_is_pending_again(engine: Engine) -> None:
    ids = add(engine, 4)
    with session(engine) as work:
        for row in outbox.pending(work, "switchboard"):
            outbox.mark_published(work, [row.id or 0], at(10 * (row.id or 0)))
    with session(engine) as work:
        assert outbox.reopen(work, "switchboard", at(30)) == 2
        assert outbox.reopen(work, "scribe", at(0)) == 0
    with session(engine) as work:
        assert [row.event_id for row in outbox.pending(work, "switchboard")] == ids[2:]


def test_old_events_are_pruned_only_when_they_were_published(engine: Engine) -> None:
    add(engine, 3)
    with session(engine) as work:
        first, second, _ = outbox.pending(work, "switchboard")
        outbox.mark_published(work, [first.id or 0], at(0))
        outbox.mark_published(work, [second.id or 0], at(0) + timedelta(days=6))
    with session(engine) as work:
        assert outbox.prune(work, at(60) + timedelta(days=7)) == 1
        assert outbox.backlog(work, "switchboard") == 1
