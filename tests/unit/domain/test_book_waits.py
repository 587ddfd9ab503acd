"""What a caller spends in prompts, menus and the queue is kept apart from what they hear ring."""

from __future__ import annotations

import pytest

from callcenter.domain.book import CallBook
from callcenter.domain.calls import Hearing, HungUpBy, Outcome, Role, WaitKind
from callcenter.domain.findings import Verdict
from tests.unit.domain.test_book import ZERO, a_book, at, leg, tried


def queued(book: CallBook) -> None:
    """A menu until second 5, the queue until an agent rings at 40."""
    book.waits(WaitKind.MENU, at(1))
    book.waits(WaitKind.QUEUE, at(5))
    tried(book, "a", 39.9, rings_at=40.0)


def test_ring_time_begins_when_the_agents_phone_rings() -> None:
    book = a_book()
    queued(book)
    book.leg_answered("a", at(47.0), "PCMA")
    facts = book.facts
    assert facts.ring_seconds == pytest.approx(7.0)
    assert facts.rings == 2
    assert facts.three_rings is Verdict.PASS
    assert facts.queue_seconds == pytest.approx(35.0)
    assert facts.wait_seconds == pytest.approx(47.0)
    assert [wait.kind for wait in facts.waits] == [WaitKind.MENU, WaitKind.QUEUE]
    assert all(wait.ended_at is not None for wait in facts.waits)


def test_the_queue_between_two_agents_is_not_ring_time() -> None:
    book = a_book()
    queued(book)
    book.leg_ended("a", at(50.0), HungUpBy.SYSTEM, 487)
    book.waits(WaitKind.QUEUE, at(50.0))
    tried(book, "b", 99.0, rings_at=100.0)
    book.leg_answered("b", at(104.0), "PCMA")
    facts = book.facts
    assert facts.ring_seconds == pytest.approx(14.0)
    assert facts.three_rings is Verdict.PASS
    assert facts.queue_seconds == pytest.approx(85.0)


def test_a_wait_ends_with_the_call() -> None:
    book = a_book()
    book.waits(WaitKind.QUEUE, at(2))
    book.close(at(9), Outcome.ABANDONED, HungUpBy.CALLER)
    facts = book.facts
    assert facts.queue_seconds == pytest.approx(7.0)
    assert facts.waits[0].ended_at is not None
    assert (facts.rings, facts.three_rings) == (0, Verdict.NOT_APPLICABLE)


def test_music_after_the_answer_does_not_touch_the_rings() -> None:
    book = a_book()
    tried(book, "a", 0.1, rings_at=1.0)
    book.leg_answered("a", at(5.0), "PCMA")
    book.waits(WaitKind.PARK, at(30.0))
    book.waited(at(90.0))
    assert book.facts.ring_seconds == pytest.approx(4.0)


def test_a_supervisor_takes_no_part_in_a_calls_times() -> None:
    book = a_book()
    tried(book, "a", 0.1, rings_at=1.0)
    book.leg_answered("a", at(5.0), "PCMA")
    book.leg_ended("a", at(15.0), HungUpBy.AGENT)
    book.leg_invited(Role.SUPERVISOR, "8009", at(6.0), "sip-s", "s")
    book.leg_ringing("s", at(6.5))
    book.leg_answered("s", at(26.5), "PCMA")
    book.close(at(30.0), Outcome.ANSWERED, HungUpBy.AGENT)
    facts = book.facts
    assert facts.talk_seconds == pytest.approx(10.0)
    supervisor = leg(facts, "s")
    assert (supervisor.bound, supervisor.verdict) == (None, Verdict.NOT_APPLICABLE)


def test_the_way_and_the_notice_are_kept() -> None:
    book = a_book()
    book.passed("step", "start", "menu", at(0.5))
    book.passed("key", "menu", "queue", at(4.0), "1")
    book.noticed("caller", "2026-1", at(1.0), at(3.0), Hearing.HEARD)
    book.noticed("caller", "2026-1", at(1.0), at(3.0), Hearing.OBJECTED)
    facts = book.facts
    assert [(edge.kind, edge.source, edge.target, edge.result) for edge in facts.path] == [
        ("step", "start", "menu", ""),
        ("key", "menu", "queue", "1"),
    ]
    assert facts.path[0].at > ZERO
    assert [notice.outcome for notice in facts.notices] == [Hearing.OBJECTED]
