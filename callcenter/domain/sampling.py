"""Which calls people review besides what no machine could decide (REQUIREMENTS.md C2).

Chance is a hash of a seed and the call's id: the same call is drawn or not whenever and wherever it is asked,
so a drawing can be shown to have been fair, and done again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.domain.reviews import Cause


@dataclass(frozen=True, slots=True)
class SamplingRules:
    """Shares are 0 to 1. `low_score`: every call below it (0 to 100); `new_agent`: for how long one is new.

    Calls that a complaint is about, and those with an automatic fail, are reviewed whatever stands here.
    `double_share` of the calls that are drawn go to two people, each without the other's word.
    """

    random_share: float = 0.0
    low_score: float = 0.0
    new_agent: timedelta = timedelta(0)
    new_agent_share: float = 0.0
    double_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A judged call. `agent_since` is when its agent took their first call; `failed`: an automatic fail."""

    call_id: str
    score: float | None = None
    failed: bool = False
    agent_since: datetime | None = None
    complaint: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """Why a call is reviewed, and by how many."""

    cause: Cause
    people: int


def draw(call: Candidate, rules: SamplingRules, now: datetime, seed: str) -> Drawn | None:
    """Whether people review this call: the weightiest reason, or None."""
    cause = _cause(call, rules, now, seed)
    if cause is None:
        return None
    return Drawn(cause, 2 if chance(seed, "double", call.call_id) < rules.double_share else 1)


def _cause(call: Candidate, rules: SamplingRules, now: datetime, seed: str) -> Cause | None:
    if call.complaint:
        return Cause.COMPLAINT
    if call.failed or (call.score is not None and call.score < rules.low_score):
        return Cause.LOW_SCORE
    new = call.agent_since is not None and now - call.agent_since < rules.new_agent
    if new and chance(seed, "new agent", call.call_id) < rules.new_agent_share:
        return Cause.NEW_AGENT
    if chance(seed, "random", call.call_id) < rules.random_share:
        return Cause.RANDOM
    return None


def chance(seed: str, purpose: str, call_id: str) -> float:
    """A number from 0 up to 1 that nobody chose, the same for the same three."""
    digest = hashlib.sha256(f"{seed}\0{purpose}\0{call_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
