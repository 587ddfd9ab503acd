"""The book of a call: what is entered is what is read, whatever the order of events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.domain.book import CallBook, ClosedError
from callcenter.domain.calls import CallFacts, Direction, HungUpBy, LegFacts, Line, Outcome, Role
from callcenter.domain.findings import Verdict

ZERO = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Instant:
    utc: datetime
    mono: float


def at(seconds: float) -> Instant:
    """Seconds after the caller's INVITE; the monotonic clock has a zero of its own."""
    return Instant(ZERO + timedelta(seconds=seconds), 1000.0 + seconds)


def a_book(desk: str | None = "front") -> CallBook:
    book = CallBook("c1", Direction.INBOUND, Line.EXTERNAL, "13800138000", "8000", at(0), desk, "vanke")
    book.leg_invited(Role.CALLER, "13800138000", at(0), "sip-c", "caller")
    return book


def tried(book: CallBook, leg: str, at_: float, *, rings_at: float | None) -> None:
    book.leg_invited(Role.AGENT, "8001", at(at_), f"sip-{leg}", leg)
    if rings_at is not None:
        book.leg_ringing(leg, at(rings_at))


def leg(facts: CallFacts, id: str) -> LegFacts:
    return next(leg for leg in facts.legs if leg.id == id)


def test_an_answered_call() -> None:
    book = a_book()
    tried(book, "a", 0.1, rings_at=0.3)
    book.leg_answered("a", at(7.3), "PCMA")
    book.leg_answered("caller", at(7.3), "PCMA")
    book.leg_ended("caller", at(67.3), HungUpBy.CALLER)
    book.close(at(67.4), Outcome.ANSWERED, HungUpBy.CALLER)
    facts = book.facts
    assert (facts.rings, facts.three_rings) == (2, Verdict.PASS)
    assert facts.ring_seconds == pytest.approx(7.0)
    assert facts.wait_seconds == pytest.approx(7.3)
    assert facts.talk_seconds == pytest.approx(60.1)
    assert facts.first_ringing_at == ZERO + timedelta(seconds=0.3)
    assert facts.answered_at == ZERO + timedelta(seconds=7.3)
    assert facts.ended_at == ZERO + timedelta(seconds=67.4)
    assert facts.outcome is Outcome.ANSWERED
    assert leg(facts, "a").hung_up_by is HungUpBy.CALLER  # it was open: it ended with the call
    assert leg(facts, "a").bound == 3
    assert leg(facts, "caller").bound is None


def test_the_caller_hears_one_ringing_across_all_agents_tried() -> None:
    book = a_book()
    tried(book, "a", 0.0, rings_at=1.0)
    book.leg_ended("a", at(11.0), HungUpBy.SYSTEM, 487)
    tried(book, "b", 11.0, rings_at=11.2)
    book.leg_answered("b", at(17.0), "PCMU")
    facts = book.facts
    assert facts.ring_seconds == pytest.approx(16.0)
    assert (facts.rings, facts.three_rings) == (4, Verdict.FAIL)
    assert leg(facts, "a").ring_seconds == pytest.approx(10.0)
    assert leg(facts, "a").final_status == 487
    assert leg(facts, "b").ring_seconds == pytest.approx(5.8)
    assert leg(facts, "b").verdict is Verdict.PASS


def test_only_the_first_ringing_is_told() -> None:
    book = a_book()
    book.leg_invited(Role.AGENT, "8001", at(0), "s", "a")
    book.leg_invited(Role.AGENT, "8002", at(0), "s2", "b")
    assert book.leg_ringing("a", at(1))
    assert not book.leg_ringing("a", at(2))
    assert not book.leg_ringing("b", at(3))
    book.leg_answered("a", at(4), "PCMA")
    assert leg(book.facts, "a").ring_seconds == pytest.approx(3.0)


