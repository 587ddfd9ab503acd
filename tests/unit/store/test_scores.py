"""Scores of calls and agents, by the verdicts that hold, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from callcenter.domain.findings import Verdict
from callcenter.domain.standards import Standard
from callcenter.store.engine import session
from callcenter.store.judgings import sets_of
from callcenter.store.reviews import review
from callcenter.store.scores import agent_totals, scored_calls
from callcenter.store.verdict_tables import Judging
from tests.unit.store.facts import T0, at
from tests.unit.store.verdicts import FIRST, QA, a_set, finding, judge, newest


def weighing(opening: float, closing: float, *, automatic: bool = False) -> Standard:
    weights = {"opening": opening, "closing": closing}
    rules = tuple(
        replace(rule, weight=weights.get(rule.id, 0.0), automatic_fail=automatic and rule.id == "closing")
        for rule in FIRST.rules
    )
    return replace(FIRST, rules=rules)


def of(engine: Engine, call_id: str) -> Judging:
    with session(engine) as db:
        return sets_of(db, call_id)[0][0]


def test_a_set_is_scored_when_it_is_kept(engine: Engine) -> None:
    standard = weighing(3, 1)
    judge(engine, a_set("c1", finding(verdict="pass"), finding("closing", "fail"), standard=standard))
    judge(engine, a_set("c2", finding(verdict="unsure"), standard=standard))
    assert (of(engine, "c1").score, of(engine, "c1").failed) == (75.0, False)
    assert of(engine, "c2").score is None


def test_peoples_word_changes_the_score_beside_the_machines(engine: Engine) -> None:
    standard = weighing(1, 1, automatic=True)
    judge(engine, a_set("c1", finding(verdict="pass"), finding("closing", "fail"), standard=standard))
    assert (of(engine, "c1").score, of(engine, "c1").failed) == (0.0, True)
    with session(engine) as db:
        review(db, newest(db, "c1", "closing").id, QA, Verdict.PASS, "说了再见", at(100))
    row = of(engine, "c1")
    assert (row.score, row.failed, row.reviewed_score, row.reviewed_failed) == (0.0, True, 100.0, False)
    with session(engine) as db:
        (total,) = agent_totals(db, T0)
    assert (total.agent, total.calls, total.mean, total.failed, total.reviewed) == ("8001", 1, 100.0, 0, 1)


def test_an_agents_calls_and_their_mean(engine: Engine) -> None:
    standard = weighing(1, 1)
    for id, opening, closing in (("c1", "pass", "pass"), ("c2", "pass", "fail"), ("c3", "unsure", "unsure")):
        judge(engine, a_set(id, finding(verdict=opening), finding("closing", closing), standard=standard))
    with session(engine) as db:
        (total,) = agent_totals(db, T0)
        assert (total.calls, total.failed, total.reviewed) == (3, 0, 0)
        assert total.mean == pytest.approx(75.0)
        page = scored_calls(db, "8001", T0)
        assert {each.call.id: each.card.score for each in page.items} == {"c1": 100.0, "c2": 50.0, "c3": None}
        assert scored_calls(db, "8001", T0, page=2, size=2).total == 3
        assert scored_calls(db, "8002", T0).items == []
        assert agent_totals(db, at(1)) == []


def test_a_newer_set_takes_the_weights_of_its_own_standard(engine: Engine) -> None:
    findings = finding(verdict="pass"), finding("closing", "fail")
    judge(engine, a_set("c1", *findings, standard=weighing(1, 1)))
    judge(engine, a_set("c1", *findings, second=90, standard=weighing(4, 1)))
    with session(engine) as db:
        (scored,) = scored_calls(db, "8001", T0).items
        assert scored.card.score == 80.0
        assert [judging.score for judging, _ in sets_of(db, "c1")] == [80.0, 50.0]
