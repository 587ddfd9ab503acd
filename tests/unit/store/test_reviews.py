"""The review queue and what people say, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from callcenter.domain.findings import Verdict
from callcenter.domain.reviews import Cause, ReviewError
from callcenter.store.engine import session
from callcenter.store.judgings import queue
from callcenter.store.reviews import QueueFilter, review, review_queue, reviewed, waiting_by_cause
from callcenter.store.tables import Audit, FindingRow
from callcenter.store.tickets import NotFoundError
from callcenter.store.verdict_tables import Review
from tests.unit.store.facts import at
from tests.unit.store.verdicts import AGENT, BOSS, CHIEF, QA, a_set, finding, judge, newest


def ask(db: Session, call_id: str, cause: Cause = Cause.RANDOM, people: int = 1) -> int:
    """Asks people to look at the call's opening."""
    queue(db, [(newest(db, call_id).row, cause, people)], at(70))
    return newest(db, call_id).id


def calls(db: Session, **wanted: str) -> list[str]:
    return [call.id for _, call in review_queue(db, QueueFilter(**wanted)).items]


def test_an_overturned_finding_keeps_both(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="fail")))
    with session(engine) as db:
        review(db, newest(db, "c1").id, QA, Verdict.PASS, " 0:02 说了您好 ", at(100))
    with session(engine) as db:
        assert db.exec(select(FindingRow)).one().verdict == "fail"
        found = reviewed(db, newest(db, "c1").id)
        assert (found.finding.verdict, found.missing, found.agents) == ("pass", 0, ("8001",))
        (said,) = found.reviews
        assert (said.by, said.verdict, said.reason, said.at) == ("8007", "pass", "0:02 说了您好", at(100))
        (trail,) = db.exec(select(Audit)).all()
        assert (trail.by, trail.role, trail.action) == ("8007", "qa", "review")
        assert trail.detail == {"call": "c1", "rule": "opening", "verdict": "pass", "machine": "fail"}


def test_what_may_not_be_said_leaves_nothing(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="fail")))
    for person, told in ((QA, "wants a reason"), (AGENT, "took this call")):
        with session(engine) as db, pytest.raises(ReviewError, match=told):
            review(db, newest(db, "c1").id, person, Verdict.PASS, "", at(100))
    with Session(engine) as db:
        assert db.exec(select(Review)).all() == []


def test_the_queue_is_in_its_order_and_is_worked_off(engine: Engine) -> None:
    judge(engine, *(a_set(f"c{n}", finding(verdict="unsure" if n == 2 else "pass")) for n in (1, 2, 3)))
    with session(engine) as db:
        ask(db, "c1", Cause.RANDOM)
        ask(db, "c3", Cause.COMPLAINT)
        assert calls(db) == ["c3", "c2", "c1"]
        assert calls(db, cause="unsure") == ["c2"]
        assert calls(db, rule="closing") == calls(db, desk="sales") == []
        assert waiting_by_cause(db) == {"complaint": 1, "unsure": 1, "random": 1}
        assert calls(db, reader=AGENT.number) == []  # they took them all
        review(db, newest(db, "c2").id, QA, Verdict.PASS, "", at(100))
        assert calls(db) == ["c3", "c1"]
        assert review_queue(db, QueueFilter(), page=2, size=1).total == 2


def test_what_was_asked_last_comes_first_and_a_calls_findings_in_their_order(engine: Engine) -> None:
    unsure = (finding("opening", verdict="unsure"), finding("closing", verdict="unsure"))
    judge(engine, a_set("c1", *unsure))
    judge(engine, a_set("c2", *unsure, second=80))
    with session(engine) as db:
        found = [(call.id, each.rule) for each, call in review_queue(db, QueueFilter()).items]
    assert found == [("c2", "opening"), ("c2", "closing"), ("c1", "opening"), ("c1", "closing")]


def test_two_reviewers_do_not_see_each_other_and_a_third_decides(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="fail")))
    with session(engine) as db:
        id = ask(db, "c1", people=2)
        review(db, id, QA, Verdict.FAIL, "", at(100))
        assert calls(db, reader="8007") == [] and calls(db, reader="8009") == ["c1"]
        assert reviewed(db, id, "8009").reviews == []
        assert [each.by for each in reviewed(db, id, "8007").reviews] == ["8007"]
        assert newest(db, "c1").review == "open"
        review(db, id, CHIEF, Verdict.PASS, "听得出来", at(110))
        disputed = reviewed(db, id, "8090")
        assert (disputed.reviews, disputed.missing, disputed.disputed) == ([], 1, True)
        with pytest.raises(ReviewError, match="somebody else"):
            review(db, id, QA, Verdict.FAIL, "", at(115))
        review(db, id, BOSS, Verdict.PASS, "同意主管", at(120))
        done = reviewed(db, id)
    assert [each.by for each in done.reviews] == ["8007", "8009", "8090"]
    assert (done.finding.verdict, done.missing, done.disputed) == ("pass", 0, True)


def test_asking_twice_changes_nothing(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="unsure")))
    with session(engine) as db:
        ask(db, "c1", Cause.COMPLAINT, people=2)
        assert waiting_by_cause(db) == {"unsure": 1}


def test_a_finding_that_is_not_there(engine: Engine) -> None:
    with session(engine) as db, pytest.raises(NotFoundError, match="no finding 99"):
        reviewed(db, 99)
