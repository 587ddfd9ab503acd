"""Claims, leases and what is written, on SQLite and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import Engine
from sqlmodel import select

from callcenter.store import jobs
from callcenter.store.engine import session
from callcenter.store.jobs import Claim
from callcenter.store.tables import Job
from callcenter.store.tables import Word as WordRow
from tests.unit.scribe.rows import at, recorded
from transcripts.recogniser import Word

LEASE = timedelta(seconds=10)


def take(engine: Engine, worker: str, seconds: float) -> Claim | None:
    with session(engine) as db:
        return jobs.claim(db, worker, at(seconds), LEASE)


def state(engine: Engine, call_id: str) -> Job:
    with session(engine) as db:
        return db.get_one(Job, call_id)


def test_a_job_is_claimed_once(either: Engine) -> None:
    recorded(either, "c1")
    assert take(either, "a", 20) == Claim("c1", "a", 1)
    assert take(either, "b", 20) is None
    assert take(either, "b", 29.9) is None


def test_a_lease_that_ran_out_is_taken_up(either: Engine) -> None:
    recorded(either, "c1")
    dead = take(either, "a", 20)
    assert dead is not None
    assert take(either, "b", 30) == Claim("c1", "b", 2)
    with session(either) as db:
        assert not jobs.renew(db, dead, at(50))
        assert not jobs.finish(db, dead, at(31))
        assert not jobs.release(db, dead, "x", at(31))
    assert state(either, "c1").claimed_by == "b"


def test_a_lease_is_renewed(either: Engine) -> None:
    recorded(either, "c1")
    held = take(either, "a", 20)
    assert held is not None
    with session(either) as db:
        assert jobs.renew(db, held, at(60))
    assert take(either, "b", 59) is None


def test_a_released_job_waits_until_it_is_tried_again(either: Engine) -> None:
    recorded(either, "c1")
    held = take(either, "a", 20)
    assert held is not None
    with session(either) as db:
        assert jobs.release(db, held, "the worker died", at(25))
    assert take(either, "a", 24) is None
    assert take(either, "a", 25) == Claim("c1", "a", 2)
    assert state(either, "c1").error == "the worker died"


def test_a_finished_job_stays_finished(either: Engine) -> None:
    recorded(either, "c1")
    held = take(either, "a", 20)
    assert held is not None
    with session(either) as db:
        assert jobs.finish(db, held, at(22))
    assert (state(either, "c1").state, state(either, "c1").finished_at) == ("done", at(22))
    assert take(either, "b", 99) is None


def test_many_at_once_get_one_each(either: Engine) -> None:
    for number in range(6):
        recorded(either, f"c{number}", None)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda number: take(either, f"w{number}", 20), range(8)))
    calls = [each.call_id for each in taken if each]
    assert sorted(calls) == [f"c{number}" for number in range(6)]


def test_words_replace_those_before(either: Engine) -> None:
    recorded(either, "c1")
    for text in ("你好", "您好"):
        with session(either) as db:
            jobs.replace_words(db, "c1-agent-recording", [Word(text, 0.5, 1.0, 0.9)])
    with session(either) as db:
        assert [word.text for word in db.exec(select(WordRow))] == ["您好"]


def test_what_is_to_be_read_again_comes_after_calls_that_have_just_ended(either: Engine) -> None:
    for number, priority in enumerate((1, 0)):
        recorded(either, f"c{number}", None)
        with session(either) as db:
            db.get_one(Job, f"c{number}").priority = priority
    assert take(either, "a", 20) == Claim("c1", "a", 1)
    assert take(either, "a", 20) == Claim("c0", "a", 1)


def test_a_job_that_is_given_back_is_free_at_once_and_costs_no_attempt(either: Engine) -> None:
    recorded(either, "c1")
    held = take(either, "a", 20)
    assert held is not None
    with session(either) as db:
        assert jobs.give_back(db, held)
    assert (state(either, "c1").state, state(either, "c1").attempts) == ("pending", 0)
    assert take(either, "b", 20) == Claim("c1", "b", 1)
    with session(either) as db:
        assert not jobs.give_back(db, held)
    assert state(either, "c1").claimed_by == "b"
