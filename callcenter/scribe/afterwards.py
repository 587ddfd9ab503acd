"""What can be judged of a call only when its time is up: whether it was written down, and what hangs on that.

A call is judged seconds after its end, when nobody had the time to fill its record. Once the record's time is
up it is judged again from what was heard then, with all that was written down since, and gets a set of
verdicts beside the first. No sound is decoded.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, exists, not_, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import kept_reason
from callcenter.scribe.call_facts import record_time
from callcenter.scribe.case import judge_work
from callcenter.scribe.commit import tell_judged
from callcenter.scribe.hands import Transcript
from callcenter.scribe.terms import Terms
from callcenter.store.engine import brief, session
from callcenter.store.hearings import load_hearings
from callcenter.store.jobs import Work, load_works
from callcenter.store.judgings import Judged, NewSet, Weighed, is_newest, newest_rows
from callcenter.store.scores import keep_sets
from callcenter.store.tables import Call, Job
from callcenter.store.verdict_tables import FindingRow, Judging, StandardVersion

log = logging.getLogger(__name__)

MARK: Final = "record_in_time"
"""The rule whose finding says that the call was judged when its time was up."""
BY_RECORD_ALONE: Final = ("record_in_time", "ticket_linked")
"""The rules that need nothing that was heard."""
LOOK_BACK = timedelta(days=2)
"""A scribe that was away for longer leaves it at that."""
POLL = 5.0
"""Seconds between two looks."""
SIZE = 20
"""Calls of one transaction."""


class Afterwards:
    """Made once, run once, beside the scribe."""

    def __init__(
        self, site: str, engine: Engine, terms: Terms, wake: Callable[[], None] = lambda: None
    ) -> None:
        """`wake` is called after each commit that leaves events."""
        self.done = 0
        self._site, self._engine, self._terms, self._wake = site, engine, terms, wake

    def metrics(self) -> dict[str, float]:
        """Figures for the status message and Prometheus."""
        return {"scribe_calls_judged_afterwards": self.done}

    async def run(self) -> None:
        """Works until it is cancelled."""
        while True:
            try:
                if await asyncio.to_thread(self.step, datetime.now(UTC)):
                    continue
            except DBAPIError as error:
                log.warning("database unavailable role=afterwards error=%s", brief(error))
            await asyncio.sleep(POLL)

    def step(self, now: datetime) -> int:
        """Judges the next calls whose time is up by `now` (UTC); how many there were."""
        with session(self._engine) as db:
            sets = judge_due(db, self._terms, now)
            keep_sets(db, sets)
            for each in sets:
                tell_judged(db, self._site, db.get_one(Call, each.call_id), each.findings, each.judged)
        if sets:
            self.done += len(sets)
            self._wake()
            log.info("judged afterwards calls=%d", len(sets))
        return len(sets)


def judge_due(db: Session, terms: Terms, now: datetime) -> list[NewSet]:
    """New sets of verdicts for the calls whose time is up, oldest first; their jobs are locked until the
    transaction ends, so that no two scribes do the same."""
    found = _due(db, now, ())
    if not found:
        return []
    db.execute(update(Job).where(col(Job.call_id).in_(found)).values(error=Job.error))
    works = load_works(db, _due(db, now, found))
    ready = [work for work in works if _is_up(work, terms, now)]
    heard = load_hearings(db, [work.call.id for work in ready])
    before = _before(db, [work.call.id for work in ready])
    return [_new_set(work, terms, heard.get(work.call.id, {}), before[work.call.id], now) for work in ready]


def _due(db: Session, now: datetime, among: Sequence[str]) -> list[str]:
    """Calls (of `among`, or any) that ended, are judged, and not yet by what was written down."""
    marked = exists().where(col(FindingRow.judging_id) == col(Judging.id), col(FindingRow.rule) == MARK)
    query = (
        select(col(Call.id))
        .join(Judging, col(Judging.call_id) == col(Call.id))
        .where(col(Call.ended_at).between(now - LOOK_BACK, now), is_newest(Judging), not_(marked))
        .where(col(Judging.digest).in_(_with_mark(db)))
        .order_by(col(Call.ended_at), col(Call.id))
        .limit(SIZE)
    )
    return list(db.scalars(query.where(col(Call.id).in_(among)) if among else query))


def _with_mark(db: Session) -> list[str]:
    """The standards, of those that calls were judged by, that have the rule."""
    return [each.digest for each in db.scalars(select(StandardVersion)) if MARK in each.rules]


def _is_up(work: Work, terms: Terms, now: datetime) -> bool:
    standard, _ = terms.standard(work.call)
    ended = work.call.ended_at
    return ended is not None and now >= ended + timedelta(seconds=record_time(standard))


@dataclass(frozen=True, slots=True)
class _Before:
    """A call's newest set of verdicts."""

    engine: str
    rows: tuple[FindingRow, ...]


def _before(db: Session, call_ids: Sequence[str]) -> dict[str, _Before]:
    rows: dict[str, list[FindingRow]] = {}
    for row in newest_rows(db, call_ids):
        rows.setdefault(row.call_id, []).append(row)
    judgings = db.scalars(select(Judging).where(col(Judging.call_id).in_(call_ids), is_newest(Judging)))
    return {each.call_id: _Before(each.engine, tuple(rows.get(each.call_id, ()))) for each in judgings}


def _new_set(
    work: Work, terms: Terms, heard: Mapping[str, Transcript], before: _Before, now: datetime
) -> NewSet:
    standard, names = terms.standard(work.call)
    found = judge_work(work, standard, names, heard, terms.flow(work.call), now=now, zone=terms.zone)
    judged = Judged(Weighed.of(standard), before.engine, now, ground=found.ground)
    if all(recording.id in heard for recording in work.recordings):
        return NewSet(work.call.id, found.findings, judged)
    findings = _as_they_were(found.findings, before.rows)
    return NewSet(work.call.id, findings, replace(judged, ground=None))


def _as_they_were(findings: Sequence[Finding], before: Sequence[FindingRow]) -> list[Finding]:
    """What needs words stays as it was found where they were not all kept."""
    old = {row.rule: row for row in before}
    return [
        _finding(old[each.rule]) if each.rule in old and each.rule not in BY_RECORD_ALONE else each
        for each in findings
    ]


def _finding(row: FindingRow) -> Finding:
    why = kept_reason(row.reason, row.reason_args)
    return Finding(row.rule, Verdict(row.verdict), row.clause, row.start, row.end, row.heard, why)