def test_an_automatic_answer_has_no_ring() -> None:
    book = a_book()
    tried(book, "a", 0.1, rings_at=None)
    book.leg_answered("a", at(0.2), "PCMA")
    facts = book.facts
    assert (facts.rings, facts.ring_seconds, facts.three_rings) == (0, None, Verdict.PASS)


@pytest.mark.parametrize(("left_at", "verdict"), [(9.0, Verdict.NOT_APPLICABLE), (16.0, Verdict.FAIL)])
def test_a_caller_who_leaves(left_at: float, verdict: Verdict) -> None:
    book = a_book()
    tried(book, "a", 0.0, rings_at=0.5)
    book.close(at(left_at), Outcome.ABANDONED, HungUpBy.CALLER)
    facts = book.facts
    assert facts.three_rings is verdict
    assert facts.ring_seconds == pytest.approx(left_at - 0.5)
    assert facts.wait_seconds == pytest.approx(left_at)
    assert facts.answered_at is None
    assert facts.talk_seconds == 0


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.BUSY, Outcome.FAILED])
def test_a_desk_that_nobody_answered_fails_however_short_the_ringing(outcome: Outcome) -> None:
    book = a_book()
    tried(book, "a", 0.0, rings_at=0.5)
    book.close(at(2.0), outcome, HungUpBy.SYSTEM)
    assert book.facts.three_rings is Verdict.FAIL


def test_a_call_between_extensions_has_no_three_ring_rule() -> None:
    book = a_book(desk=None)
    tried(book, "a", 0.0, rings_at=0.5)
    book.leg_answered("a", at(30.0), "PCMA")
    assert book.facts.three_rings is Verdict.NOT_APPLICABLE


def test_holds_are_no_talk() -> None:
    book = a_book()
    tried(book, "a", 0.0, rings_at=0.5)
    book.leg_answered("a", at(5.0), "PCMA")
    assert book.held("a", at(15.0))
    assert not book.held("a", at(16.0))
    assert book.facts.hold_seconds == pytest.approx(1.0)  # so far
    assert book.resumed("a", at(35.0))
    assert not book.resumed("a", at(36.0))
    book.close(at(65.0), Outcome.ANSWERED, HungUpBy.CALLER)
    facts = book.facts
    assert facts.hold_seconds == pytest.approx(20.0)
    assert facts.talk_seconds == pytest.approx(40.0)
    assert facts.holds[0].ended_at == ZERO + timedelta(seconds=35)


def test_a_hold_ends_with_its_leg() -> None:
    book = a_book()
    tried(book, "a", 0.0, rings_at=0.5)
    book.leg_answered("a", at(5.0), "PCMA")
    book.held("a", at(10.0))
    book.close(at(12.0), Outcome.ANSWERED, HungUpBy.CALLER)
    assert book.facts.holds[0].ended_at == ZERO + timedelta(seconds=12)


def test_time_with_nobody_on_the_line_is_no_talk() -> None:
    book = a_book()
    tried(book, "a", 0.0, rings_at=0.5)
    book.leg_answered("a", at(5.0), "PCMA")
    book.transferred("8100", at(15.0))
    book.leg_ended("a", at(15.0), HungUpBy.SYSTEM)
    book.leg_invited(Role.TARGET, "8100", at(15.0), "s-t", "t")
    book.leg_ended("t", at(15.2), HungUpBy.SYSTEM, 486)
    book.announced("caller", "busy-back", at(15.3), at(20.0))
    tried(book, "b", 20.0, rings_at=20.3)
    book.leg_answered("b", at(22.0), "PCMA")
    book.close(at(32.0), Outcome.ANSWERED, HungUpBy.CALLER)
    facts = book.facts
    assert facts.talk_seconds == pytest.approx(20.0)
    assert facts.transfer_to == "8100"
    assert facts.answered_at == ZERO + timedelta(seconds=5)
    assert facts.announcements[0].prompt == "busy-back"
    assert leg(facts, "t").final_status == 486


