from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callcenter.domain.calls import HungUpBy
from callcenter.domain.findings import Verdict
from callcenter.flows import parse_flow
from callcenter.judging.facts import Played, RecordFacts, Transfer
from callcenter.scribe.call_facts import facts_of, record_time
from callcenter.store.aftermath import Aftermath
from callcenter.store.jobs import Work
from callcenter.store.tables import Announcement, Callback, Hold, Record, Ticket
from tests.unit.judging.every_rule import only
from tests.unit.scribe.rows import FLOW, at, call, leg

HOLD = Hold(call_id="c1", leg_id="c1-agent", started_at=at(10), ended_at=at(12.5))
TWO = [leg("c1", "caller", 0), leg("c1", "agent", 1, bound=4)]


def test_what_signalling_says() -> None:
    facts = facts_of(Work(call("c1"), TWO, [HOLD], []))
    assert (facts.rings, facts.hangup, facts.max_rings) == (2, HungUpBy.CALLER, 4)
    assert facts.holds == ((3.0, 5.5),)
    assert facts.three_rings is Verdict.PASS
    assert facts.answered and not facts.returned and not facts.interrupted
    assert facts.number_known and facts.transfers == ()


def test_a_caller_who_puts_us_on_hold_does_not_wait() -> None:
    theirs = Hold(call_id="c1", leg_id="c1-caller", started_at=at(10), ended_at=at(12.5))
    assert facts_of(Work(call("c1"), TWO, [theirs, HOLD], [])).holds == ((3.0, 5.5),)


def test_what_the_desks_flow_allows() -> None:
    flow = parse_flow(FLOW, "x.toml")
    work = Work(call("c1", hold_seconds=2.5), TWO, [HOLD], [])
    assert facts_of(work).longest is None
    facts = facts_of(work, flow)
    assert (facts.seconds, facts.longest, facts.agent_may_release) == (10.5, 9.0, 5.0)
    assert facts_of(Work(call("c1", line="internal"), [], [], []), flow).longest == 180.0


@pytest.mark.parametrize(("again", "returned"), [(None, False), (at(30), True)])
def test_a_transfer_comes_back_when_an_agent_answers_again(again: datetime | None, returned: bool) -> None:
    legs = [leg("c1", "agent", 0), leg("c1", "target", 1, invite_at=at(20), answered_at=None)]
    if again:
        legs.append(leg("c1", "agent", 2, invite_at=again, answered_at=at(33)))
    facts = facts_of(Work(call("c1", transfer_to="8100"), legs, [], []))
    assert (facts.transfer, facts.returned) == ("8100", returned)
    assert facts.transfers == (Transfer("8100"),)  # a call of before there were paths


def test_each_transfer_stands_in_the_path_with_what_came_of_it() -> None:
    """It began when its target was rung: the edge is of when it was over."""
    legs = [
        leg("c1", "agent", 0),
        leg("c1", "target", 1, invite_at=at(20), answered_at=None),
        leg("c1", "target", 2, invite_at=at(40)),
    ]
    path = [
        {"at": at(1).isoformat(), "kind": "step", "source": "start", "target": "ring", "result": ""},
        {"at": at(30).isoformat(), "kind": "transfer", "source": "8001", "target": "8100", "result": "busy"},
        {
            "at": at(45).isoformat(),
            "kind": "transfer",
            "source": "8001",
            "target": "8200",
            "result": "connected",
        },
        {"at": at(60).isoformat(), "kind": "transfer", "source": "8001", "target": "8300", "result": "busy"},
    ]
    facts = facts_of(Work(call("c1", transfer_to="8300", path=path), legs, [], []))
    assert facts.transfers == (
        Transfer("8100", 13.0, "busy"),
        Transfer("8200", 33.0, "connected"),
        Transfer("8300", 53.0, "busy"),  # never rung: the attempt itself
    )


