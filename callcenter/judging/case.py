"""All that is known of a call when it is judged."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.domain.standards import Standard
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.hearing import Hearing
from transcripts.voice import Voice


@dataclass(frozen=True, slots=True)
class Case:
    """A call and the standard it is judged by.

    `agent` and `caller` are what was heard of each; None where no recording of theirs could be read.
    `agent_voice` and `caller_voice` are what was measured of their sound, None where nothing was. `names` are
    the desk's own; `duration` is the length of the conversation. All times are seconds of call time.
    """

    standard: Standard
    facts: JudgeFacts
    agent: Hearing | None
    caller: Hearing | None
    names: tuple[str, ...] = ()
    duration: float = 0.0
    agent_voice: Voice | None = None
    caller_voice: Voice | None = None
