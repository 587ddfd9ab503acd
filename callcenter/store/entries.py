"""What the switchboard puts into the ledger besides calls. Instants are UTC; numbers as they are dialled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from callcenter.domain.callbacks import Reason


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """An agent's state from `at` on, and who set it (an extension, a user, or `system`)."""

    agent: str
    state: str
    at: datetime
    by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CallbackWanted:
    """A caller asked to be called back; `place` is when they joined the queue, `due_at` what was promised.

    Missed and abandoned calls need no such entry: the end of the call makes their callbacks.
    """

    call_id: str
    number: str
    desk: str
    at: datetime
    reason: Reason = Reason.REQUESTED
    place: datetime | None = None
    due_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class MessageLeft:
    """A message in the mailbox of a desk (its id) or an extension (its number); its call was put before."""

    call_id: str
    mailbox: str
    seconds: float
    at: datetime
    recording_id: str | None = None


@dataclass(frozen=True, slots=True)
class SurveyAnswered:
    """The score that the caller gave by a key."""

    call_id: str
    desk: str | None
    agent: str | None
    score: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Audited:
    """Who did what to what. `detail` is JSON."""

    at: datetime
    by: str
    role: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)


ForwardWhen = Literal["", "always", "busy", "no_answer"]


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """All that an extension has set: do-not-disturb, and where its calls go when."""

    extension: str
    at: datetime
    dnd: bool = False
    forward_to: str = ""
    forward_when: ForwardWhen = ""


WorkEntry = AgentChanged | CallbackWanted | MessageLeft | SurveyAnswered | Audited | FeatureSet
