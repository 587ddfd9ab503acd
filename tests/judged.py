"""A call judged from plain words."""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.domain.findings import Finding
from callcenter.domain.standards import Standard
from callcenter.judging.case import Case
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.hearing import Hearing
from callcenter.judging.judging import judge
from transcripts.recogniser import Word
from transcripts.voice import Voice


def judged(
    standard: Standard,
    facts: JudgeFacts,
    agent: Sequence[Word] | None,
    caller: Sequence[Word] | None,
    names: Sequence[str] = (),
    duration: float = 0.0,
    spotted: Sequence[Word] | None = None,
    agent_voice: Voice | None = None,
    caller_voice: Voice | None = None,
) -> list[Finding]:
    """The findings on a call of at least `duration` seconds; None: no recording of that party."""
    limits = standard.thresholds
    end = max([duration, *(word.end for word in (agent or ())[-1:])])
    return judge(
        Case(
            standard,
            facts,
            None if agent is None else Hearing(agent, limits, spotted),
            None if caller is None else Hearing(caller, limits),
            tuple(names),
            end,
            agent_voice,
            caller_voice,
        )
    )
