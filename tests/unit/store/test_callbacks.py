"""Callbacks, made and settled by what the switchboard puts into the ledger, and finished by people."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session

from callcenter.domain.callbacks import LEASE, CallbackError, Reason
from callcenter.domain.calls import CallFacts, Direction, EventName, Outcome
from callcenter.store import callbacks, outbox
from callcenter.store.callbacks import Teller, claim, finish, give_up, list_callbacks, release
from callcenter.store.calls import save_call
from callcenter.store.engine import session
from callcenter.store.entries import CallbackWanted
from callcenter.store.ledger import CallChanged
from callcenter.store.recovery import interrupt_unfinished
from callcenter.store.tables import Callback, Outbox
from callcenter.store.tickets import NotFoundError
from tests.unit.store.facts import answered, at, call
from tests.unit.store.test_ledger import ledger_on

TELLER = Teller("switchboard", "main")


def missed(id: str = "c1", second: float = 0, **changes: object) -> CallFacts:
    """An inbound call that nobody answered, ended at `second + 20`."""
    facts = call(id, started_at=at(second), ended_at=at(second + 20), outcome=Outcome.NO_ANSWER)
    return replace(facts, **changes)  # type: ignore[arg-type]


def back(id: str, second: float, *, reached: bool, by: str = "8001") -> CallFacts:
    """A call out to the same number."""
    facts = answered(id) if reached else call(id)
    return replace(
        facts,
        direction=Direction.OUTBOUND,
        caller=by,
        callee="13800000000",
        desk=None,
        started_at=at(second),
        answered_at=at(second + 6) if reached else None,
        ended_at=at(second + 30),
        outcome=Outcome.ANSWERED if reached else Outcome.NO_ANSWER,
    )


async def tell(engine: Engine, *calls: CallFacts) -> None:
    async with ledger_on(engine) as (ledger, _):
        for facts in calls:
            if facts.answered_at is not None:
                ledger.put(CallChanged(replace(facts, outcome=None, ended_at=None), EventName.ANSWERED))
            ledger.put(CallChanged(facts, EventName.ENDED))
        await ledger.flush()
        assert ledger.rejected == []


def unfinished(engine: Engine) -> list[Callback]:
    with session(engine) as work:
        return list_callbacks(work).items


def told(engine: Engine) -> list[str]:
    with session(engine) as work:
        topics = work.scalars(select(Outbox.topic).where(Outbox.topic.contains("/callbacks/")))  # type: ignore[call-overload, attr-defined]
        return [topic.rpartition("/")[2] for topic in topics]


async def test_a_missed_call_is_to_be_called_back_within_a_quarter_of_an_hour(engine: Engine) -> None:
    await tell(engine, missed())
    (made,) = unfinished(engine)
    assert (made.number, made.desk, made.reason, made.state) == ("13800000000", "front", "missed", "open")
    assert made.created_at == at(20)
    assert made.due_at == at(20) + timedelta(minutes=15)
    assert told(engine) == ["wanted"]
    with session(engine) as work:
        row = outbox.pending(work, "switchboard")[-1]
        assert row.payload["type"] == "callcenter.callback.wanted.v1"
        assert row.payload["data"]["callback"]["number"] == "13800000000"


async def test_the_next_missed_call_of_that_number_is_taken_in(engine: Engine) -> None:
    later = missed("c2", 100, outcome=Outcome.ABANDONED)
    elsewhere = missed("c3", 200, desk="sales")
    await tell(engine, missed(), missed(), later, elsewhere)
    one, other = unfinished(engine)
    assert (one.reason, one.created_at, other.desk) == ("abandoned", at(20), "sales")
    with session(engine) as work:
        assert one.id is not None
        assert [each.id for each in callbacks.calls_of(work, [one.id])[one.id]] == ["c1", "c2"]
    assert told(engine) == ["wanted", "wanted", "wanted"]


async def test_an_answered_call_of_that_number_settles_it(engine: Engine) -> None:
    again = answered(
        "c2", started_at=at(100), answered_at=at(106), outcome=Outcome.ANSWERED, ended_at=at(130)
    )
    await tell(engine, missed(), again)
    assert unfinished(engine) == []
    with session(engine) as work:
        done = list_callbacks(work, state="done").items[0]
        assert (done.outcome, done.done_at, done.attempts) == ("called_again", at(106), 0)
    assert told(engine) == ["wanted", "done"]


async def test_a_call_missed_while_they_talk_on_another_line_stays(engine: Engine) -> None:
    talking = answered(
        "c2", started_at=at(-60), answered_at=at(-50), outcome=Outcome.ANSWERED, ended_at=at(90)
    )
    async with ledger_on(engine) as (ledger, _):
        ledger.put(CallChanged(replace(talking, outcome=None, ended_at=None), EventName.ANSWERED))
        ledger.put(CallChanged(missed(), EventName.ENDED))
        ledger.put(CallChanged(talking, EventName.ENDED))
        await ledger.flush()
    assert len(unfinished(engine)) == 1


async def test_a_call_back_that_reaches_them_settles_it_and_one_that_does_not_counts(engine: Engine) -> None:
    await tell(engine, missed(), back("o1", 100, reached=False))
    (tried,) = unfinished(engine)
    assert (tried.state, tried.attempts) == ("open", 1)
    with session(engine) as work:
        assert tried.id is not None
        claim(work, tried.id, "8001", at(200), TELLER)
    await tell(engine, back("o2", 200, reached=False))
    assert [(each.state, each.attempts) for each in unfinished(engine)] == [("open", 2)]
    await tell(engine, back("o3", 300, reached=True))
    with session(engine) as work:
        done = callbacks.get(work, tried.id)
        assert (done.state, done.outcome, done.attempts, done.claimed_by) == ("done", "reached", 3, "8001")
        assert len(callbacks.calls_of(work, [tried.id])[tried.id]) == 4


async def test_who_asked_in_the_queue_keeps_their_place(engine: Engine) -> None:
    await tell(engine, missed("c1", 0, caller="13911111111"))
    asked = CallbackWanted("c2", "13800000000", "front", at(95), place=at(40), due_at=at(500))
    async with ledger_on(engine) as (ledger, _):
        ledger.put(CallChanged(missed("c2", 30, outcome=None, ended_at=None)))
        ledger.put(asked)
        ledger.put(CallChanged(missed("c2", 30, outcome=Outcome.CALLBACK), EventName.ENDED))
        await ledger.flush()
    first, second = unfinished(engine)
    assert (first.reason, first.created_at, first.due_at) == ("requested", at(40), at(500))
    assert second.reason == "missed"  # it is older, but nothing was promised
    assert told(engine) == ["wanted", "wanted"]


async def test_a_number_that_cannot_be_dialled_makes_none(engine: Engine) -> None:
    await tell(engine, missed(caller="anonymous"))
    assert unfinished(engine) == []


def test_a_switchboard_that_was_killed_owes_its_callers_a_call(engine: Engine) -> None:
    with session(engine) as work:
        save_call(work, call(), "main", "node")
        interrupt_unfinished(work, "node", at(60), lambda path: None)
    assert [each.reason for each in unfinished(engine)] == ["missed"]


@pytest.fixture
def callback(engine: Engine) -> int:
    with session(engine) as work:
        save_call(work, missed(), "main", "node")
        callbacks.follow(work, missed(), TELLER)
        return list_callbacks(work).items[0].id or 0


def test_a_claimed_one_is_nobody_elses_until_its_lease_runs_out(engine: Engine, callback: int) -> None:
    with session(engine) as work:
        held, rows = claim(work, callback, "8001", at(0), TELLER)
        assert (held.state, held.claimed_by, held.lease_until) == ("claimed", "8001", at(0) + LEASE)
        assert rows[0]["topic"].endswith(f"/callbacks/{callback}/claimed")
        claim(work, callback, "8001", at(1), TELLER)  # its own is renewed
        for steal in (claim, release):
            with pytest.raises(CallbackError, match="with 8001"):
                steal(work, callback, "8002", at(2), TELLER)
        with pytest.raises(CallbackError, match="with 8001"):
            finish(work, callback, "8002", "settled", "", at(2), TELLER)
        taken, _ = claim(work, callback, "8002", at(2) + LEASE, TELLER)
        assert taken.claimed_by == "8002"


def test_of_two_who_claim_at_once_one_has_it(engine: Engine, callback: int) -> None:
    start, won = threading.Barrier(2), []

    def take(who: str) -> None:
        with session(engine) as work:
            start.wait()
            try:
                claim(work, callback, who, at(0), TELLER)
                work.commit()
                won.append(who)
            except CallbackError as error:
                assert "with 800" in str(error)

    takers = [threading.Thread(target=take, args=(who,)) for who in ("8001", "8002")]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()
    assert len(won) == 1


def test_people_finish_it(engine: Engine, callback: int) -> None:
    with session(engine) as work:
        claim(work, callback, "8001", at(0), TELLER)
        open_again, _ = finish(work, callback, "8001", "no_answer", "", at(1), TELLER)
        assert (open_again.state, open_again.outcome, open_again.claimed_by) == ("open", "no_answer", None)
        with pytest.raises(CallbackError, match="no outcome"):
            finish(work, callback, "8001", "perhaps", "", at(1), TELLER)
        done, rows = finish(work, callback, "8001", "settled", "已说明", at(2), TELLER)
        assert (done.state, done.note, done.done_at) == ("done", "已说明", at(2))
        assert rows[0]["payload"]["type"] == "callcenter.callback.done.v1"
        for late in (claim, release):
            with pytest.raises(CallbackError, match="already"):
                late(work, callback, "8001", at(3), TELLER)


def test_giving_up_needs_a_reason(engine: Engine, callback: int) -> None:
    with session(engine) as work:
        with pytest.raises(CallbackError, match="say why"):
            give_up(work, callback, "8001", " ", at(1), TELLER)
        gone, _ = give_up(work, callback, "8001", "空号", at(1), TELLER)
        assert (gone.state, gone.note) == ("given_up", "空号")
        assert count(work) == 1


def test_a_callback_that_is_not_there(engine: Engine) -> None:
    with session(engine) as work, pytest.raises(NotFoundError, match="no callback 7"):
        claim(work, 7, "8001", at(0), TELLER)


def test_reasons_are_words_of_the_table() -> None:
    assert {each.value for each in Reason} == {"missed", "abandoned", "requested", "message"}


def count(work: Session) -> int:
    return work.scalar(select(func.count()).select_from(Callback)) or 0
