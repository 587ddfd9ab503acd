"""The tables. A change here is a migration (callcenter/store/migrations).

Instants are UTC with microseconds; they are stored without a zone and come back with one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import JSON, Field, SQLModel

from callcenter.store.columns import instant, maybe_instant
from callcenter.store.verdict_tables import FindingRow as FindingRow


class Call(SQLModel, table=True):
    __tablename__ = "calls"
    id: str = Field(primary_key=True)
    site: str
    node: str = Field(index=True)  # the switchboard that holds the call
    direction: str
    line: str
    desk: str | None = Field(default=None, index=True)
    standard: str | None = None
    caller: str = Field(index=True)
    callee: str
    started_at: datetime = instant(index=True)
    first_ringing_at: datetime | None = maybe_instant()
    answered_at: datetime | None = maybe_instant()
    ended_at: datetime | None = maybe_instant()
    outcome: str | None = Field(default=None, index=True)
    rings: int = 0
    ring_seconds: float | None = None
    three_rings: str = "not_applicable"
    wait_seconds: float = 0.0
    talk_seconds: float = 0.0
    hold_seconds: float = 0.0
    hung_up_by: str | None = None
    transfer_to: str | None = None
    diverted_from: str | None = None
    queue_seconds: float = 0.0
    language: str | None = None
    # WaitFacts, PassageFacts and NoticeFacts of callcenter.domain.calls: read with their call, never apart.
    waits: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    path: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    notices: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)


class Leg(SQLModel, table=True):
    __tablename__ = "legs"
    id: str = Field(primary_key=True)
    call_id: str = Field(foreign_key="calls.id", index=True)
    position: int
    role: str
    party: str = Field(index=True)
    sip_call_id: str = ""
    invite_at: datetime = instant()
    ringing_at: datetime | None = maybe_instant()
    answered_at: datetime | None = maybe_instant()
    ended_at: datetime | None = maybe_instant()
    rings: int = 0
    ring_seconds: float | None = None
    bound: int | None = None
    verdict: str = "not_applicable"
    hung_up_by: str | None = None
    codec: str | None = None
    final_status: int | None = None
    loss: float | None = None
    jitter_seconds: float | None = None
    rtt_seconds: float | None = None


class Hold(SQLModel, table=True):
    __tablename__ = "holds"
    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(foreign_key="calls.id", index=True)
    leg_id: str = Field(foreign_key="legs.id")
    started_at: datetime = instant()
    ended_at: datetime | None = maybe_instant()


class Announcement(SQLModel, table=True):
    __tablename__ = "announcements"
    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(foreign_key="calls.id", index=True)
    leg_id: str = Field(foreign_key="legs.id")
    prompt: str
    started_at: datetime = instant()
    ended_at: datetime | None = maybe_instant()


class Recording(SQLModel, table=True):
    __tablename__ = "recordings"
    id: str = Field(primary_key=True)
    call_id: str = Field(foreign_key="calls.id", index=True)
    leg_id: str = Field(foreign_key="legs.id")
    path: str
    codec: str
    started_at: datetime = instant()
    offset_seconds: float = 0.0
    finished: bool = False
    duration_seconds: float | None = None


class Job(SQLModel, table=True):
    """Work for the scribe: one a call, made in the transaction that ends the call's last recording.

    `priority` is 0 for a call that has just ended; what is to be read again later comes after those (1).
    """

    __tablename__ = "jobs"
    call_id: str = Field(primary_key=True, foreign_key="calls.id")
    state: str = Field(default="pending", index=True)  # pending, claimed, done, failed
    created_at: datetime = instant()
    priority: int = 0
    claimed_by: str | None = None
    lease_until: datetime | None = maybe_instant()
    attempts: int = 0
    error: str | None = None
    finished_at: datetime | None = maybe_instant()


class Mix(SQLModel, table=True):
    """A call's both sides in one file, and the work of writing it; made beside the scribe's job.

    Once it is `done` there are `path` (below the recordings folder), `rate` (Hz), `size` (bytes) and
    `duration_seconds`; then `error` names the legs that could not be read.
    """

    __tablename__ = "mixes"
    call_id: str = Field(primary_key=True, foreign_key="calls.id")
    state: str = Field(default="pending", index=True)  # pending, claimed, done, failed
    created_at: datetime = instant()
    claimed_by: str | None = None
    lease_until: datetime | None = maybe_instant()
    attempts: int = 0
    error: str | None = None
    finished_at: datetime | None = maybe_instant()
    path: str | None = None
    rate: int | None = None
    size: int | None = None
    duration_seconds: float | None = None


class Word(SQLModel, table=True):
    """One word heard. `start` and `end` are seconds from the recording's own zero."""

    __tablename__ = "words"
    id: int | None = Field(default=None, primary_key=True)
    recording_id: str = Field(foreign_key="recordings.id", index=True)
    position: int
    text: str
    start: float
    end: float
    confidence: float


