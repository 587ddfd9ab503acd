"""Orders to judge history again, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from callcenter.store import rejudgings
from callcenter.store.calls import add_jobs, save_call
from callcenter.store.engine import session
from callcenter.store.rejudgings import RejudgingClaim, RejudgingError, Wanted
from callcenter.store.tables import Audit, Job
from callcenter.store.tickets import NotFoundError
from callcenter.store.verdict_tables import Rejudging
from tests.unit.store.facts import answered, at
from tests.unit.store.verdicts import QA, SECOND, a_set, finding, judge, newest

LEASE = timedelta(seconds=60)


def ordered(engine: Engine, **wanted: object) -> int:
    with session(engine) as db:
        return rejudgings.order(db, Wanted(**wanted), QA, at(100)).id or 0  # type: ignore[arg-type]


def take(engine: Engine, worker: str = "a", second: float = 110) -> RejudgingClaim | None:
    with session(engine) as db:
        return rejudgings.claim(db, worker, at(second), LEASE)


def keep(engine: Engine, held: RejudgingClaim, *calls: str, second: float = 120) -> bool:
    with session(engine) as db:
        sets = [a_set(id, finding(verdict="pass"), second=second, standard=SECOND) for id in calls]
        return rejudgings.keep_batch(db, held, calls, sets, at(second) + LEASE) is not None


def left(engine: Engine, id: int, size: int = 10) -> list[str]:
    with session(engine) as db:
        return rejudgings.next_calls(db, id, size)


def judged_calls(engine: Engine, *ids: str) -> None:
    judge(engine, *(a_set(id, finding(verdict="fail")) for id in ids))
    with session(engine) as db:
        for number, id in enumerate(ids):
            save_call(db, answered(id, started_at=at(-number)), "main", "n")


def test_batches_go_from_the_newest_call_to_the_oldest_and_end(engine: Engine) -> None:
    judged_calls(engine, "c1", "c2", "c3")
    id = ordered(engine, standard="vanke")
    held = take(engine)
    assert held == RejudgingClaim(id, "a", 1)
    assert left(engine, id, 2) == ["c1", "c2"]
    assert keep(engine, held, "c1", "c2")
    assert left(engine, id, 2) == ["c3"]
    assert keep(engine, held, "c3", second=130)
    assert left(engine, id) == []
    with session(engine) as db:
        assert rejudgings.finish(db, held, at(140))
        row = rejudgings.get(db, id)
        assert (row.state, row.total, row.done, row.judged, row.changed) == ("done", 3, 3, 3, 3)
        assert rejudgings.progress(row, at(999)).rate == pytest.approx(3 / 30)
        assert newest(db, "c3").standard_version == "2"


def test_a_kill_loses_nothing_and_does_nothing_twice(engine: Engine) -> None:
    judged_calls(engine, "c1", "c2")
    id = ordered(engine)
    dead = take(engine, "a", 110)
    assert dead is not None and keep(engine, dead, "c1", second=120)
    assert take(engine, "b", 170) is None  # its lease lasts
    other = take(engine, "b", 181)
    assert other == RejudgingClaim(id, "b", 2)
    assert not keep(engine, dead, "c2", second=182)
    assert left(engine, id) == ["c2"]
    with session(engine) as db:
        assert newest(db, "c2").machine == "fail"
        assert not rejudgings.finish(db, dead, at(183))
        row = rejudgings.get(db, id)
        assert (row.started_at, row.done) == (at(110), 1)


def test_calls_of_the_same_instant_are_all_done(engine: Engine) -> None:
    judge(engine, *(a_set(f"c{n}", finding()) for n in range(4)))
    id = ordered(engine)
    held = take(engine)
    assert held is not None
    seen: list[str] = []
    while batch := left(engine, id, 1):
        seen += batch
        assert keep(engine, held, *batch)
    assert seen == ["c3", "c2", "c1", "c0"]


def test_only_what_is_asked_for(engine: Engine) -> None:
    judged_calls(engine, "c1", "c2")
    with session(engine) as db:
        save_call(db, answered("unjudged"), "main", "n")
    assert left(engine, ordered(engine, since=at(-0.5))) == ["c1"]
    assert left(engine, ordered(engine, desk="sales")) == []
    assert left(engine, ordered(engine, standard="gaowei")) == []


def test_the_same_is_not_ordered_twice_and_what_is_stopped_stays_stopped(engine: Engine) -> None:
    judged_calls(engine, "c1")
    id = ordered(engine)
    held = take(engine)
    assert held is not None
    with session(engine) as db:
        with pytest.raises(RejudgingError, match=f"order {id} asks for the same"):
            rejudgings.order(db, Wanted(), QA, at(101))
        assert rejudgings.stop(db, id, QA, at(115)).state == "stopped"
        with pytest.raises(RejudgingError, match="is stopped already"):
            rejudgings.stop(db, id, QA, at(116))
        assert [row.action for row in db.exec(select(Audit))] == ["rejudge", "rejudge_stop"]
    assert not keep(engine, held, "c1")
    assert take(engine, "b", 999) is None


def test_what_is_given_back_is_free_at_once_or_later(engine: Engine) -> None:
    judged_calls(engine, "c1")
    ordered(engine)
    held = take(engine)
    assert held is not None
    with session(engine) as db:
        assert rejudgings.release(db, held, at(130), "the worker died")
    assert take(engine, "b", 120) is None
    assert take(engine, "b", 130) is not None


def test_progress_is_told_once_something_was_done() -> None:
    row = Rejudging(by="8007", created_at=at(0), total=100)
    assert rejudgings.progress(row, at(5)) == rejudgings.Progress(0, 100, None, None)
    row.started_at, row.done = at(0), 20
    assert rejudgings.progress(row, at(10)) == rejudgings.Progress(20, 100, 2.0, 40.0)


def test_reading_again_comes_behind_calls_of_today(engine: Engine) -> None:
    judged_calls(engine, "c1", "c2")
    with session(engine) as db:
        add_jobs(db, {"c1": at(20), "c2": at(20)})
        db.get_one(Job, "c1").state = "done"
        db.flush()
        assert rejudgings.calls_wait(db)
        db.get_one(Job, "c2").state = "done"
        db.flush()
        assert rejudgings.read_again(db, ["c1", "nope"], QA, at(200)) == 1
        assert not rejudgings.calls_wait(db)  # it waits, but not as a call of today does
    with Session(engine) as db:
        job = db.get_one(Job, "c1")
        assert (job.state, job.priority, job.attempts) == ("pending", 1, 0)
        assert db.exec(select(Audit)).one().action == "read_again"


def test_an_order_that_is_not_there(engine: Engine) -> None:
    with session(engine) as db, pytest.raises(NotFoundError, match="no order 7"):
        rejudgings.get(db, 7)
