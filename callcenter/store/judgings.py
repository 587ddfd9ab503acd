"""Sets of verdicts: a call that is judged (again) gets a new one beside the old (REQUIREMENTS.md C1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, insert, not_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reviews import RANK, Cause
from callcenter.domain.scorecards import Weights, kept_weights, score_call
from callcenter.domain.standards import KINDS, Standard
from callcenter.judging.basis import Basis, Ground
from callcenter.store.verdict_tables import FindingRow, Judging, ReviewItem

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_SAME = ("verdict", "clause", "start", "end", "heard", "reason", "reason_args")
"""What makes two findings of one rule the very same."""
_SAID = ("rule", "why", *_SAME)
"""All that a finding says."""
IN_ORDER = case(
    {rule: place for place, rule in enumerate(KINDS)}, value=col(FindingRow.rule), else_=len(KINDS)
)
"""The order of a call's findings: that in which a call comes to the rules."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What is remembered of a standard; `rules`: title, weight, severity, automatic_fail, by rule."""

    digest: str
    name: str
    version: str
    title: str
    rules: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, standard: Standard) -> Weighed:
        names = ("title", "weight", "severity", "automatic_fail")
        rules = {rule.id: {name: getattr(rule, name) for name in names} for rule in standard.rules}
        return cls(standard.digest, standard.name, standard.version, standard.title, rules)


@dataclass(frozen=True, slots=True)
class Judged:
    """By which standard, with which engine, at which instant (UTC); `rejudging`: the order to do it again.

    `ground` is what the set rests on; None: nothing of it may be taken over into another.
    """

    standard: Weighed
    engine: str
    at: datetime
    rejudging: int | None = None
    ground: Ground | None = None


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What stays of an older set of the call: all that it says by `rules`, which is `verdicts`."""

    judging_id: int
    rules: frozenset[str]
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True, slots=True)
class NewSet:
    """A call's new verdicts: those that were found, and those that stay as they were."""

    call_id: str
    findings: Sequence[Finding]
    judged: Judged
    taken: TakenOver | None = None

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """All of them, by rule."""
        found = {finding.rule: finding.verdict for finding in self.findings}
        return {**self.taken.verdicts, **found} if self.taken else found

    def stays(self, rule: str) -> bool:
        """Whether what was said by that rule stays."""
        return self.taken is not None and rule in self.taken.rules


@dataclass(frozen=True, slots=True)
class Kept:
    """A set as it was kept. `changed`: a rule says other than in the call's set before, if there was one;
    `reviewed`: people decided something of an older set."""

    judging_id: int
    call_id: str
    changed: bool
    reviewed: bool


def add_sets(session: Session, sets: Sequence[NewSet]) -> list[Kept]:
    """Keeps new sets of verdicts of different calls; the old ones stay as they are.

    What nobody can decide by machine goes to the review queue, unless the set before said the very same. What
    was queued of that one and nobody looked at yet is not looked at any more.
    """
    if not sets:
        return []
    ids = [each.call_id for each in sets]
    before = _by_call(_rows_before(session, sets))
    by_people = col(Judging.call_id).in_(ids), col(Judging.reviewed_failed).is_not(None)
    reviewed = set(session.scalars(select(col(Judging.call_id)).where(*by_people)))
    keep_standards(session, (each.judged.standard for each in sets))
    _keep_bases(session, (each.judged.ground.basis for each in sets if each.judged.ground))
    add = insert(Judging).returning(col(Judging.id), sort_by_parameter_order=True)
    made = [id or 0 for id in session.scalars(add, _judging_rows(sets))]
    rows, kept = [], []
    for judging_id, each in zip(made, sets, strict=True):
        old = before.get(each.call_id, {})
        new = [_finding_row(each.call_id, judging_id, finding) for finding in each.findings]
        for row in new:
            row["repeats"] = _repeated(row, old.get(row["rule"]))
        rows += new
        verdicts = {row["rule"]: row["verdict"] for row in new}
        was = {rule: row.verdict for rule, row in old.items() if not each.stays(rule)}
        changed = bool(old or each.taken) and verdicts != was
        kept.append(Kept(judging_id, each.call_id, changed, each.call_id in reviewed))
    if rows:
        session.execute(insert(FindingRow), rows)
    _take_over(session, made, sets)
    _retire(session, ids, made)
    _queue_unsure(session, made, sets)
    return kept