class UtteranceRow(SQLModel, table=True):
    """What is read of one utterance: `text`, and `pieces` of it beside what was heard, which is in `words`.

    `start` and `end` are seconds from the recording's own zero; a piece is [text, heard, start, end,
    confidence]. `characters` and `sounds` are what the search knows (callcenter.store.search_tokens).
    """

    __tablename__ = "utterances"
    id: int | None = Field(default=None, primary_key=True)
    recording_id: str = Field(foreign_key="recordings.id", ondelete="CASCADE", index=True)
    position: int
    start: float
    end: float
    text: str
    pieces: list[list[Any]] = Field(sa_type=JSON)
    characters: str
    sounds: str


class Heard(SQLModel, table=True):
    """All that was heard in one recording, with other readings, to judge by again (store/hearings.py).

    `packed` is a `transcripts.transcript.Transcript`; `seconds` what of the sound is in it.
    """

    __tablename__ = "hearings"
    recording_id: str = Field(primary_key=True, foreign_key="recordings.id", ondelete="CASCADE")
    engine: str
    seconds: float
    at: datetime = instant()
    packed: bytes


class Listening(SQLModel, table=True):
    """A recording that is being listened to while it grows: by which worker, how far it has come (seconds).

    It is the worker's until `lease_until`. Over when the recording's `Heard` is there.
    """

    __tablename__ = "listenings"
    recording_id: str = Field(primary_key=True, foreign_key="recordings.id", ondelete="CASCADE")
    worker: str
    lease_until: datetime = instant()
    seconds: float = 0.0


class Record(SQLModel, table=True):
    """The information record (信息记录): one a call, made from the signalling when the call ends or earlier.

    Times come from the system. What the agent adds is kept here; every later change is a `RecordChange`.
    """

    __tablename__ = "records"
    call_id: str = Field(primary_key=True, foreign_key="calls.id")
    created_at: datetime = instant()
    household: str | None = None
    surname: str | None = None
    telephone: str | None = None
    matter: str | None = None
    kind: str | None = None
    filled_at: datetime | None = maybe_instant()
    filled_by: str | None = None


class RecordChange(SQLModel, table=True):
    """A correction: who changed which field from what to what, when and why."""

    __tablename__ = "record_changes"
    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(foreign_key="records.call_id", index=True)
    field: str
    old: str | None = None
    new: str | None = None
    by: str
    reason: str = ""
    at: datetime = instant()


class Ticket(SQLModel, table=True):
    __tablename__ = "tickets"
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(index=True)
    state: str = Field(default="open", index=True)
    household: str | None = None
    title: str
    created_at: datetime = instant()
    created_by: str
    due_at: datetime | None = maybe_instant()
    closed_at: datetime | None = maybe_instant()


class TicketCall(SQLModel, table=True):
    __tablename__ = "ticket_calls"
    ticket_id: int = Field(primary_key=True, foreign_key="tickets.id")
    call_id: str = Field(primary_key=True, foreign_key="calls.id", index=True)
    linked_at: datetime = instant()
    linked_by: str


class TicketNote(SQLModel, table=True):
    """A note, or a change of state or due time, on a ticket: who, when, what."""

    __tablename__ = "ticket_notes"
    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="tickets.id", index=True)
    at: datetime = instant()
    by: str
    text: str


