"""Verdicts and the evidence they rest on (REQUIREMENTS.md C1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a rule says of a call. UNSURE goes to a human."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNSURE = "unsure"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's verdict on one call, with its evidence.

    `start` and `end` are seconds from the agent's answer (the call's zero); None where the evidence is the
    signalling alone. `heard` is what the recogniser heard there, `why` one English sentence.
    """

    rule: str
    verdict: Verdict
    clause: str
    start: float | None = None
    end: float | None = None
    heard: str = ""
    why: str = ""