def _rows_before(session: Session, sets: Sequence[NewSet]) -> list[FindingRow]:
    """The findings of the calls' newest sets, without those that stay in all of them."""
    whole = [each.call_id for each in sets if each.taken is None]
    rows = list(newest_rows(session, whole)) if whole else []
    if partly := [each for each in sets if each.taken]:
        stay = frozenset.intersection(*(each.taken.rules for each in partly if each.taken))
        rows += newest_rows(session, [each.call_id for each in partly], without=stay)
    return rows


def _take_over(session: Session, made: Sequence[int], sets: Sequence[NewSet]) -> None:
    """Copies what stays: each repeats the first finding that said it."""
    groups: dict[frozenset[str], list[tuple[int, int]]] = {}
    for judging_id, each in zip(made, sets, strict=True):
        if each.taken:
            groups.setdefault(each.taken.rules, []).append((judging_id, each.taken.judging_id))
    for rules, pairs in groups.items():
        new, old = zip(*pairs, strict=True)
        first = func.coalesce(col(FindingRow.repeats), col(FindingRow.id))
        said = [col(getattr(FindingRow, name)) for name in _SAID]
        rows = (
            select(col(Judging.call_id), col(Judging.id), first, *said)
            .join(Judging, col(Judging.call_id) == col(FindingRow.call_id))
            .where(col(Judging.id).in_(new), col(FindingRow.judging_id).in_(old))
            .where(col(FindingRow.rule).in_(rules))
        )
        session.execute(insert(FindingRow).from_select(["call_id", "judging_id", "repeats", *_SAID], rows))


def keep_standards(session: Session, standards: Iterable[Weighed]) -> None:
    """Remembers what each of them weighs, once."""
    connection, table = session.connection(), SQLModel.metadata.tables["standard_versions"]
    statement = _INSERT[connection.dialect.name](table).on_conflict_do_nothing()
    rows = {each.digest: _row(each) for each in standards}
    connection.execute(statement, list(rows.values()))


def _keep_bases(session: Session, bases: Iterable[Basis]) -> None:
    """The same of what sets rest on."""
    if rows := {each.digest: {"digest": each.digest, "rules": dict(each.rules)} for each in bases}:
        connection, table = session.connection(), SQLModel.metadata.tables["judging_bases"]
        connection.execute(
            _INSERT[connection.dialect.name](table).on_conflict_do_nothing(), list(rows.values())
        )


def sets_of(session: Session, call_id: str) -> list[tuple[Judging, list[FindingRow]]]:
    """All sets of verdicts on the call with their findings, newest first."""
    found = select(Judging).where(col(Judging.call_id) == call_id).order_by(col(Judging.id).desc())
    judgings = session.scalars(found).all()
    rows = session.scalars(
        select(FindingRow).where(col(FindingRow.call_id) == call_id).order_by(IN_ORDER)
    ).all()
    return [(each, [row for row in rows if row.judging_id == each.id]) for each in judgings]


def is_newest(judging: type[Judging]) -> ColumnElement[bool]:
    """Whether there is no newer set of the same call."""
    newer = aliased(Judging)
    return not_(exists().where(col(newer.call_id) == col(judging.call_id), col(newer.id) > col(judging.id)))


def newest_rows(
    session: Session, call_ids: Sequence[str], without: Collection[str] = ()
) -> Sequence[FindingRow]:
    """The findings of the newest set of each of the calls, but for those by the rules `without`."""
    query = (
        select(FindingRow)
        .join(Judging, col(Judging.id) == col(FindingRow.judging_id))
        .where(col(Judging.call_id).in_(call_ids), is_newest(Judging))
    )
    return session.scalars(query.where(col(FindingRow.rule).not_in(without)) if without else query).all()


def _by_call(rows: Iterable[FindingRow]) -> dict[str, dict[str, FindingRow]]:
    found: dict[str, dict[str, FindingRow]] = {}
    for row in rows:
        found.setdefault(row.call_id, {})[row.rule] = row
    return found


