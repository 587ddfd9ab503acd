"""What a switchboard that died left behind: calls without an end, recordings without a length."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from callcenter.domain.calls import EventName, HungUpBy, Outcome
from callcenter.store import outbox
from callcenter.store.callbacks import Teller, follow
from callcenter.store.calls import hand_over, recordings_of
from callcenter.store.tables import Announcement, Call, Hold, Job, Leg, Recording

log = logging.getLogger(__name__)

Duration = Callable[[str], float | None]
"""A recording's seconds, by its path below the recordings folder; None where there is no such file."""


def interrupt_unfinished(
    session: Session, node: str, now: datetime, duration: Duration, *, role: str = "switchboard"
) -> list[str]:
    """Puts right what `node` left behind when it was killed; called before it takes its first call.

    A call without an outcome becomes `interrupted`. It ended at the last instant that is known of it: of its
    legs, holds, prompts, or the end of its recordings; never later than `now`. Open legs were hung up by the
    network, open recordings are closed at the length they have, and whom nobody had answered is to be called
    back. Such a call, and one that had ended before the crash but was not handed over, gets its job and its
    events. Returns the ids of the interrupted calls.
    """
    mine = select(Call).where(col(Call.node) == node).order_by(col(Call.started_at))
    interrupted = list(session.scalars(mine.where(col(Call.outcome).is_(None))))
    for call in interrupted:
        recordings = _close_recordings(session, call.id, duration)
        _interrupt(session, call, _last_known(session, call, recordings, now))
        session.flush()
        outbox.add(session, role=role, site=call.site, event=EventName.ENDED, call=call, data={}, now=now)
        outbox.add_rows(session, follow(session, call, Teller(role, call.site)))
        hand_over(session, call, role, now, {})
    without_job = mine.where(col(Call.outcome).is_not(None), col(Call.id).not_in(select(col(Job.call_id))))
    for call in session.scalars(without_job).all():
        _close_recordings(session, call.id, duration)
        session.flush()
        hand_over(session, call, role, now, {})
    return [call.id for call in interrupted]


def _close_recordings(session: Session, call_id: str, duration: Duration) -> list[Recording]:
    recordings = recordings_of(session, [call_id])[call_id]
    for recording in recordings:
        if not recording.finished:
            recording.finished = True
            recording.duration_seconds = _length(recording.path, duration)
    return recordings


def _length(path: str, duration: Duration) -> float | None:
    try:
        return duration(path)
    except (OSError, ValueError) as error:
        log.warning("recording unreadable path=%s error=%s", path, error)
        return None


def _last_known(session: Session, call: Call, recordings: Iterable[Recording], now: datetime) -> datetime:
    instants = [call.started_at, call.first_ringing_at, call.answered_at]
    for leg in _legs(session, call.id):
        instants += [leg.invite_at, leg.ringing_at, leg.answered_at, leg.ended_at]
    for span in _spans(session, call.id):
        instants += [span.started_at, span.ended_at]
    instants += [
        recording.started_at + timedelta(seconds=recording.duration_seconds or 0.0)
        for recording in recordings
    ]
    return min(now, max(instant for instant in instants if instant is not None))


def _interrupt(session: Session, call: Call, ended_at: datetime) -> None:
    call.outcome = Outcome.INTERRUPTED.value
    call.ended_at = ended_at
    call.hung_up_by = HungUpBy.NETWORK.value
    for leg in _legs(session, call.id):
        if leg.ended_at is None:
            leg.ended_at = ended_at
            leg.hung_up_by = HungUpBy.NETWORK.value
    for span in _spans(session, call.id):
        span.ended_at = span.ended_at or ended_at
    _measure(session, call, ended_at)


def _measure(session: Session, call: Call, ended_at: datetime) -> None:
    """The call's durations, which its last snapshot could not know."""
    if call.answered_at is None:
        call.wait_seconds = (ended_at - call.started_at).total_seconds()
        return
    holds = session.scalars(select(Hold).where(col(Hold.call_id) == call.id))
    call.hold_seconds = sum(((hold.ended_at or ended_at) - hold.started_at).total_seconds() for hold in holds)
    call.talk_seconds = max(0.0, (ended_at - call.answered_at).total_seconds() - call.hold_seconds)


def _legs(session: Session, call_id: str) -> list[Leg]:
    return list(session.scalars(select(Leg).where(col(Leg.call_id) == call_id)))


def _spans(session: Session, call_id: str) -> list[Hold | Announcement]:
    holds = session.scalars(select(Hold).where(col(Hold.call_id) == call_id))
    announcements = session.scalars(select(Announcement).where(col(Announcement.call_id) == call_id))
    return [*holds, *announcements]
