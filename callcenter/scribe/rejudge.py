"""Stored calls judged again from what was heard of them: no sound is decoded.

Most of a changed standard is as it was. What a call's newest set says by a rule is taken over where all that
it rests on (`callcenter.judging.basis`) is the same now; only the other rules are judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from callcenter.domain.findings import Verdict
from callcenter.domain.standards import Standard
from callcenter.judging.basis import Basis, Ground, basis_of, inputs_of
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.reads import READS
from callcenter.scribe.call_facts import facts_of, record_time
from callcenter.scribe.case import judge_heard
from callcenter.scribe.hands import Transcript
from callcenter.scribe.terms import Terms
from callcenter.store.hearings import Length, lengths_of, load_hearings
from callcenter.store.jobs import Work, load_works
from callcenter.store.judgings import Judged, NewSet, TakenOver, Weighed, is_newest
from callcenter.store.tables import Word as WordRow
from callcenter.store.verdict_tables import FindingRow, Judging, JudgingBasis
from transcripts.recogniser import Word


def judge_stored(
    session: Session, terms: Terms, call_ids: Sequence[str], now: datetime, order: int | None
) -> list[NewSet]:
    """New sets of verdicts for those of the calls whose newest set rests on something else than it would now.

    Reads, and writes nothing. `order` is the one (of `callcenter.store.rejudgings`) that asks for it.
    """
    before = _newest(session, call_ids)
    works = [work for work in load_works(session, call_ids) if work.call.id in before]
    asked = (_Asked.of(work, terms, before[work.call.id]) for work in works)
    stale = [each for each in asked if each.is_stale()]
    plans = list(_plans(session, terms, stale, now))
    heard = heard_of(session, [plan.asked.work for plan in plans if plan.hears])
    verdicts = _verdicts(session, [plan.asked.before.id for plan in plans if plan.stays])
    return [
        _new_set(plan, heard.get(plan.call_id, {}), verdicts.get(plan.asked.before.id, {}), now, order)
        for plan in plans
    ]


@dataclass(frozen=True, slots=True)
class _Before:
    """A call's newest set."""

    id: int
    digest: str
    basis: str | None
    inputs: str | None
    engine: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call, by what it was judged, and by what it would be now."""

    work: Work
    before: _Before
    standard: Standard
    names: tuple[str, ...]
    basis: Basis

    @classmethod
    def of(cls, work: Work, terms: Terms, before: _Before) -> _Asked:
        standard, names = terms.standard(work.call)
        return cls(work, before, standard, names, basis_of(standard, names))

    def is_stale(self) -> bool:
        return (self.before.digest, self.before.basis) != (self.standard.digest, self.basis.digest)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be judged of a call; `stays`: the rules by which its newest set still holds."""

    asked: _Asked
    facts: JudgeFacts
    inputs: str
    stays: frozenset[str]

    @property
    def hears(self) -> bool:
        """Whether anything that was heard is needed."""
        rules = self.asked.standard.rules
        return any(READS[rule.id].hears for rule in rules if rule.id not in self.stays)

    @property
    def call_id(self) -> str:
        return self.asked.work.call.id


def _new_set(
    plan: _Plan,
    heard: Mapping[str, Transcript],
    verdicts: Mapping[str, Verdict],
    now: datetime,
    order: int | None,
) -> NewSet:
    asked, stays = plan.asked, plan.stays
    found = judge_heard(asked.work, plan.facts, asked.standard, asked.names, heard, stays)
    kept = {rule: verdict for rule, verdict in verdicts.items() if rule in stays}
    ground = Ground(asked.basis, plan.inputs)
    judged = Judged(Weighed.of(asked.standard), asked.before.engine, now, order, ground)
    return NewSet(plan.call_id, found, judged, TakenOver(asked.before.id, stays, kept) if stays else None)


def _plans(session: Session, terms: Terms, stale: Sequence[_Asked], now: datetime) -> Iterator[_Plan]:
    lengths = lengths_of(session, [each.work.call.id for each in stale])
    bases = _bases(session, (each.before.basis for each in stale))
    for each in stale:
        work, before = each.work, each.before
        limit = record_time(each.standard)
        facts = facts_of(work, terms.flow(work.call), record_time=limit, now=now, zone=terms.zone)
        heard = lengths.get(work.call.id, {})
        inputs = inputs_of(facts, {id: length.seconds for id, length in heard.items()})
        known = before.inputs == inputs and _is_older(heard, before.at)
        stays = each.basis.standing(bases.get(before.basis or "", {})) if known else frozenset[str]()
        yield _Plan(each, facts, inputs, stays)


def _is_older(heard: Mapping[str, Length], at: datetime) -> bool:
    """Whether nothing was heard anew since then."""
    return all(length.at <= at for length in heard.values())


def heard_of(session: Session, works: Sequence[Work]) -> dict[str, dict[str, Transcript]]:
    """What is kept of what was heard in these calls, by call and recording."""
    heard = load_hearings(session, [work.call.id for work in works])
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


def _newest(session: Session, call_ids: Sequence[str]) -> dict[str, _Before]:
    names = ("id", "digest", "basis", "inputs", "engine", "judged_at")
    query = select(col(Judging.call_id), *(col(getattr(Judging, name)) for name in names))
    found = session.execute(query.where(col(Judging.call_id).in_(call_ids), is_newest(Judging)))
    return {call_id: _Before(*values) for call_id, *values in found}


def _bases(session: Session, digests: Iterable[str | None]) -> dict[str, Mapping[str, str]]:
    wanted = {digest for digest in digests if digest}
    found = session.scalars(select(JudgingBasis).where(col(JudgingBasis.digest).in_(wanted)))
    return {each.digest: each.rules for each in found}


def _verdicts(session: Session, judging_ids: Sequence[int]) -> dict[int, dict[str, Verdict]]:
    """What sets say, by set and rule."""
    told = select(col(FindingRow.judging_id), col(FindingRow.rule), col(FindingRow.verdict))
    found: dict[int, dict[str, Verdict]] = {}
    for id, rule, verdict in session.execute(told.where(col(FindingRow.judging_id).in_(judging_ids))):
        found.setdefault(id, {})[rule] = Verdict(verdict)
    return found
