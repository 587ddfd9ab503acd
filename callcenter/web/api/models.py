"""What the API says and takes. Instants are UTC; durations are seconds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.domain.calls import Direction, HungUpBy, Line, Outcome, Role
from callcenter.domain.findings import Verdict
from callcenter.domain.tickets import TicketState
from callcenter.store.queries import CallDetail
from callcenter.store.tables import Mix, Recording, Ticket


def _printable(value: str) -> str:
    if any((letter < " " and letter not in "\n\t\r") or "\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("holds a control character")
    return value


Short = Annotated[str, Field(max_length=120), AfterValidator(_printable)]
Long = Annotated[str, Field(max_length=4000), AfterValidator(_printable)]
Who = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_printable)]


Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]
"""A day of the site's time zone."""
Dialled = Annotated[str, Field(pattern=r"^[0-9*#+]{1,32}$", examples=["8100"])]
"""What can be dialled: an extension or a number."""


class Said(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LegOut(Said):
    id: str
    role: Role
    party: str
    invite_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    rings: int
    ring_seconds: float | None
    bound: int | None
    verdict: Verdict
    hung_up_by: HungUpBy | None
    codec: str | None
    sip_call_id: str
    final_status: int | None
    loss: float | None
    jitter_seconds: float | None
    rtt_seconds: float | None


class HoldOut(Said):
    leg_id: str
    started_at: datetime
    ended_at: datetime | None


class AnnouncementOut(Said):
    leg_id: str
    prompt: str
    started_at: datetime
    ended_at: datetime | None


class LegRecordingOut(Said):
    leg_id: str
    codec: str
    offset_seconds: float
    duration_seconds: float | None
    finished: bool
    url: str


class StereoFileOut(Said):
    """Both sides in one FLAC file: the caller left, agents right; silence where nobody was on the line.

    `rate` in Hz, `size` in bytes. `missing` says which legs could not be read.
    """

    url: str
    rate: int
    size: int
    duration_seconds: float
    missing: str | None


class RecordingOut(Said):
    """The call's sound. `finished` once every leg's file is closed; `file` is there some seconds later."""

    url: str
    finished: bool
    duration_seconds: float | None
    file: StereoFileOut | None
    legs: list[LegRecordingOut]


class FindingOut(Said):
    """A rule's verdict: `verdict` holds, by people where they spoke (`review` is then decided); `machine` is
    what was found. `why` is English; `why_zh` is null in rows older than it."""

    id: int
    rule: str
    verdict: Verdict
    machine: Verdict
    review: Literal["none", "open", "decided"]
    clause: str
    start: float | None
    end: float | None
    heard: str
    why: str
    why_zh: str | None
    standard: str
    standard_version: str
    digest: str
    engine: str
    judged_at: datetime


class ChangeOut(Said):
    field: str
    old: str | None
    new: str | None
    by: str
    reason: str
    at: datetime


class RecordOut(Said):
    created_at: datetime
    household: str | None
    surname: str | None
    telephone: str | None
    matter: str | None
    kind: str | None
    filled_at: datetime | None
    filled_by: str | None


class RecordWithChanges(RecordOut):
    """The record and every correction, oldest first."""

    changes: list[ChangeOut]


class RecordIn(Asked):
    """The fields to write; those left out stay. `reason` is needed where a value is replaced."""

    household: Short | None = None
    surname: Short | None = None
    telephone: Short | None = None
    matter: Long | None = None
    kind: Short | None = None
    by: Who
    reason: Short = ""

    def values(self) -> dict[str, str | None]:
        return self.model_dump(exclude={"by", "reason"}, exclude_unset=True)


class TicketOut(Said):
    id: int
    kind: str
    state: TicketState
    household: str | None
    title: str
    created_at: datetime
    created_by: str
    due_at: datetime | None
    closed_at: datetime | None


class NoteOut(Said):
    at: datetime
    by: str
    text: str


class WaitOut(Said):
    """What the caller waited for, other than a phone that rang: prompt, menu, queue, park or message."""

    kind: str
    started_at: datetime
    ended_at: datetime | None


class PassageOut(Said):
    """An edge of the call's graph: what led it from where to where, with what result."""

    at: datetime
    kind: str
    source: str
    target: str
    result: str


class NoticeOut(Said):
    """The recording notice as one party heard it; `outcome` is heard, cut_short or objected."""

    leg_id: str
    version: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None


class CallOut(Said):
    """One call with everything kept about it; `outcome` is null while it lasts."""

    id: str
    direction: Direction
    line: Line
    desk: str | None
    standard: str | None
    caller: str
    callee: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None
    rings: int
    ring_seconds: float | None
    three_rings: Verdict
    first_ringing_at: datetime | None
    wait_seconds: float
    talk_seconds: float
    hold_seconds: float
    hung_up_by: HungUpBy | None
    transfer_to: str | None
    diverted_from: str | None
    queue_seconds: float
    language: str | None
    waits: list[WaitOut]
    path: list[PassageOut]
    notices: list[NoticeOut]
    legs: list[LegOut]
    holds: list[HoldOut]
    announcements: list[AnnouncementOut]
    recording: RecordingOut | None
    record: RecordOut | None
    tickets: list[TicketOut]
    findings: list[FindingOut]


class CallList(BaseModel):
    items: list[CallOut]
    total: int
    page: int
    size: int


class LiveOut(BaseModel):
    """The calls that last, as they are on record; the server's clock, to count rings from; and what each
    switchboard holds at this moment: calls, agents, queues, parked calls (docs/events.md), by its node."""

    now: datetime
    calls: list[CallOut]
    nodes: dict[str, dict[str, Any]] = {}


class TicketDetailOut(TicketOut):
    notes: list[NoteOut]
    calls: list[CallOut]


class TicketList(BaseModel):
    items: list[TicketOut]
    total: int
    page: int
    size: int


class TicketIn(Asked):
    kind: Short
    title: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
    by: Who
    household: Short | None = None
    due_at: AwareDatetime | None = None
    call_id: Short | None = None


class TicketPatch(Asked):
    """A new state, a new promised time, or both; `due_at: null` takes the time away."""

    by: Who
    state: TicketState | None = None
    due_at: AwareDatetime | None = None


class NoteIn(Asked):
    text: Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_printable)]
    by: Who


