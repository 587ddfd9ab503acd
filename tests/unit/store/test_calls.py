from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session, SQLModel, col

from callcenter.domain.calls import CallFacts, HungUpBy, Outcome
from callcenter.domain.cloudevents import jsonable
from callcenter.domain.text import clean
from callcenter.store.calls import add_jobs, hand_over, recordings_of, save_call, save_recording
from callcenter.store.engine import session
from callcenter.store.tables import Announcement, Call, Hold, Job, Leg, Mix, Outbox, Record, Recording
from tests.unit.store.facts import T0, answered, at, call, recording


def rows(work: Session, table: type[SQLModel]) -> list[dict[str, Any]]:
    key = "position" if table is Leg else "id" if "id" in table.model_fields else "call_id"
    return [row.model_dump() for row in work.scalars(select(table).order_by(getattr(table, key)))]


def assert_kept(work: Session, facts: CallFacts) -> None:
    """Everything in the snapshot, and nothing else, is in the database."""
    wanted = asdict(facts)
    parts = {name: wanted.pop(name) for name in ("legs", "holds", "announcements")}
    wanted |= {name: jsonable(wanted[name]) for name in ("waits", "path", "notices")}
    assert rows(work, Call) == [{**wanted, "site": "main", "node": "node"}]
    for table, name in ((Leg, "legs"), (Hold, "holds"), (Announcement, "announcements")):
        found = [
            {key: row[key] for key in part} for row, part in zip(rows(work, table), parts[name], strict=True)
        ]
        assert found == list(parts[name])


def test_a_call_grows_from_snapshot_to_snapshot(engine: Engine) -> None:
    ended = answered(
        ended_at=at(30), outcome=Outcome.ANSWERED, hung_up_by=HungUpBy.CALLER, transfer_to="8100"
    )
    for facts in (call(), answered(), answered(), ended):
        with session(engine) as work:
            save_call(work, facts, "main", "node")
        with session(engine) as work:
            assert_kept(work, facts)


def test_instants_keep_their_microseconds_and_zone(engine: Engine) -> None:
    with session(engine) as work:
        save_call(work, call(), "main", "node")
    with session(engine) as work:
        kept = work.get(Call, "c1")
        assert kept is not None
        assert kept.started_at == T0
        assert kept.started_at.utcoffset() is not None


def test_the_record_is_there_from_the_first_snapshot_and_survives_the_next(engine: Engine) -> None:
    with session(engine) as work:
        save_call(work, call(), "main", "node")
        record = work.get(Record, "c1")
        assert record is not None
        assert record.created_at == T0
        record.household = "3-1201"
    with session(engine) as work:
        save_call(work, answered(), "main", "node")
        kept = work.get(Record, "c1")
        assert kept is not None
        assert kept.household == "3-1201"


def test_a_leg_that_is_no_longer_named_goes_unless_it_was_recorded(engine: Engine) -> None:
    with session(engine) as work:
        save_call(work, call(), "main", "node")
        save_recording(work, recording(leg="agent"))
    with session(engine) as work:
        save_call(work, replace(call(), legs=()), "main", "node")
    with session(engine) as work:
        assert [leg["id"] for leg in rows(work, Leg)] == ["c1-agent"]


def test_a_recording_is_opened_and_closed(engine: Engine) -> None:
    with session(engine) as work:
        save_call(work, answered(), "main", "node")
        save_recording(work, recording())
        save_recording(work, recording(leg="caller", finished=True, duration_seconds=24.5))
        save_recording(work, recording(finished=True, duration_seconds=24.0))
    with session(engine) as work:
        kept = recordings_of(work, ["c1"])["c1"]
        assert [(row.leg_id, row.finished, row.duration_seconds) for row in kept] == [
            ("c1-agent", True, 24.0),
            ("c1-caller", True, 24.5),
        ]
        assert rows(work, Recording)[0] == asdict(recording(finished=True, duration_seconds=24.0))


def test_the_scribe_gets_a_call_once(engine: Engine) -> None:
    with session(engine) as work:
        save_call(work, answered(), "main", "node")
        save_recording(work, recording(finished=True, duration_seconds=24.0))
    for expected in (1, 1):
        with session(engine) as work:
            kept = work.get(Call, "c1")
            assert kept is not None
            hand_over(work, kept, "switchboard", at(31), {"extra": 1})
        with session(engine) as work:
            assert len(rows(work, Job)) == expected
            assert not add_jobs(work, {"c1": at(32)})
            (event,) = rows(work, Outbox)
            assert event["topic"] == "callcenter/v1/main/calls/c1/recorded"
            assert event["payload"]["data"]["extra"] == 1
            assert event["payload"]["data"]["recordings"][0]["duration_seconds"] == 24.0
    with session(engine) as work:
        job = work.scalars(select(Job).where(col(Job.call_id) == "c1")).one()
        assert (job.state, job.attempts, job.created_at) == ("pending", 0, at(31))
        mix = work.scalars(select(Mix).where(col(Mix.call_id) == "c1")).one()
        assert (mix.state, mix.attempts, mix.created_at, mix.path) == ("pending", 0, at(31), None)


@pytest.mark.parametrize("odd", ["a\0b", "caf\udce9", "\udfff\0"])
def test_text_that_a_peer_made_up_is_kept_as_far_as_it_can_be(engine: Engine, odd: str) -> None:
    with session(engine) as work:
        save_call(work, call(caller=odd), "main", "node")
    with session(engine) as work:
        kept = work.get(Call, "c1")
        assert kept is not None
        assert kept.caller == clean(odd)
