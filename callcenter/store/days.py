"""The day in figures (REQUIREMENTS.md C3): three-ring rate, service level, speed of answer, abandonment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from callcenter.store.queries import day_bounds
from callcenter.store.tables import Call, Leg
from callcenter.store.verdicts import newest_findings

SERVICE_LEVEL_SECONDS = 15.0
"""The national hotline norm: the caller's whole wait, in seconds."""


@dataclass(slots=True)
class Tally:
    """How often a rule was kept. Unsure and not applicable count for neither side."""

    passed: int = 0
    failed: int = 0
    unsure: int = 0

    def add(self, verdict: str) -> None:
        self.passed += verdict == "pass"
        self.failed += verdict == "fail"
        self.unsure += verdict == "unsure"

    @property
    def judged(self) -> int:
        return self.passed + self.failed

    @property
    def rate(self) -> float | None:
        """Share of passes, 0 to 1; None where nothing was decided."""
        return self.passed / self.judged if self.judged else None


@dataclass(slots=True)
class DaySummary:
    """One day of the site. Seconds and rates; None where no call allows the figure."""

    day: date
    calls: int = 0
    live: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    three_rings: Tally = field(default_factory=Tally)
    by_hour: dict[int, Tally] = field(default_factory=dict)
    by_desk: dict[str, Tally] = field(default_factory=dict)
    by_agent: dict[str, Tally] = field(default_factory=dict)
    opening: dict[str, Tally] = field(default_factory=dict)
    closing: dict[str, Tally] = field(default_factory=dict)
    answered: int = 0
    answered_in_time: int = 0
    answer_seconds: float = 0.0
    talk_seconds: float = 0.0
    abandoned: int = 0

    @property
    def ended(self) -> int:
        return self.calls - self.live

    @property
    def average_speed_of_answer(self) -> float | None:
        """Mean wait of the answered calls, in seconds."""
        return self.answer_seconds / self.answered if self.answered else None

    @property
    def average_talk(self) -> float | None:
        return self.talk_seconds / self.answered if self.answered else None

    @property
    def service_level(self) -> float | None:
        """Share of the ended calls in that were answered within SERVICE_LEVEL_SECONDS."""
        return self.answered_in_time / self.ended if self.ended else None

    @property
    def abandonment(self) -> float | None:
        return self.abandoned / self.ended if self.ended else None


def day_summary(session: Session, day: date, zone: ZoneInfo, *, desk: str | None = None) -> DaySummary:
    """The figures of the inbound calls that began on that day of `zone`.

    An agent's three-ring tally counts each leg that rang; opening and closing
    go to the agent who answered first.
    """
    inbound = _inbound(day, zone, desk)
    summary = DaySummary(day)
    for call in session.exec(select(Call).where(*inbound)):
        _count(summary, call, zone)
    ids = select(Call.id).where(*inbound)
    agents = _count_legs(session, summary, ids)
    tallies = {"opening": summary.opening, "closing": summary.closing}
    for finding in newest_findings(session, ids, tallies):
        if finding.call_id in agents:
            tallies[finding.rule].setdefault(agents[finding.call_id], Tally()).add(finding.verdict)
    return summary


def _inbound(day: date, zone: ZoneInfo, desk: str | None) -> list[ColumnElement[bool]]:
    start, end = day_bounds(day, zone)
    terms = [
        col(Call.started_at) >= start,
        col(Call.started_at) < end,
        col(Call.direction) == "inbound",
    ]
    return [*terms, col(Call.desk) == desk] if desk else terms


def _count(summary: DaySummary, call: Call, zone: ZoneInfo) -> None:
    summary.calls += 1
    summary.three_rings.add(call.three_rings)
    hour = call.started_at.astimezone(zone).hour
    summary.by_hour.setdefault(hour, Tally()).add(call.three_rings)
    summary.by_desk.setdefault(call.desk or "", Tally()).add(call.three_rings)
    if call.outcome is None and call.ended_at is None:
        summary.live += 1
        return
    summary.outcomes[call.outcome or "interrupted"] += 1
    summary.abandoned += call.outcome == "abandoned"
    if call.answered_at is not None:
        summary.answered += 1
        summary.answered_in_time += call.wait_seconds <= SERVICE_LEVEL_SECONDS
        summary.answer_seconds += call.wait_seconds
        summary.talk_seconds += call.talk_seconds


def _count_legs(session: Session, summary: DaySummary, ids: SelectOfScalar[str]) -> dict[str, str]:
    """Adds every agent's legs; returns who answered each call first."""
    answered: dict[str, str] = {}
    query = select(Leg).where(col(Leg.call_id).in_(ids), Leg.role == "agent")
    for leg in session.exec(query.order_by(col(Leg.position))):
        summary.by_agent.setdefault(leg.party, Tally()).add(leg.verdict)
        if leg.answered_at is not None:
            answered.setdefault(leg.call_id, leg.party)
    return answered