def test_a_transferor_that_lingers_is_not_talking() -> None:
    book = a_book()
    tried(book, "a", 0.0, rings_at=0.5)
    book.leg_answered("a", at(5.0), "PCMA")
    book.held("a", at(12.0))
    book.transferred("8100", at(15.0))
    book.leg_left("a", at(15.0))
    book.leg_invited(Role.TARGET, "8100", at(15.0), "s-t", "t")
    book.leg_answered("t", at(25.0), "PCMA")
    book.leg_ended("a", at(27.0), HungUpBy.SYSTEM)
    book.close(at(35.0), Outcome.ANSWERED, HungUpBy.CALLER)
    assert book.facts.hold_seconds == pytest.approx(3.0)
    assert book.facts.talk_seconds == pytest.approx(20.0 - 3.0)


def test_two_who_talk_at_once_count_once() -> None:
    book = a_book()
    for leg_id, began, ended in (("a", 5.0, 20.0), ("b", 10.0, 30.0)):
        tried(book, leg_id, began, rings_at=None)
        book.leg_answered(leg_id, at(began), "PCMA")
        book.leg_ended(leg_id, at(ended), HungUpBy.AGENT)
    book.close(at(31.0), Outcome.ANSWERED, HungUpBy.CALLER)
    assert book.facts.talk_seconds == pytest.approx(25.0)


def test_the_first_end_of_a_leg_counts() -> None:
    book = a_book()
    tried(book, "a", 0.0, rings_at=0.5)
    book.leg_ended("a", at(3.0), HungUpBy.AGENT, 486)
    book.leg_ended("a", at(4.0), HungUpBy.SYSTEM, 487)
    assert (leg(book.facts, "a").hung_up_by, leg(book.facts, "a").final_status) == (HungUpBy.AGENT, 486)


def test_a_closed_book_takes_no_entry_and_stays_as_it_was() -> None:
    book = a_book()
    tried(book, "a", 0.0, rings_at=0.5)
    book.close(at(9.0), Outcome.ABANDONED, HungUpBy.CALLER)
    before = book.facts
    with pytest.raises(ClosedError, match="c1 is closed as abandoned"):
        book.leg_answered("a", at(9.1), "PCMA")
    with pytest.raises(ClosedError):
        book.close(at(9.2), Outcome.ANSWERED, None)
    assert book.closed
    assert book.facts == before


def test_a_running_call_counts_up_to_its_newest_entry() -> None:
    book = a_book()
    tried(book, "a", 0.0, rings_at=1.0)
    assert book.facts.ring_seconds == 0
    book.announced("caller", "busy", at(2.0), at(8.0))
    assert book.facts.ring_seconds == pytest.approx(7.0)
    assert book.facts.outcome is None


def test_what_was_measured_of_a_leg() -> None:
    book = a_book()
    assert leg(book.facts, "caller").loss is None
    book.leg_measured("caller", 0.01, 0.002, 0.04)
    facts = leg(book.facts, "caller")
    assert (facts.loss, facts.jitter_seconds, facts.rtt_seconds) == (0.01, 0.002, 0.04)


def test_a_phone_that_lost_the_race_is_judged_by_nothing_and_talked_with_nobody() -> None:
    book = a_book()
    for name in ("a", "b"):
        tried(book, name, 0.1, rings_at=0.3)
    book.leg_answered("a", at(20), "PCMA")
    book.leg_answered("b", at(20.01), "PCMA")  # a moment too late
    book.leg_lost("b")
    book.leg_ended("b", at(23), HungUpBy.SYSTEM)
    book.leg_ended("a", at(21), HungUpBy.CALLER)
    book.close(at(23), Outcome.ANSWERED, HungUpBy.CALLER)
    facts = book.facts
    assert (leg(facts, "a").verdict, leg(facts, "b").verdict) == (Verdict.FAIL, Verdict.NOT_APPLICABLE)
    assert facts.talk_seconds == pytest.approx(1.0)
