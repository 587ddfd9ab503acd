"""Human review of findings: what people's words come to, and who may speak (REQUIREMENTS.md C1, C2).

A finding is never changed. People say what they think of it, one after the other; what follows from all of it
is worked out here. Where two are wanted, each speaks without the other's word, and a third decides where they
differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from callcenter.domain.findings import Verdict
from callcenter.domain.refusals import Refusal


class ReviewError(Refusal):
    """It cannot be reviewed (so) now; the message says what to do."""


class Cause(StrEnum):
    """Why people are to look at a finding."""

    COMPLAINT = "complaint"
    UNSURE = "unsure"
    LOW_SCORE = "low_score"
    NEW_AGENT = "new_agent"
    RANDOM = "random"
    CHOSEN = "chosen"
    HISTORY = "history"


RANK: Final[Mapping[Cause, int]] = {
    Cause.CHOSEN: 10,
    Cause.COMPLAINT: 20,
    Cause.UNSURE: 30,
    Cause.LOW_SCORE: 40,
    Cause.NEW_AGENT: 50,
    Cause.RANDOM: 60,
    Cause.HISTORY: 90,
}
"""A cause's place in the queue, lower is sooner. HISTORY: unsure since the call was judged again."""

REVIEWERS: Final = ("qa", "supervisor", "admin")
"""Whose word counts."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts: an extension, and its role at the site."""

    number: str
    role: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one person said of a finding; `appeal`: in answer to the agent's appeal."""

    by: str
    verdict: Verdict
    appeal: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What opinions come to: a verdict, or how many more people are to speak."""

    verdict: Verdict | None
    missing: int = 0
    disputed: bool = False


def standing(opinions: Sequence[Opinion], wanted: int) -> Standing:
    """What follows from all that was said, oldest first, where `wanted` people (1 or 2) are asked.

    The first two of a double review must agree, else a third decides. Whatever is said after that (somebody
    looks again, an appeal is upheld) replaces it: the last word holds.
    """
    if wanted < 2 or any(each.appeal for each in opinions):
        return Standing(opinions[-1].verdict) if opinions else Standing(None, 1)
    if len(opinions) < 2:
        return Standing(None, 2 - len(opinions))
    disputed = opinions[0].verdict != opinions[1].verdict
    if disputed and len(opinions) == 2:
        return Standing(None, 1, disputed=True)
    return Standing(opinions[-1].verdict, disputed=disputed)


def check_opinion(
    machine: Verdict,
    earlier: Sequence[Opinion],
    wanted: int,
    new: Opinion,
    reason: str,
    agents: Sequence[str],
) -> None:
    """Whether `new` may be said of a finding that says `machine`, of a call that `agents` took.

    Raises ReviewError: nobody reviews a call of their own; while others are still to speak nobody speaks
    twice; and whoever says other than the machine, or than was decided before, says why.
    """
    if new.verdict is Verdict.UNSURE:
        raise ReviewError("a reviewer decides: pass, fail or not_applicable", "请判为达标、未达标或不适用。")
    if new.by in agents:
        raise ReviewError(
            f"{new.by} took this call: somebody else is to review it", "这通电话是您接的，请由他人复核。"
        )
    before = standing(earlier, wanted)
    if before.missing and any(each.by == new.by for each in earlier):
        raise ReviewError(
            f"{new.by} has reviewed it already: it waits for somebody else's word",
            "您已经复核过，现在等待另一位复核人。",
        )
    said = before.verdict or machine
    if new.verdict != said and said is not Verdict.UNSURE and not reason.strip():
        raise ReviewError(
            "overturning wants a reason: what did you hear, and when?",
            "推翻判定要写明原因：听到了什么，在几分几秒。",
        )


def blind_pair(opinions: Sequence[Opinion], wanted: int) -> tuple[Verdict, Verdict] | None:
    """What the two of a double review said, each without the other's word; None where there are not two."""
    if wanted < 2 or len(opinions) < 2 or opinions[0].appeal or opinions[1].appeal:
        return None
    return opinions[0].verdict, opinions[1].verdict


def is_blind(opinions: Sequence[Opinion], wanted: int) -> bool:
    """Whether nobody may see what others said: of a double review that is not decided yet."""
    return wanted > 1 and standing(opinions, wanted).missing > 0