class LinkIn(Asked):
    call_id: Short
    by: Who


class TransferIn(Asked):
    """`by` is who sends the call on: an extension or a name."""

    target: Dialled
    by: Short = ""


class Done(BaseModel):
    """The switchboard did it; `result` is what it said."""

    ok: Literal[True] = True
    result: dict[str, Any]


class WordOut(BaseModel):
    text: str
    start: float
    end: float
    confidence: float


class PieceOut(WordOut):
    """A piece of what is read: `heard` is how it was recognised."""

    heard: str


class UtteranceOut(BaseModel):
    """What one leg said in one breath; times are seconds of call time.

    `text` is what is read, of `pieces`: names put right, numbers in digits. `heard` is what was recognised,
    of `words`, by which the call is judged.
    """

    leg: str
    role: Role
    speaker: str
    start: float
    end: float
    text: str
    heard: str
    pieces: list[PieceOut]
    words: list[WordOut]


class TranscriptOut(BaseModel):
    """`done` is false while the call is not transcribed yet."""

    call_id: str
    done: bool
    utterances: list[UtteranceOut]


class FindingList(BaseModel):
    items: list[FindingOut]


class TallyOut(Said):
    """How often a rule was kept; `rate` is 0 to 1, null where nothing was decided."""

    passed: int
    failed: int
    unsure: int
    rate: float | None


class DayOut(Said):
    """One day of the site in its own time zone. Seconds, and rates from 0 to 1."""

    day: date
    calls: int
    live: int
    outcomes: dict[str, int]
    three_rings: TallyOut
    by_hour: dict[int, TallyOut]
    by_desk: dict[str, TallyOut]
    by_agent: dict[str, TallyOut]
    opening: dict[str, TallyOut]
    closing: dict[str, TallyOut]
    answered: int
    abandoned: int
    average_speed_of_answer: float | None
    average_talk: float | None
    service_level: float | None
    abandonment: float | None


def recording_out(
    call_id: str, recordings: list[Recording], stereo: Mix | None = None
) -> RecordingOut | None:
    if not recordings:
        return None
    url = f"/api/v1/calls/{call_id}/recording"
    ends = [r.offset_seconds + r.duration_seconds for r in recordings if r.duration_seconds is not None]
    finished = all(recording.finished for recording in recordings)
    legs = [
        LegRecordingOut(
            leg_id=recording.leg_id,
            codec=recording.codec,
            offset_seconds=recording.offset_seconds,
            duration_seconds=recording.duration_seconds,
            finished=recording.finished,
            url=f"{url}?leg={recording.leg_id}",
        )
        for recording in recordings
    ]
    longest = max(ends) if finished and ends else None
    file = _stereo_out(f"{url}.flac", stereo) if stereo else None
    return RecordingOut(url=url, finished=finished, duration_seconds=longest, file=file, legs=legs)


def _stereo_out(url: str, made: Mix) -> StereoFileOut:
    return StereoFileOut(
        url=url,
        rate=made.rate or 0,
        size=made.size or 0,
        duration_seconds=made.duration_seconds or 0.0,
        missing=made.error,
    )


def call_out(detail: CallDetail) -> CallOut:
    """A call as the API says it."""
    parts = {
        "legs": detail.legs,
        "holds": detail.holds,
        "announcements": detail.announcements,
        "recording": recording_out(detail.call.id, detail.recordings, detail.stereo),
        "record": detail.record,
        "tickets": detail.tickets,
        "findings": detail.findings,
    }
    return CallOut.model_validate({**detail.call.model_dump(), **parts}, from_attributes=True)


def ticket_out(ticket: Ticket) -> TicketOut:
    return TicketOut.model_validate(ticket)
