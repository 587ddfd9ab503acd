"""What the API says and takes of the desk's work: callbacks, messages, commands to the switchboard."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from callcenter.domain.callbacks import Reason, State
from callcenter.store.tables import Callback
from callcenter.web.api.models import Asked, Dialled, Long, Said, Short, Who


class CallbackOut(Said):
    """`created_at` is its place among the others; a claim holds until `lease_until`."""

    id: int
    number: str
    desk: str
    reason: Reason
    state: State
    created_at: datetime
    due_at: datetime
    claimed_by: str | None
    claimed_at: datetime | None
    lease_until: datetime | None
    done_at: datetime | None
    outcome: str | None
    attempts: int
    note: str
    calls: list[str] = Field(default=[], description="the calls about it, oldest first")


class CallbackList(Said):
    items: list[CallbackOut]
    total: int
    page: int
    size: int


def callback_out(callback: Callback, calls: list[str]) -> CallbackOut:
    return CallbackOut.model_validate({**callback.model_dump(), "calls": calls})


class ByIn(Asked):
    """Who asks: an extension or a name."""

    by: Who


class OutcomeIn(ByIn):
    outcome: Literal["settled", "reached", "called_again", "no_answer", "busy", "wrong_number", "refused"]
    note: Long = ""


class GiveUpIn(ByIn):
    note: Annotated[Long, Field(min_length=1)]


class MessageOut(Said):
    """Its sound is the call's recording."""

    call_id: str
    mailbox: str
    caller: str
    recording_id: str | None
    seconds: float
    at: datetime
    heard_at: datetime | None
    heard_by: str | None


class MessageList(Said):
    items: list[MessageOut]
    total: int
    unheard: int
    page: int
    size: int


class AuditOut(Said):
    id: int
    at: datetime
    by: str
    role: str
    action: str
    subject: str
    detail: dict[str, Any]


class AuditList(Said):
    items: list[AuditOut]
    total: int
    page: int
    size: int


class ScoreOut(Said):
    desk: str | None
    agent: str | None
    answers: int
    mean: float
    counts: dict[int, int]


class CommandIn(ByIn):
    """`target`, `number`, `slot`, `mode`, `place` and `agent` as the command wants them."""

    target: Dialled | None = None
    number: Dialled | None = None
    slot: Dialled | None = None
    mode: Literal["listen", "whisper", "join", "end"] | None = None
    place: Short | None = None
    agent: Dialled | None = None

    def args(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


class DialIn(ByIn):
    """`by` is the extension that rings first."""

    number: Dialled
    desk: Short | None = None


class StateIn(ByIn):
    state: Literal["ready", "break", "signed_off"]
    reason: Short = ""


class FeatureIn(ByIn):
    dnd: bool = False
    forward_to: Dialled | Literal[""] = ""
    forward_when: Literal["", "always", "busy", "no_answer"] = ""


class FeatureOut(Said):
    extension: str
    dnd: bool = False
    forward_to: str = ""
    forward_when: str = ""
