"""What is known of a call and its legs, as values. The switchboard makes them, the store keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from callcenter.domain.findings import Verdict


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Line(StrEnum):
    """External: to or from a trunk. Internal: between extensions."""

    EXTERNAL = "external"
    INTERNAL = "internal"


class Outcome(StrEnum):
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    FAILED = "failed"
    MESSAGE = "message"
    CALLBACK = "callback"
    CLOSED = "closed"
    """The desk's flow ended with an announcement: closed, or nobody there."""
    INTERRUPTED = "interrupted"


class Role(StrEnum):
    """What a leg is in its call."""

    CALLER = "caller"
    AGENT = "agent"
    TARGET = "target"  # where a call was transferred to
    SUPERVISOR = "supervisor"  # listens, whispers or joins; no part of the conversation's times


class HungUpBy(StrEnum):
    """Who ended the leg; SYSTEM: a transfer, time-out or shutdown; NETWORK: a vanished peer."""

    CALLER = "caller"
    AGENT = "agent"
    SYSTEM = "system"
    NETWORK = "network"


class EventName(StrEnum):
    """The last word of a call event's topic and CloudEvents type."""

    STARTED = "started"
    RINGING = "ringing"
    ANSWERED = "answered"
    HELD = "held"
    RESUMED = "resumed"
    QUEUED = "queued"
    WARNED = "warned"
    PARKED = "parked"
    TRANSFERRED = "transferred"
    ENDED = "ended"
    RECORDED = "recorded"
    HEARD = "heard"
    TRANSCRIBED = "transcribed"
    JUDGED = "judged"


@dataclass(frozen=True, slots=True)
class LegFacts:
    """One SIP leg. Instants are UTC, taken where the datagram was read; durations are monotonic seconds.

    `bound` is the limit in rings in force when the leg rang (the standard's `max_rings`, or the desk's).
    `loss` is the share (0 to 1) of the party's RTP packets that never came, `jitter_seconds` their
    interarrival jitter and `rtt_seconds` the mean round trip (RFC 3550 §6.4.1); None: not measured.
    """

    id: str
    role: Role
    party: str
    invite_at: datetime
    sip_call_id: str = ""
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    rings: int = 0
    ring_seconds: float | None = None
    bound: int | None = None
    verdict: Verdict = Verdict.NOT_APPLICABLE
    hung_up_by: HungUpBy | None = None
    codec: str | None = None
    final_status: int | None = None
    loss: float | None = None
    jitter_seconds: float | None = None
    rtt_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """A hold in the signalling: which leg put the call on hold, and from when to when (UTC)."""

    leg_id: str
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AnnouncementFacts:
    """A prompt that was played to a leg (UTC)."""

    leg_id: str
    prompt: str
    started_at: datetime
    ended_at: datetime | None = None


class WaitKind(StrEnum):
    """What a caller does before somebody talks with them, other than hearing a phone ring."""

    PROMPT = "prompt"
    MENU = "menu"
    QUEUE = "queue"
    PARK = "park"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class WaitFacts:
    """A time that a caller spent waiting, kept apart from ring time (UTC)."""

    kind: WaitKind
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PassageFacts:
    """One edge of the call's graph: what led it where, with what result.

    `kind` is `step` (of the desk's flow), `key`, `ring`, `transfer`, `forward`, `back`, `park`, `survey`;
    `source` and `target` are names of steps, keys, numbers.
    """

    at: datetime
    kind: str
    source: str
    target: str
    result: str = ""


class Hearing(StrEnum):
    """What came of a recording notice."""

    HEARD = "heard"
    CUT_SHORT = "cut_short"
    OBJECTED = "objected"


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """The recording notice as one party heard it: which version, from when to when (UTC), what came of it."""

    leg_id: str
    version: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: Hearing | None = None


@dataclass(frozen=True, slots=True)
class CallFacts:
    """Everything the switchboard knows of one call at one moment: a snapshot, replaced by the next one.

    `answered_at` is the first agent's 200, the zero of every recording time. `wait_seconds` runs from the
    caller's INVITE to that answer (or to the end), `talk_seconds` and `hold_seconds` from there.
    `transfer_to` is the last party the call was sent to by a transfer. `diverted_from` is the number that
    the caller had dialled, where the line says that the call was forwarded to us from there.
    `queue_seconds` is what of the wait was spent in a queue, `waits` says what each part of it was.
    `language` is what the caller chose, None: the desk's. `path` is the call's graph, in the order of time.
    """

    id: str
    direction: Direction
    line: Line
    caller: str
    callee: str
    started_at: datetime
    desk: str | None = None
    standard: str | None = None
    first_ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    rings: int = 0
    ring_seconds: float | None = None
    three_rings: Verdict = Verdict.NOT_APPLICABLE
    wait_seconds: float = 0.0
    talk_seconds: float = 0.0
    hold_seconds: float = 0.0
    hung_up_by: HungUpBy | None = None
    transfer_to: str | None = None
    legs: tuple[LegFacts, ...] = field(default=())
    holds: tuple[HoldFacts, ...] = field(default=())
    announcements: tuple[AnnouncementFacts, ...] = field(default=())
    queue_seconds: float = 0.0
    language: str | None = None
    waits: tuple[WaitFacts, ...] = field(default=())
    path: tuple[PassageFacts, ...] = field(default=())
    notices: tuple[NoticeFacts, ...] = field(default=())
    diverted_from: str | None = None


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """One leg's recording: a file in the leg's own codec that grows while the call lasts.

    `path` is relative to the recordings folder. The file's time zero is `started_at`, which lies
    `offset_seconds` after the call's zero (0 for the caller and the first agent).
    """

    id: str
    call_id: str
    leg_id: str
    path: str
    codec: str
    started_at: datetime
    offset_seconds: float
    finished: bool = False
    duration_seconds: float | None = None
