"""Appeals of agents, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from callcenter.domain.appeals import AppealError
from callcenter.domain.findings import Verdict
from callcenter.store.appeals import answer_appeal, list_appeals, raise_appeal
from callcenter.store.engine import session
from callcenter.store.reviews import review, reviewed
from callcenter.store.tables import Audit, FindingRow
from callcenter.store.tickets import NotFoundError
from callcenter.store.verdict_tables import Appeal
from tests.unit.store.facts import at
from tests.unit.store.verdicts import AGENT, CHIEF, QA, a_set, finding, judge, newest

WEEK = timedelta(days=7)
DAY = 86400


def appeal(db: Session, second: float = 100, call_id: str = "c1") -> Appeal:
    return raise_appeal(db, newest(db, call_id).id, AGENT, "我说了您好", at(second), WEEK)


def test_an_upheld_appeal_changes_what_holds_and_keeps_everything(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="fail")))
    with session(engine) as db:
        id = appeal(db).finding_id
        answer_appeal(db, id, CHIEF, True, "录音 0:02 有", at(200))
    with session(engine) as db:
        shown = reviewed(db, id)
        assert (shown.finding.verdict, shown.finding.machine) == ("pass", "fail")
        assert [(each.by, each.kind) for each in shown.reviews] == [("8009", "appeal")]
        kept = shown.finding.appeal
        assert kept and (kept.state, kept.reason, kept.answer) == ("upheld", "我说了您好", "录音 0:02 有")
        assert (kept.raised_at, kept.answered_at, kept.answered_by) == (at(100), at(200), "8009")
        assert db.exec(select(FindingRow)).one().verdict == "fail"
        assert [row.action for row in db.exec(select(Audit))] == ["appeal", "review", "appeal_answer"]


def test_a_rejected_one_changes_nothing_and_cannot_come_again(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="fail")))
    with session(engine) as db:
        id = appeal(db).finding_id
        answer_appeal(db, id, QA, False, "没有听到", at(200))
        assert newest(db, "c1").verdict == "fail"
        with pytest.raises(AppealError, match="an appeal against this already: rejected"):
            appeal(db)
        with pytest.raises(AppealError, match="answered already"):
            answer_appeal(db, id, QA, True, "x", at(300))


def test_the_time_runs_from_when_the_verdict_could_be_known(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="pass")), a_set("c2", finding(verdict="fail")))
    with session(engine) as db:
        review(db, newest(db, "c1").id, QA, Verdict.FAIL, "没说", at(3 * DAY))
        appeal(db, 9 * DAY)
        with pytest.raises(AppealError, match="the time for an appeal ended"):
            appeal(db, 9 * DAY, "c2")


def test_the_list_begins_with_what_is_open(engine: Engine) -> None:
    judge(engine, *(a_set(f"c{n}", finding(verdict="fail")) for n in (1, 2, 3)))
    with session(engine) as db:
        for n in (1, 2, 3):
            appeal(db, 100 + n, f"c{n}")
        answer_appeal(db, newest(db, "c1").id, QA, False, "没有", at(200))
        assert [each[2].id for each in list_appeals(db).items] == ["c2", "c3", "c1"]
        assert list_appeals(db, state="open").total == 2
        assert list_appeals(db, agent="8002").total == 0


def test_an_answer_to_nothing(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="fail")))
    with session(engine) as db, pytest.raises(NotFoundError, match="no appeal"):
        answer_appeal(db, newest(db, "c1").id, QA, True, "x", at(200))