def _row(standard: Weighed) -> dict[str, Any]:
    return {field.name: getattr(standard, field.name) for field in fields(standard)}


def _judging_rows(sets: Sequence[NewSet]) -> list[dict[str, Any]]:
    standards = {each.judged.standard.digest: each.judged.standard for each in sets}
    weights = {digest: kept_weights(standard.rules) for digest, standard in standards.items()}
    return [_judging_row(each, weights[each.judged.standard.digest]) for each in sets]


def _judging_row(new: NewSet, weights: Weights) -> dict[str, Any]:
    standard, ground = new.judged.standard, new.judged.ground
    card = score_call(new.verdicts, weights)
    return {
        "call_id": new.call_id,
        "standard": standard.name,
        "version": standard.version,
        "digest": standard.digest,
        "engine": new.judged.engine,
        "judged_at": new.judged.at,
        "rejudging_id": new.judged.rejudging,
        "score": card.score,
        "failed": card.failed,
        "worst": card.worst,
        "basis": ground.basis.digest if ground else None,
        "inputs": ground.inputs if ground else None,
    }


def _finding_row(call_id: str, judging_id: int, finding: Finding) -> dict[str, Any]:
    return {
        "call_id": call_id,
        "judging_id": judging_id,
        "rule": finding.rule,
        "verdict": finding.verdict.value,
        "clause": finding.clause,
        "start": finding.start,
        "end": finding.end,
        "heard": finding.heard,
        "why": finding.why,
        "reason": finding.reason.code.value if finding.reason else None,
        "reason_args": dict(finding.reason.args) if finding.reason else None,
    }


def _repeated(row: Mapping[str, Any], old: FindingRow | None) -> int | None:
    """The first finding that said the very same, or None."""
    if old is None or any(row[name] != getattr(old, name) for name in _SAME):
        return None
    return old.repeats or old.id


def _retire(session: Session, call_ids: Sequence[str], made: Sequence[int]) -> None:
    """What waits in the queue and no finding of the new sets repeats has become pointless."""
    waiting = col(ReviewItem.call_id).in_(call_ids), col(ReviewItem.state) == "open"
    again = select(col(FindingRow.repeats)).where(
        col(FindingRow.judging_id).in_(made), col(FindingRow.repeats).is_not(None)
    )
    session.execute(
        update(ReviewItem)
        .where(*waiting, col(ReviewItem.finding_id).not_in(again))
        .values(state="superseded"),
        execution_options={"synchronize_session": False},
    )


def _queue_unsure(session: Session, judging_ids: Sequence[int], sets: Sequence[NewSet]) -> None:
    if not any(finding.verdict is Verdict.UNSURE for each in sets for finding in each.findings):
        return
    rows = session.scalars(
        select(FindingRow).where(
            col(FindingRow.judging_id).in_(judging_ids), col(FindingRow.verdict) == Verdict.UNSURE.value
        )
    )
    judged = {each.call_id: each.judged for each in sets}
    # Looked at here: asked for what repeats nothing, SQLite reads all of 3 million findings that do not.
    asked = [(row, _cause(judged[row.call_id]), 1) for row in rows if row.repeats is None]
    queue(session, asked, judged[sets[0].call_id].at)


def _cause(judged: Judged) -> Cause:
    return Cause.UNSURE if judged.rejudging is None else Cause.HISTORY


def queue(session: Session, wanted: Sequence[tuple[FindingRow, Cause, int]], now: datetime) -> None:
    """Asks people (so many of them) to look at findings; what is asked or was answered before stays."""
    if not wanted:
        return
    connection, table = session.connection(), SQLModel.metadata.tables["review_items"]
    rows = [
        {
            "finding_id": row.repeats or row.id,
            "call_id": row.call_id,
            "rule": row.rule,
            "cause": cause.value,
            "rank": RANK[cause],
            "wanted": people,
            "state": "open",
            "created_at": now,
        }
        for row, cause, people in wanted
    ]
    connection.execute(_INSERT[connection.dialect.name](table).on_conflict_do_nothing(), rows)
