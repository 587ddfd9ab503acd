"""Claims, leases and what is written, on SQLite and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import Engine
from sqlmodel import select

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, reason
from callcenter.store import jobs
from callcenter.store.engine import session
from callcenter.store.jobs import Claim, Judged
from callcenter.store.tables import FindingRow, Job
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


def test_words_and_findings_replace_those_before(either: Engine) -> None:
    recorded(either, "c1")
    judged = Judged("vanke", "1.0", "model", at(30))
    for verdict in (Verdict.UNSURE, Verdict.PASS):
        with session(either) as db:
            jobs.replace_words(db, "c1-agent-recording", [Word("您好", 0.5, 1.0, 0.9)])
            jobs.replace_findings(db, "c1", [Finding("opening", verdict, "A2")], judged)
    with session(either) as db:
        newer = Judged("vanke", "1.1", "model", at(40))
        jobs.replace_findings(db, "c1", [Finding("opening", Verdict.FAIL, "A2")], newer)
    with session(either) as db:
        assert [word.text for word in db.exec(select(WordRow))] == ["您好"]
        rows = {row.standard_version: row.verdict for row in db.exec(select(FindingRow))}
    assert rows == {"1.0": "pass", "1.1": "fail"}


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


def test_the_reason_is_kept_for_either_language(either: Engine) -> None:
    recorded(either, "c1")
    told = Finding("closing", Verdict.NOT_APPLICABLE, "A8", reason=reason(Code.TRANSFERRED_TO, target="8100"))
    with session(either) as db:
        found = [told, Finding("opening", Verdict.PASS, "A2")]
        jobs.replace_findings(db, "c1", found, Judged("vanke", "1.0", "model", at(30)))
    with session(either) as db:
        rows = {row.rule: row for row in db.exec(select(FindingRow))}
    assert rows["closing"].why == rows["closing"].told("en") == "the call was transferred to 8100"
    assert rows["closing"].why_zh == "通话已转接至 8100"
    assert rows["opening"].why_zh is None
