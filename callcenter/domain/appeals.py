"""An agent's appeal against a finding: who, until when, and what may come of it (REQUIREMENTS.md C2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.domain.findings import Verdict


class AppealError(ValueError):
    """It cannot be appealed against, or answered; the message says why."""


class AppealState(StrEnum):
    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"


def appeal_until(known_at: datetime, limit: timedelta) -> datetime:
    """The last moment for an appeal against what an agent could know since `known_at`."""
    return known_at + limit


def check_appeal(
    verdict: Verdict, by: str, agents: Sequence[str], reason: str, now: datetime, until: datetime
) -> None:
    """Whether `by` may appeal against a finding that says `verdict`, of a call that `agents` took.

    Raises AppealError.
    """
    if by not in agents:
        raise AppealError(f"{by} did not take this call: only who took it may appeal")
    if verdict is not Verdict.FAIL:
        raise AppealError(f"an appeal is against a fail, and this says {verdict.value}")
    if not reason.strip():
        raise AppealError("an appeal wants a reason: what was said, and when?")
    if now > until:
        raise AppealError(f"the time for an appeal ended at {until.isoformat(timespec='minutes')}")


def check_answer(state: AppealState, by: str, agents: Sequence[str], reason: str) -> None:
    """Whether `by` may answer an appeal. Raises AppealError."""
    if state is not AppealState.OPEN:
        raise AppealError(f"this appeal was answered already: {state.value}")
    if by in agents:
        raise AppealError(f"{by} took this call: somebody else is to answer")
    if not reason.strip():
        raise AppealError("an answer wants a reason that the agent can understand")
