"""Information records: the first entry, corrections, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from callcenter.domain.tickets import TicketRuleError
from callcenter.store.calls import save_call
from callcenter.store.records import RecordError, fill_record, get_record, record_changes
from callcenter.store.tables import Record
from tests.seed import MAIN, facts_of

NOW = datetime(2026, 11, 22, 8, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=3)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        save_call(session, facts_of(MAIN[0], NOW), "main", "node")
        session.commit()
        yield session


def test_every_call_has_a_record_before_anybody_fills_it(session: Session) -> None:
    record = get_record(session, "call-good")
    assert record is not None
    assert record.filled_at is None


def test_the_first_entry_is_no_correction(session: Session) -> None:
    record = fill_record(session, "call-good", {"household": " 8栋 ", "matter": ""}, by="李敏", now=NOW)
    assert record is not None
    assert (record.household, record.matter, record.filled_by, record.filled_at) == ("8栋", None, "李敏", NOW)
    assert record_changes(session, "call-good") == []


def test_a_late_addition_is_a_visible_correction(session: Session) -> None:
    fill_record(session, "call-good", {"household": "8栋"}, by="李敏", now=NOW)
    record = fill_record(session, "call-good", {"surname": "张"}, by="王芳", now=LATER)
    (change,) = record_changes(session, "call-good")
    assert (change.field, change.old, change.new, change.by, change.at) == (
        "surname",
        None,
        "张",
        "王芳",
        LATER,
    )
    assert record is not None
    assert (record.filled_by, record.filled_at) == ("李敏", NOW)


def test_replacing_a_value_needs_a_reason_and_changes_nothing_without(session: Session) -> None:
    fill_record(session, "call-good", {"matter": "漏水", "surname": "张"}, by="李敏", now=NOW)
    with pytest.raises(RecordError, match="matter"):
        fill_record(
            session, "call-good", {"matter": "停水", "surname": "章"}, by="王芳", now=LATER, reason=" "
        )
    assert record_changes(session, "call-good") == []
    fill_record(session, "call-good", {"matter": "停水"}, by="王芳", now=LATER, reason="听错")
    (change,) = record_changes(session, "call-good")
    assert (change.old, change.new, change.reason) == ("漏水", "停水", "听错")


def test_taking_a_value_away_is_a_correction_too(session: Session) -> None:
    fill_record(session, "call-good", {"matter": "漏水"}, by="李敏", now=NOW)
    fill_record(session, "call-good", {"matter": ""}, by="李敏", now=LATER, reason="填错通话")
    assert [change.new for change in record_changes(session, "call-good")] == [None]


def test_saying_the_same_again_changes_nothing(session: Session) -> None:
    fill_record(session, "call-good", {"matter": "漏水"}, by="李敏", now=NOW)
    fill_record(session, "call-good", {"matter": "漏水"}, by="王芳", now=LATER)
    assert record_changes(session, "call-good") == []


def test_a_value_from_the_signalling_is_replaced_with_a_reason_only(session: Session) -> None:
    record = get_record(session, "call-good")
    assert record is not None
    record.telephone = "13800138000"
    with pytest.raises(RecordError, match="telephone"):
        fill_record(session, "call-good", {"telephone": "139"}, by="李敏", now=NOW)
    fill_record(
        session, "call-good", {"telephone": "139", "matter": "x"}, by="李敏", now=NOW, reason="另一号码"
    )
    assert [change.field for change in record_changes(session, "call-good")] == ["telephone"]


def test_what_is_refused(session: Session) -> None:
    assert fill_record(session, "nope", {"matter": "x"}, by="李敏", now=NOW) is None
    with pytest.raises(TicketRuleError, match="kinds are"):
        fill_record(session, "call-good", {"kind": "odd"}, by="李敏", now=NOW)
    with pytest.raises(RecordError, match="who"):
        fill_record(session, "call-good", {"matter": "x"}, by=" ", now=NOW)
    with pytest.raises(RecordError, match="no field"):
        fill_record(session, "call-good", {"created_at": "x"}, by="李敏", now=NOW)


def test_a_call_without_a_record_gets_one(session: Session) -> None:
    session.delete(session.get(Record, "call-good"))
    session.flush()
    record = fill_record(session, "call-good", {"matter": "x"}, by="李敏", now=NOW)
    assert record is not None
    assert record.created_at == NOW
