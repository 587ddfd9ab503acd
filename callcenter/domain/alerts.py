"""Warnings that come of what is said while a call lasts: their kinds, for whom, and when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    OPENING = "opening"
    FORBIDDEN = "forbidden"
    WAITING = "waiting"


class Whom(StrEnum):
    AGENT = "agent"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class AlertLimits:
    """Seconds: from the answer without a greeting; of an agent's silence since 「请稍等」. 0: never."""

    opening: float = 8.0
    agent: float = 20.0
    supervisor: float = 30.0


@dataclass(frozen=True, slots=True)
class Alert:
    """`at` is where in the call it began, and `seconds` how long ago; `heard` are the words."""

    kind: Kind
    whom: Whom
    at: float
    seconds: float
    heard: str = ""


LIMITS = AlertLimits()
