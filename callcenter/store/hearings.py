"""What was heard in each recording, kept whole: to judge a call again without its sound, and for a scribe
that takes a call over from one that died.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from callcenter.store.tables import Heard, Recording
from transcripts.transcript import Transcript, pack, unpack


def keep_hearing(
    session: Session, recording_id: str, transcript: Transcript, engine: str, now: datetime
) -> None:
    """Keeps what `engine` heard in a recording, in place of what was kept before."""
    forget_hearings(session, [recording_id])
    session.add(
        Heard(
            recording_id=recording_id,
            engine=engine,
            seconds=transcript.seconds,
            at=now,
            packed=pack(transcript),
        )
    )
    session.flush()


def forget_hearings(session: Session, recording_ids: Iterable[str]) -> None:
    """What was heard in them counts no more: they are to be read again."""
    session.connection().execute(delete(Heard).where(col(Heard.recording_id).in_(list(recording_ids))))


@dataclass(frozen=True, slots=True)
class Length:
    """How much of a recording was heard, in seconds, and when that was kept."""

    seconds: float
    at: datetime


def lengths_of(session: Session, call_ids: Iterable[str]) -> dict[str, dict[str, Length]]:
    """How much `load_hearings` would give, by call and recording."""
    wanted = (
        select(col(Recording.call_id), col(Heard.recording_id), col(Heard.seconds), col(Heard.at))
        .join(Heard, col(Heard.recording_id) == col(Recording.id))
        .where(col(Recording.call_id).in_(list(call_ids)))
    )
    found: dict[str, dict[str, Length]] = {}
    for call_id, recording_id, seconds, at in session.execute(wanted):
        found.setdefault(call_id, {})[recording_id] = Length(seconds, at)
    return found


def load_hearings(session: Session, call_ids: Iterable[str]) -> dict[str, dict[str, Transcript]]:
    """What was heard in calls, by call and recording, in seconds of the recording, in one query. Recordings
    that were not read yet (or before hearings were kept) are missing, and calls that have no other."""
    wanted = (
        select(col(Recording.call_id), col(Heard.recording_id), col(Heard.packed))
        .join(Heard, col(Heard.recording_id) == col(Recording.id))
        .where(col(Recording.call_id).in_(list(call_ids)))
    )
    found: dict[str, dict[str, Transcript]] = {}
    for call_id, recording_id, packed in session.execute(wanted):
        found.setdefault(call_id, {})[recording_id] = unpack(packed)
    return found
