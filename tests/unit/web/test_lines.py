from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callcenter.domain.calls import Role
from callcenter.store.tables import Announcement
from callcenter.store.transcripts import Utterance
from callcenter.web.views.lines import lines_of

ZERO = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def said(start: float) -> Utterance:
    return Utterance("leg", Role.AGENT, "坐席", start, start + 1, "您好", [])


def played(seconds: float) -> Announcement:
    return Announcement(
        call_id="c", leg_id="leg", prompt="busy", started_at=ZERO + timedelta(seconds=seconds)
    )


def test_what_was_played_stands_between_what_was_said() -> None:
    lines = lines_of([said(0.5), said(20.0)], [played(12.3)], ZERO)
    assert [(line.start, line.played is not None) for line in lines] == [
        (0.5, False),
        (12.3, True),
        (20.0, False),
    ]


def test_before_the_answer_is_before_zero() -> None:
    assert [line.start for line in lines_of([said(0.5)], [played(-4.0)], ZERO)] == [-4.0, 0.5]


def test_a_call_that_nobody_answered_has_no_call_time() -> None:
    (line,) = lines_of([], [played(3.0)], None)
    assert line.start is None and line.played is not None
