"""A call judged again once the time to write it down is up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, reason
from callcenter.scribe.afterwards import Afterwards
from callcenter.scribe.terms import Terms
from callcenter.settings import Desk
from callcenter.standards import desk_standard
from callcenter.store.engine import session
from callcenter.store.hearings import keep_hearing
from callcenter.store.judgings import Judged, NewSet, Weighed, add_sets, sets_of
from callcenter.store.tables import Outbox, Record, Ticket, TicketCall
from tests.unit.judging.every_rule import only
from tests.unit.judging.said import words
from tests.unit.scribe.rows import at, recorded
from transcripts.transcript import Transcript

OWN = """
extends = "vanke"
name = "own"
title = "own"
version = "1"
[rule.record_in_time]
title = "登记"
source = "own"
clause = "B1 五分钟内登记"
limit = 300
[rule.ticket_linked]
title = "工单"
source = "own"
clause = "B1 报修有工单"
kinds = ["repair"]
"""
AGENT = Transcript(tuple(words((0.5, "您好 万科 物业"))), (), 8.0)
CALLER = Transcript(tuple(words((3.0, "我 家 漏水"))), None, 8.0)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "own.toml").write_text(OWN, "utf-8")
    return Desk(
        id="front", number="8000", name="万科物业", agents=("8001",), standard=str(tmp_path / "own.toml")
    )


def judged(engine: Engine, desk: Desk, id: str, *, heard: bool = True) -> None:
    """A call that was judged right after its end, with one verdict; it ended at 15 s."""
    recorded(engine, id, standard=desk.standard)
    standard = Weighed.of(desk_standard(desk))
    told = Finding("opening", Verdict.UNSURE, "A2", reason=reason(Code.NO_RECORDING))
    with session(engine) as db:
        add_sets(db, [NewSet(id, [told], Judged(standard, "small", at(20)))])
        if heard:
            keep_hearing(db, f"{id}-agent-recording", AGENT, "small", at(20))
            keep_hearing(db, f"{id}-caller-recording", CALLER, "small", at(20))


def newest(engine: Engine, id: str) -> dict[str, str]:
    with session(engine) as db:
        judging, rows = sets_of(db, id)[0]
        assert judging.engine == "small"
        return {row.rule: row.verdict for row in rows}


def test_when_its_time_is_up_a_call_is_judged_by_what_was_written_down(engine: Engine, desk: Desk) -> None:
    judged(engine, desk, "c1")
    judged(engine, desk, "c2")
    with session(engine) as db:
        db.add(Record(call_id="c1", created_at=at(0), kind="repair", matter="漏水", filled_at=at(100)))
        ticket = Ticket(kind="repair", title="x", created_at=at(90), created_by="8001")
        db.add(ticket)
        db.flush()
        assert ticket.id
        db.add(TicketCall(ticket_id=ticket.id, call_id="c1", linked_at=at(90), linked_by="8001"))
    woken: list[None] = []
    afterwards = Afterwards("main", engine, Terms([desk]), lambda: woken.append(None))
    assert afterwards.step(at(15 + 299)) == 0
    assert afterwards.step(at(15 + 300)) == 2
    one, two = newest(engine, "c1"), newest(engine, "c2")
    assert (one["record_in_time"], one["ticket_linked"]) == ("pass", "pass")
    assert (two["record_in_time"], two["ticket_linked"]) == ("fail", "unsure")
    assert one["opening"] == "pass"  # what was heard is judged with it
    assert (len(woken), afterwards.metrics()) == (1, {"scribe_calls_judged_afterwards": 2})
    with session(engine) as db:
        events = list(db.scalars(select(Outbox)))
        assert [each.topic.split("/")[-1] for each in events] == ["judged", "judged"]
        assert len(sets_of(db, "c1")) == 2  # the first stays


def test_once_is_enough(engine: Engine, desk: Desk) -> None:
    judged(engine, desk, "c1")
    afterwards = Afterwards("main", engine, Terms([desk]))
    assert [afterwards.step(at(500)), afterwards.step(at(600))] == [1, 0]


def test_what_was_not_kept_of_the_words_leaves_their_verdicts_as_they_were(
    engine: Engine, desk: Desk
) -> None:
    judged(engine, desk, "c1", heard=False)
    Afterwards("main", engine, Terms([desk])).step(at(500))
    found = newest(engine, "c1")
    assert (found["opening"], found["record_in_time"]) == ("unsure", "fail")


def test_calls_of_long_ago_and_standards_without_the_rule_are_left_alone(engine: Engine, desk: Desk) -> None:
    judged(engine, desk, "c1")
    recorded(engine, "c2")
    with session(engine) as db:
        plain = Weighed.of(only("three_rings"))
        add_sets(db, [NewSet("c2", [], Judged(plain, "small", at(20)))])
    assert Afterwards("main", engine, Terms([desk])).step(at(3 * 86_400)) == 0
    assert Afterwards("main", engine, Terms([desk])).step(at(500)) == 1


async def test_it_runs_until_it_is_cancelled(engine: Engine, desk: Desk) -> None:
    """The call is of long ago: there is nothing to do."""
    judged(engine, desk, "c1")
    running = asyncio.create_task(Afterwards("main", engine, Terms([desk])).run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
