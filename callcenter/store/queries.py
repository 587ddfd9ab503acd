"""Reading calls: lists with filters, one call with everything about it, and what runs now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, func, select

from callcenter.domain.scorecards import WORST_FIRST
from callcenter.store.tables import Announcement, Call, Hold, Leg, Mix, Record, Recording, Ticket
from callcenter.store.tickets import tickets_of_calls
from callcenter.store.verdicts import Shown, has_finding, newest_findings, worst_held


@dataclass(frozen=True, slots=True)
class CallFilter:
    """What to list. `day` is a day of the site's time zone. `verdict` without `rule` is the call's worst.

    `three_rings` is the call's own three-ring verdict; `number` is part of the caller's or callee's number;
    `outcome` may be "live" for calls that last.
    """

    desk: str | None = None
    day: date | None = None
    verdict: str | None = None
    rule: str | None = None
    three_rings: str | None = None
    outcome: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class CallDetail:
    """A call and everything kept about it. `findings` are those of its newest set of verdicts."""

    call: Call
    legs: list[Leg] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)
    findings: list[Shown] = field(default_factory=list)
    record: Record | None = None
    tickets: list[Ticket] = field(default_factory=list)
    stereo: Mix | None = None
    """Both sides in one file, where it is written."""


@dataclass(frozen=True, slots=True)
class CallPage:
    items: list[CallDetail]
    total: int


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant of the day in `zone` and of the next, in UTC."""
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def list_calls(
    session: Session, wanted: CallFilter, zone: ZoneInfo, *, page: int = 1, size: int = 50
) -> CallPage:
    """Calls that fit, newest first; `page` counts from 1."""
    query = select(Call).where(*call_terms(wanted, zone))
    total = session.exec(select(func.count()).select_from(query.subquery())).one()
    query = query.order_by(col(Call.started_at).desc(), col(Call.id)).offset((page - 1) * size).limit(size)
    return CallPage(_with_details(session, session.exec(query).all()), total)


def get_call(session: Session, call_id: str) -> CallDetail | None:
    call = session.get(Call, call_id)
    return None if call is None else _with_details(session, [call])[0]


def get_calls(session: Session, call_ids: Sequence[str]) -> list[CallDetail]:
    """The calls of those ids, oldest first; unknown ids are left out."""
    query = select(Call).where(col(Call.id).in_(call_ids)).order_by(col(Call.started_at))
    return _with_details(session, session.exec(query).all())


def live_calls(session: Session) -> list[CallDetail]:
    """The calls that have not ended, oldest first."""
    query = select(Call).where(col(Call.ended_at).is_(None), col(Call.outcome).is_(None))
    return _with_details(session, session.exec(query.order_by(col(Call.started_at))).all())


def call_recordings(session: Session, call_id: str) -> list[tuple[Recording, Leg]]:
    """The call's recordings with their legs, in the order of the legs."""
    query = (
        select(Recording, Leg)
        .join(Leg, col(Leg.id) == col(Recording.leg_id))
        .where(Recording.call_id == call_id)
        .order_by(col(Leg.position))
    )
    return [(recording, leg) for recording, leg in session.exec(query)]


def call_terms(wanted: CallFilter, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    """What a `Call` fulfils that fits."""
    found: list[ColumnElement[bool]] = []
    if wanted.desk:
        found.append(col(Call.desk) == wanted.desk)
    if wanted.day:
        start, end = day_bounds(wanted.day, zone)
        found += [col(Call.started_at) >= start, col(Call.started_at) < end]
    if wanted.outcome == "live":
        found += [col(Call.outcome).is_(None), col(Call.ended_at).is_(None)]
    elif wanted.outcome:
        found.append(col(Call.outcome) == wanted.outcome)
    if wanted.number:
        digits = wanted.number
        found.append(
            or_(
                col(Call.caller).contains(digits, autoescape=True),
                col(Call.callee).contains(digits, autoescape=True),
            )
        )
    if wanted.three_rings:
        found.append(col(Call.three_rings) == wanted.three_rings)
    if wanted.verdict or wanted.rule:
        found.append(_verdict_is(wanted.verdict, wanted.rule))
    return found


def _verdict_is(verdict: str | None, rule: str | None) -> ColumnElement[bool]:
    if rule == "three_rings" and verdict:
        return col(Call.three_rings) == verdict
    return has_finding(rule, verdict) if rule else _worst_is(verdict or "")


def _worst_is(verdict: str) -> ColumnElement[bool]:
    """The call's worst verdict is that of its ringing or of its newest findings; any other word: neither has
    one."""
    rings, found = col(Call.three_rings), func.coalesce(worst_held(), "")
    worse = WORST_FIRST[: WORST_FIRST.index(verdict)] if verdict in WORST_FIRST else WORST_FIRST
    terms: list[ColumnElement[bool]] = [rings.not_in(worse), found.not_in(worse)] if worse else []
    if verdict in WORST_FIRST:
        terms.append(or_(rings == verdict, found == verdict))
    return and_(*terms)


def _with_details(session: Session, calls: Sequence[Call]) -> list[CallDetail]:
    ids = [call.id for call in calls]
    details = {call.id: CallDetail(call) for call in calls}
    for leg in session.exec(select(Leg).where(col(Leg.call_id).in_(ids)).order_by(col(Leg.position))):
        details[leg.call_id].legs.append(leg)
    for hold in session.exec(select(Hold).where(col(Hold.call_id).in_(ids)).order_by(col(Hold.started_at))):
        details[hold.call_id].holds.append(hold)
    played = select(Announcement).where(col(Announcement.call_id).in_(ids))
    for announcement in session.exec(played.order_by(col(Announcement.started_at))):
        details[announcement.call_id].announcements.append(announcement)
    for recording in session.exec(select(Recording).where(col(Recording.call_id).in_(ids))):
        details[recording.call_id].recordings.append(recording)
    for finding in newest_findings(session, ids):
        details[finding.call_id].findings.append(finding)
    records = {
        record.call_id: record for record in session.exec(select(Record).where(col(Record.call_id).in_(ids)))
    }
    tickets = tickets_of_calls(session, ids)
    written = select(Mix).where(col(Mix.call_id).in_(ids), col(Mix.path).is_not(None))
    files = {file.call_id: file for file in session.exec(written)}
    return [
        CallDetail(
            detail.call,
            detail.legs,
            detail.holds,
            detail.announcements,
            detail.recordings,
            detail.findings,
            records.get(detail.call.id),
            tickets[detail.call.id],
            files.get(detail.call.id),
        )
        for detail in details.values()
    ]
