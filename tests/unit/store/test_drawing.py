"""Which judged calls are queued for review, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine
from sqlmodel import Session, select

from callcenter.domain.reviews import Cause
from callcenter.domain.sampling import Drawn, SamplingRules
from callcenter.store.calls import save_call
from callcenter.store.drawing import draw_call
from callcenter.store.engine import session
from callcenter.store.tickets import open_ticket
from callcenter.store.verdict_tables import ReviewItem
from tests.unit.store.facts import answered, at
from tests.unit.store.verdicts import a_set, finding, judge

NEW = SamplingRules(new_agent=timedelta(days=30), new_agent_share=1.0, double_share=1.0)
FINDINGS = finding(), finding("closing", "pass"), finding("private_call", "not_applicable")


def queued(db: Session) -> set[tuple[str, str, int]]:
    return {(item.rule, item.cause, item.wanted) for item in db.exec(select(ReviewItem))}


def test_a_new_agents_call_is_queued_whole(engine: Engine) -> None:
    judge(engine, a_set("c1", *FINDINGS))
    with session(engine) as db:
        drawn = draw_call(db, "c1", NEW, at(86400), "s")
        assert drawn == Drawn(Cause.NEW_AGENT, 2)
        assert queued(db) == {("opening", "new_agent", 2), ("closing", "new_agent", 2)}


def test_an_agent_is_new_by_their_first_call(engine: Engine) -> None:
    judge(engine, a_set("c1", *FINDINGS))
    with session(engine) as db:
        assert draw_call(db, "c1", NEW, at(31 * 86400), "s") is None
        assert queued(db) == set()


def test_a_call_complained_about_is_queued_when_the_ticket_is_opened(engine: Engine) -> None:
    judge(engine, a_set("c1", *FINDINGS))
    with session(engine) as db:
        open_ticket(db, kind="complaint", title="态度", by="8001", now=at(90), call_id="c1")
        assert queued(db) == {("opening", "complaint", 1), ("closing", "complaint", 1)}


def test_a_complaint_that_was_there_before_the_verdicts_counts_as_well(engine: Engine) -> None:
    with session(engine) as db:
        save_call(db, answered("c1"), "main", "n")
        open_ticket(db, kind="complaint", title="态度", by="8001", now=at(50), call_id="c1")
        assert queued(db) == set()
        assert draw_call(db, "c1", SamplingRules(), at(60), "s") is None  # nothing is judged yet
    judge(engine, a_set("c1", *FINDINGS))
    with session(engine) as db:
        assert draw_call(db, "c1", SamplingRules(), at(60), "s") == Drawn(Cause.COMPLAINT, 1)
