"""The verdict that holds, wherever verdicts are asked for."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from callcenter.domain.findings import Verdict
from callcenter.store.days import day_summary
from callcenter.store.engine import session
from callcenter.store.queries import CallFilter, list_calls
from callcenter.store.reviews import review
from tests.unit.store.facts import T0, at
from tests.unit.store.verdicts import QA, a_set, finding, judge, newest

ZONE = ZoneInfo("Asia/Shanghai")


def found(engine: Engine, verdict: str, rule: str | None = "opening") -> set[str]:
    with session(engine) as db:
        return {each.call.id for each in list_calls(db, CallFilter(verdict=verdict, rule=rule), ZONE).items}


def test_peoples_verdict_holds_in_lists_and_figures(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="fail")), a_set("c2", finding(verdict="fail")))
    with session(engine) as db:
        review(db, newest(db, "c1").id, QA, Verdict.PASS, "0:02 说了", at(100))
    with session(engine) as db:
        shown = newest(db, "c1")
        assert (shown.verdict, shown.machine, shown.overturned, shown.review) == (
            "pass",
            "fail",
            True,
            "decided",
        )
        assert shown.known_at == at(100)
        day = day_summary(db, T0.astimezone(ZONE).date(), ZONE)
    assert (found(engine, "pass"), found(engine, "fail")) == ({"c1"}, {"c2"})
    assert found(engine, "fail", None) == {"c2"}
    assert (day.opening["8001"].passed, day.opening["8001"].failed) == (1, 1)


def test_a_set_that_is_not_the_newest_is_found_by_nobody(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="fail")))
    judge(engine, a_set("c1", finding(verdict="pass"), second=90))
    assert (found(engine, "fail"), found(engine, "pass")) == (set(), {"c1"})


def test_what_people_said_holds_for_the_same_finding_in_a_newer_set(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="fail")))
    with session(engine) as db:
        review(db, newest(db, "c1").id, QA, Verdict.PASS, "说了", at(80))
    judge(engine, a_set("c1", finding(verdict="fail"), second=90))
    assert found(engine, "pass") == {"c1"}
    judge(
        engine, a_set("c1", finding(verdict="fail", heard="别的"), second=95)
    )  # other evidence: another finding
    assert found(engine, "fail") == {"c1"}
