"""All that is known of a call when it is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from callcenter.domain.standards import Standard
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.hearing import Hearing
from transcripts.voice import Voice

T = TypeVar("T")


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
    _derived: dict[Callable[[Case], Any], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def derived(self, derive: Callable[[Case], T]) -> T:
        """What follows from the case, worked out when it is first asked for."""
        if derive not in self._derived:
            self._derived[derive] = derive(self)
        found: T = self._derived[derive]
        return found


def once(derive: Callable[[Case], T]) -> Callable[[Case], T]:
    """For what several rules ask of a case: a function that works it out once."""

    @wraps(derive)
    def asked(case: Case) -> T:
        return case.derived(derive)

    return asked
