"""The tables of verdicts: sets of findings beside one another, and what people said of them.

A finding is never changed. A call that is judged again gets another set (a `Judging`); a person's word is a
row beside the finding (`Review`), and what follows from all of them stands in its `ReviewItem`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import JSON, Field, SQLModel

from callcenter.domain.reasons import Language, kept_reason
from callcenter.store.columns import instant, maybe_instant


class StandardVersion(SQLModel, table=True):
    """What a standard weighed when calls were judged by it, as `callcenter.domain.standards.Rule` has it.

    `rules` holds, by the rule's id: `title`, `weight`, `severity`, `automatic_fail`.
    """

    __tablename__ = "standard_versions"
    digest: str = Field(primary_key=True)
    name: str
    version: str
    title: str
    rules: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class JudgingBasis(SQLModel, table=True):
    """What sets rest on, apart from their calls: a fingerprint by rule (callcenter.judging.basis)."""

    __tablename__ = "judging_bases"
    digest: str = Field(primary_key=True)
    rules: dict[str, str] = Field(default_factory=dict, sa_type=JSON)


class Judging(SQLModel, table=True):
    """A set of verdicts on a call: by which standard, which version of it, with which engine, when.

    Of the sets of a call the one with the highest id is the newest. `rejudging_id`: made when history was
    judged again. `score` (0 to 100), `failed` (an automatic fail) and `worst` (fail, unsure, pass, or "") are
    what the findings come to; `reviewed_…` the same by people's verdicts, where there are such. `basis` (the
    digest of a `JudgingBasis`) and `inputs` say what it rests on; without them nothing of it is taken over.
    """

    __tablename__ = "judgings"
    __table_args__ = (Index("ix_judgings_call_id_id", "call_id", "id", "worst", "reviewed_worst"),)
    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(foreign_key="calls.id")
    standard: str = Field(index=True)
    version: str
    digest: str
    engine: str
    judged_at: datetime = instant()
    rejudging_id: int | None = Field(default=None, foreign_key="rejudgings.id")
    score: float | None = None
    failed: bool = False
    reviewed_score: float | None = None
    reviewed_failed: bool | None = None
    worst: str = ""
    reviewed_worst: str | None = None
    basis: str | None = None
    inputs: str | None = None


class FindingRow(SQLModel, table=True):
    """A rule's verdict on a call. `start` and `end` are seconds from the call's zero (the agent's 200).

    `why` is the reason in English; `reason` (its code) and `reason_args` are missing in rows older than 0002.
    `repeats` is the finding of an older set that says the very same: what people said of that one holds.
    """

    __tablename__ = "findings"
    __table_args__ = (
        UniqueConstraint("judging_id", "rule"),
        Index("ix_findings_rule_verdict", "rule", "verdict", "judging_id", "repeats"),
    )
    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(foreign_key="calls.id", index=True)
    judging_id: int = Field(foreign_key="judgings.id")
    rule: str
    verdict: str
    clause: str
    start: float | None = None
    end: float | None = None
    heard: str = ""
    why: str = ""
    reason: str | None = None
    reason_args: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    repeats: int | None = Field(default=None, index=True)

    def told(self, language: Language) -> str | None:
        """The reason in that language; None where only `why` is known."""
        reason = kept_reason(self.reason, self.reason_args)
        return reason.text(language) if reason else None


class ReviewItem(SQLModel, table=True):
    """A finding that people are to look at, or did. `wanted`: how many, each without the others' word.

    `verdict` is what they came to, once `state` is `decided`; `superseded`: the call was judged anew before
    anybody looked. `rank` is its place in the queue, lower is sooner.
    """

    __tablename__ = "review_items"
    __table_args__ = (
        Index("ix_review_items_queue", "state", "rank", "finding_id"),
        Index("ix_review_items_decided_at", "decided_at"),
    )
    finding_id: int = Field(primary_key=True, foreign_key="findings.id")
    call_id: str = Field(foreign_key="calls.id", index=True)
    rule: str
    cause: str  # callcenter.domain.reviews.Cause
    rank: int
    wanted: int = 1
    state: str = "open"
    verdict: str | None = None
    created_at: datetime = instant()
    decided_at: datetime | None = maybe_instant()


class Review(SQLModel, table=True):
    """What one person said of a finding, and why. `kind`: `review`, or `appeal` (the answer to one)."""

    __tablename__ = "reviews"
    id: int | None = Field(default=None, primary_key=True)
    finding_id: int = Field(foreign_key="review_items.finding_id", index=True)
    by: str = Field(index=True)
    verdict: str
    reason: str = ""
    kind: str = "review"
    at: datetime = instant(index=True)


class Appeal(SQLModel, table=True):
    """An agent's word against a finding: one a finding. `state`: open, upheld, rejected."""

    __tablename__ = "appeals"
    finding_id: int = Field(primary_key=True, foreign_key="findings.id")
    call_id: str = Field(foreign_key="calls.id", index=True)
    agent: str = Field(index=True)
    reason: str
    raised_at: datetime = instant()
    state: str = Field(default="open", index=True)
    answer: str = ""
    answered_by: str | None = None
    answered_at: datetime | None = maybe_instant()


class Rejudging(SQLModel, table=True):
    """An order to judge history again, and how far it is. Newest calls first; `cursor` is the last one done.

    `standard`, `desk` and `since` narrow which calls. `total` are the calls that were there when it began,
    `done` those that were looked at, `judged` those that got a new set, `changed` those of them with another
    verdict of some rule.
    """

    __tablename__ = "rejudgings"
    id: int | None = Field(default=None, primary_key=True)
    standard: str | None = None
    desk: str | None = None
    since: datetime | None = maybe_instant()
    by: str
    created_at: datetime = instant()
    state: str = Field(default="pending", index=True)  # pending, claimed, done, failed, stopped
    started_at: datetime | None = maybe_instant()
    finished_at: datetime | None = maybe_instant()
    total: int | None = None
    done: int = 0
    judged: int = 0
    changed: int = 0
    cursor_at: datetime | None = maybe_instant()
    cursor_id: str | None = None
    claimed_by: str | None = None
    lease_until: datetime | None = maybe_instant()
    attempts: int = 0
    error: str | None = None
