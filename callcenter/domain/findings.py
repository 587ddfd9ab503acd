"""Verdicts and the evidence they rest on (REQUIREMENTS.md C1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from callcenter.domain.reasons import Reason


class Verdict(StrEnum):
    """What a rule says of a call. UNSURE goes to a human."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNSURE = "unsure"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's verdict on one call, with its evidence.

    `start` and `end` are seconds from the agent's answer (the call's zero); None where the evidence has no
    time of its own. `heard` is what the recogniser heard there.
    """

    rule: str
    verdict: Verdict
    clause: str
    start: float | None = None
    end: float | None = None
    heard: str = ""
    reason: Reason | None = None

    @property
    def why(self) -> str:
        """The reason as one English sentence."""
        return self.reason.text("en") if self.reason else ""