def test_the_prompts_that_the_caller_was_played() -> None:
    played = [
        Announcement(call_id="c1", leg_id="c1-caller", prompt="busy", started_at=at(30), ended_at=at(33)),
        Announcement(call_id="c1", leg_id="c1-agent", prompt="whisper", started_at=at(5), ended_at=at(6)),
        Announcement(call_id="c1", leg_id="c1-caller", prompt="music", started_at=at(40)),
    ]
    assert facts_of(Work(call("c1"), TWO, [], [], played)).prompts == (
        Played("busy", 23.0, 26.0),
        Played("music", 33.0, 33.0),
    )


def test_the_call_begins_in_the_desks_zone() -> None:
    begun = facts_of(Work(call("c1"), TWO, [], []), zone=ZoneInfo("Asia/Urumqi")).begun
    assert begun is not None and begun.isoformat() == "2026-03-01T08:00:07+06:00"


def test_an_interrupted_call() -> None:
    work = Work(call("c1", outcome="interrupted", hung_up_by="network"), [leg("c1", "agent", 0)], [], [])
    assert facts_of(work).interrupted


def record(**values: Any) -> Record:
    return Record(call_id="c1", created_at=at(0), **values)


WRITTEN = record(
    kind="repair",
    household="5栋802",
    surname="陈",
    telephone="13900139000",
    matter="主卫漏水",
    filled_at=at(100),
)


def written(aftermath: Aftermath) -> Work:
    return Work(call("c1"), TWO, [], [], aftermath=aftermath)


def test_what_was_written_down_is_known_at_once_and_judged_when_its_time_is_up() -> None:
    work = written(
        Aftermath(WRITTEN, (Ticket(kind="repair", title="x", created_at=at(1), created_by="8001"),))
    )
    early = facts_of(work, now=at(15 + 299))
    assert (early.matter, early.household, early.surname) == ("repair", "5栋802", "陈")
    assert (early.phone, early.record, early.callback, early.pending) == ("13900139000", None, None, True)
    late = facts_of(work, now=at(15 + 300))
    assert (late.record, late.callback, late.pending) == (RecordFacts(85.0, 1), False, False)
    assert facts_of(work, record_time=60.0, now=at(75)).record == RecordFacts(85.0, 1)
    assert facts_of(work).record is None


def test_what_was_written_during_the_call_or_not_at_all() -> None:
    during = written(Aftermath(record(kind="enquiry", matter="x", filled_at=at(12))))
    assert facts_of(during, now=at(999)).record == RecordFacts(0.0, 0)
    assert facts_of(written(Aftermath(record())), now=at(999)).record == RecordFacts(None, 0)
    assert facts_of(written(Aftermath()), now=at(999)).record == RecordFacts(None, 0)


def test_the_callers_own_number_was_not_told() -> None:
    own = record(telephone="13800138000")
    assert facts_of(written(Aftermath(own))).phone is None


def callback(done: float | None) -> Callback:
    ended = None if done is None else at(done)
    return Callback(number="1", reason="requested", created_at=at(8), due_at=at(900), done_at=ended)


@pytest.mark.parametrize(
    ("aftermath", "kept"),
    [
        (Aftermath(callbacks=(callback(None),)), True),
        (Aftermath(callbacks=(callback(500.0),)), True),  # called back since
        (Aftermath(callbacks=(callback(7.0),)), False),  # an older one, which this call settled
        (
            Aftermath(tickets=(Ticket(kind="x", title="", created_at=at(1), created_by="", due_at=at(99)),)),
            True,
        ),
    ],
)
def test_whether_a_callback_is_on_record(aftermath: Aftermath, kept: bool) -> None:
    assert facts_of(written(aftermath), now=at(999)).callback is kept


def test_the_records_time_is_the_standards() -> None:
    assert record_time(only("record_in_time", limit=60.0)) == 60.0
    assert record_time(only("three_rings")) == 300.0
