"""An agent's appeal against a finding: who, until when, and what may come of it (REQUIREMENTS.md C2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.domain.findings import Verdict
from callcenter.domain.refusals import Refusal


class AppealError(Refusal):
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
        raise AppealError(
            f"{by} did not take this call: only who took it may appeal", "只有接这通电话的坐席可以申诉。"
        )
    if verdict is not Verdict.FAIL:
        raise AppealError(
            f"an appeal is against a fail, and this says {verdict.value}", "只能对“未达标”的判定申诉。"
        )
    if not reason.strip():
        raise AppealError(
            "an appeal wants a reason: what was said, and when?", "申诉要写明理由：说了什么，在几分几秒。"
        )
    if now > until:
        raise AppealError(
            f"the time for an appeal ended at {until.isoformat(timespec='minutes')}", "申诉期限已过。"
        )


def check_answer(state: AppealState, by: str, agents: Sequence[str], reason: str) -> None:
    """Whether `by` may answer an appeal. Raises AppealError."""
    if state is not AppealState.OPEN:
        raise AppealError(f"this appeal was answered already: {state.value}", "这项申诉已经答复过了。")
    if by in agents:
        raise AppealError(
            f"{by} took this call: somebody else is to answer", "这通电话是您接的，请由他人答复。"
        )
    if not reason.strip():
        raise AppealError(
            "an answer wants a reason that the agent can understand", "答复要写明理由，让坐席看得明白。"
        )
