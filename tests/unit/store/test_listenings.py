from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from callcenter.store import jobs, listenings
from callcenter.store.engine import make_engine, session
from callcenter.store.tables import Job, Listening
from tests.unit.scribe.rows import at, call, leg, recording

A, B = "c1-caller-recording", "c1-agent-recording"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """One call that lasts and one that has ended, each with two recordings."""
    engine = make_engine(url)
    with session(engine) as db:
        db.add_all([call("c1", outcome=None, ended_at=None), call("c2")])
        db.flush()
        db.add_all([leg(id, role, n) for id in ("c1", "c2") for n, role in enumerate(("caller", "agent"))])
        db.flush()
        for id in ("c1", "c2"):
            for role in ("caller", "agent"):
                each = recording(id, role, f"{id}.{role}.wav")
                each.finished, each.duration_seconds = id == "c2", 30.0 if id == "c2" else None
                db.add(each)
        db.add(Job(call_id="c2", created_at=at(100)))
    yield engine
    engine.dispose()


def test_what_grows(engine: Engine) -> None:
    with session(engine) as db:
        found = listenings.growing(db)
    assert {(each.id, each.role, each.call.id) for each in found} == {(A, "caller", "c1"), (B, "agent", "c1")}
    assert {each.path for each in found} == {"c1.caller.wav", "c1.agent.wav"}


def test_a_recording_has_one_listener(engine: Engine) -> None:
    with session(engine) as db:
        assert listenings.take(db, [A], "one", at(0), at(10)) == {A}
        assert listenings.take(db, [A, B], "two", at(5), at(15)) == {B}
        assert listenings.take(db, [A], "one", at(5), at(15)) == {A}  # again
    with session(engine) as db:
        listenings.renew(db, "two", {A: 9.0, B: 4.5}, at(25))
        assert listenings.read_so_far(db, "c1") == {A: 0.0, B: 4.5}
        assert listenings.take(db, [A, B], "three", at(16), at(26)) == {A}  # its lease has run out
        listenings.leave(db, [A, B], "three")
        assert listenings.read_so_far(db, "c1") == {B: 4.5}


def test_a_call_is_left_to_who_listened_to_it(engine: Engine) -> None:
    with session(engine) as db:
        db.add(Listening(recording_id="c2-agent-recording", worker="one", lease_until=at(110)))

    def claimed(worker: str, now: float) -> bool:
        with session(engine) as db:
            others = listenings.taken_by_another(worker, at(now))
            found = jobs.claim(db, worker, at(now), timedelta(seconds=1), unless=others)
            return found is not None and jobs.give_back(db, found)

    assert not claimed("two", 105)
    assert claimed("one", 105)
    assert claimed("two", 111)


def test_what_waits(engine: Engine) -> None:
    with session(engine) as db:
        assert listenings.backlog(db, at(130)) == listenings.Backlog(1, 60.0, 30.0)
        db.get_one(Job, "c2").state = "done"
        db.flush()
        assert listenings.backlog(db, at(130)) == listenings.Backlog()
        assert not db.exec(select(Listening)).all()
