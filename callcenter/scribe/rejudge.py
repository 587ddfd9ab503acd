"""Stored calls judged again from what was heard of them: no sound is decoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from callcenter.domain.calls import Role
from callcenter.domain.findings import Finding
from callcenter.domain.standards import Standard
from callcenter.judging.unlisted import doubt_unlisted
from callcenter.scribe.case import judge_work, recordings_of
from callcenter.scribe.hands import Transcript
from callcenter.scribe.terms import Terms
from callcenter.store.hearings import load_many
from callcenter.store.jobs import Work, load_works
from callcenter.store.judgings import Judged, NewSet, Weighed, is_newest
from callcenter.store.tables import Word as WordRow
from callcenter.store.verdict_tables import Judging
from transcripts.recogniser import Word


def judge_stored(
    session: Session, terms: Terms, call_ids: Sequence[str], now: datetime, order: int | None
) -> list[NewSet]:
    """New sets of verdicts for those of the calls whose newest set is not by the standard as it is now.

    Reads, and writes nothing. `order` is the one (of `callcenter.store.rejudgings`) that asks for it.
    """
    before = _newest(session, call_ids)
    works = [work for work in load_works(session, call_ids) if work.call.id in before]
    stale = [work for work in works if terms.standard(work.call)[0].digest != before[work.call.id].digest]
    heard = heard_of(session, stale)
    return [
        _new_set(work, terms, heard.get(work.call.id, {}), before[work.call.id].engine, now, order)
        for work in stale
    ]


def _new_set(
    work: Work,
    terms: Terms,
    heard: Mapping[str, Transcript],
    engine: str,
    now: datetime,
    order: int | None,
) -> NewSet:
    standard, names = terms.standard(work.call)
    findings = judge_work(work, standard, names, heard, terms.flow(work.call), now=now, zone=terms.zone)
    told = _doubted(work, findings, standard, names, heard)
    return NewSet(work.call.id, told, Judged(Weighed.of(standard), engine, now, order))


def _doubted(
    work: Work,
    findings: list[Finding],
    standard: Standard,
    names: Sequence[str],
    heard: Mapping[str, Transcript],
) -> list[Finding]:
    """A phrase counts as listened for where the narrow pass knew it in every recording of the agent."""
    read = [heard[each.id] for each in recordings_of(work, Role.AGENT) if each.id in heard]
    if not read:
        return findings
    listed = frozenset(read[0].phrases).intersection(*(each.phrases for each in read[1:]))
    return doubt_unlisted(findings, standard, names, listed)


def heard_of(session: Session, works: Sequence[Work]) -> dict[str, dict[str, Transcript]]:
    """What is kept of what was heard in these calls, by call and recording."""
    heard = load_many(session, [work.call.id for work in works])
    for work in works:
        for recording in work.recordings:
            if recording.id not in heard.get(work.call.id, {}) and (words := _words(session, recording.id)):
                length = recording.duration_seconds or words[-1].end
                heard.setdefault(work.call.id, {})[recording.id] = Transcript(words, None, length)
    return heard


def _words(session: Session, recording_id: str) -> tuple[Word, ...]:
    """The words alone, as they were kept before hearings were: no narrow pass, no other readings."""
    mine = select(WordRow).where(col(WordRow.recording_id) == recording_id).order_by(col(WordRow.position))
    return tuple(Word(row.text, row.start, row.end, row.confidence) for row in session.scalars(mine))


def _newest(session: Session, call_ids: Sequence[str]) -> dict[str, Judging]:
    query = select(Judging).where(col(Judging.call_id).in_(call_ids), is_newest(Judging))
    return {each.call_id: each for each in session.scalars(query)}
