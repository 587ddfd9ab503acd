"""Precision of rules and agreement of reviewers, from what people said."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from callcenter.domain.findings import Verdict
from callcenter.domain.reviews import Cause, Person
from callcenter.store.engine import session
from callcenter.store.judgings import queue
from callcenter.store.review_reports import agreement, overturned, precision
from callcenter.store.reviews import review
from tests.unit.store.facts import T0, at
from tests.unit.store.verdicts import BOSS, CHIEF, QA, SECOND, a_set, finding, judge, newest

FAIL, PASS = Verdict.FAIL, Verdict.PASS


def say(db: Session, call_id: str, person: Person, verdict: Verdict, second: float = 100) -> None:
    review(db, newest(db, call_id).id, person, verdict, "听过录音", at(second))


def test_precision_is_by_version_and_engine(engine: Engine) -> None:
    judge(engine, *(a_set(f"c{n}", finding(verdict="fail")) for n in range(4)))
    judge(engine, a_set("d1", finding(verdict="fail"), standard=SECOND))
    with session(engine) as db:
        for n, verdict in enumerate((FAIL, FAIL, PASS)):
            say(db, f"c{n}", QA, verdict)
        say(db, "d1", QA, FAIL, 200)
        first, second = precision(db, T0)
        assert (first.version, first.engine, first.fails, first.fails_confirmed) == ("1", "small", 3, 2)
        assert (second.version, second.precision) == ("2", 1.0)
        assert [row.version for row in precision(db, at(150))] == ["2"]
        (wrong,) = overturned(db, T0)
        assert (wrong.call.id, wrong.review.by, wrong.review.reason) == ("c2", "8007", "听过录音")


def test_agreement_is_of_the_two_blind_words(engine: Engine) -> None:
    judge(engine, *(a_set(f"c{n}", finding(verdict="fail")) for n in range(5)))
    said = [(FAIL, FAIL), (FAIL, FAIL), (PASS, PASS), (FAIL, PASS)]
    with session(engine) as db:
        for n, (one, other) in enumerate(said):
            queue(db, [(newest(db, f"c{n}").row, Cause.RANDOM, 2)], at(70))
            say(db, f"c{n}", QA, one)
            say(db, f"c{n}", CHIEF, other)
        say(db, "c3", BOSS, PASS)
        say(db, "c4", QA, PASS)  # not a double review
        whole, opening = agreement(db, T0)
        assert (whole.rule, opening.rule, opening.agreement.pairs) == ("", "opening", 4)
        assert opening.agreement.kappa == pytest.approx(0.5)
        assert agreement(db, at(500)) == []