class Registration(SQLModel, table=True):
    """Where a phone can be reached, kept so that a switchboard that starts again finds it there."""

    __tablename__ = "registrations"
    node: str = Field(primary_key=True)
    user: str = Field(primary_key=True)
    contact: str = Field(primary_key=True)
    source_host: str
    source_port: int
    path: list[str] = Field(default_factory=list, sa_type=JSON)
    call_id: str
    cseq: int
    expires_at: datetime = instant(index=True)


class AgentState(SQLModel, table=True):
    """An agent's state from `at` on; the newest row of an agent is how it is now."""

    __tablename__ = "agent_states"
    __table_args__ = (Index("ix_agent_states_agent_at", "agent", "at"),)
    id: int | None = Field(default=None, primary_key=True)
    node: str
    agent: str
    state: str
    reason: str | None = None
    at: datetime = instant()
    by: str


class Callback(SQLModel, table=True):
    """Somebody is to be called back (回访). Of a number and a desk there is at most one that is unfinished.

    `created_at` is its place among the others: the instant at which the caller joined the queue, or at which
    the first call went unanswered. A claim holds until `lease_until`.
    """

    __tablename__ = "callbacks"
    __table_args__ = (
        Index(
            "ix_callbacks_unfinished",
            "number",
            "desk",
            unique=True,
            sqlite_where=text("state IN ('open', 'claimed')"),
            postgresql_where=text("state IN ('open', 'claimed')"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    number: str
    desk: str = ""
    reason: str
    state: str = Field(default="open", index=True)  # callcenter.domain.callbacks.State
    created_at: datetime = instant()
    due_at: datetime = instant()
    claimed_by: str | None = None
    claimed_at: datetime | None = maybe_instant()
    lease_until: datetime | None = maybe_instant()
    done_at: datetime | None = maybe_instant()
    outcome: str | None = None
    attempts: int = 0
    note: str = ""


class CallbackCall(SQLModel, table=True):
    """A call about a callback: one that went unanswered, or one back."""

    __tablename__ = "callback_calls"
    callback_id: int = Field(primary_key=True, foreign_key="callbacks.id")
    call_id: str = Field(primary_key=True, foreign_key="calls.id", index=True)


class Message(SQLModel, table=True):
    """What a caller left in the mailbox of a desk (its id) or of an extension (its number)."""

    __tablename__ = "messages"
    call_id: str = Field(primary_key=True, foreign_key="calls.id")
    mailbox: str = Field(index=True)
    recording_id: str | None = Field(default=None, foreign_key="recordings.id")
    seconds: float
    at: datetime = instant()
    heard_at: datetime | None = maybe_instant()
    heard_by: str | None = None


class Survey(SQLModel, table=True):
    """The score that a caller gave by a key (C5)."""

    __tablename__ = "surveys"
    call_id: str = Field(primary_key=True, foreign_key="calls.id")
    desk: str | None = Field(default=None, index=True)
    agent: str | None = None
    score: int
    at: datetime = instant()


class Audit(SQLModel, table=True):
    """Who did what to what, and what came of it (`detail`)."""

    __tablename__ = "audit"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(index=True)
    by: str
    role: str
    action: str
    subject: str
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class ExtensionFeature(SQLModel, table=True):
    """Do-not-disturb and forwarding of an extension. `forward_when`: always, busy, no_answer or ''."""

    __tablename__ = "extension_features"
    extension: str = Field(primary_key=True)
    dnd: bool = False
    forward_to: str = ""
    forward_when: str = ""


class Outbox(SQLModel, table=True):
    """An event that has been committed and is to be published. Each role publishes its own rows, in order."""

    __tablename__ = "outbox"
    id: int | None = Field(default=None, primary_key=True)
    event_id: str = Field(unique=True)
    role: str = Field(index=True)  # switchboard, scribe, web: who publishes it
    topic: str
    payload: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = instant()
    published_at: datetime | None = maybe_instant(index=True)
