"""The survey after a call (C5): the agent sends the caller there, who presses a key.

It is a transfer of its own kind: the agent's leg that ends by it was not hung up on the caller (A9).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callcenter.domain.calls import Outcome, WaitKind
from callcenter.switchboard.keypad import Keypad
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.telling import announce, ask
from callcenter.switchboard.ways import Guide, Left, Way

if TYPE_CHECKING:
    from callcenter.switchboard.story import Story

SCORES: Final = ("1", "2", "3", "4")
"""Very content, content, so-so, not content."""
TRIES: Final = 3
SECONDS: Final = 8.0
"""How long a key is waited for, from the end of the prompt."""


@dataclass(frozen=True, slots=True)
class ToSurvey(Way):
    """The way to the survey. `answered` is told the score, or None where no key was pressed."""

    prompt: str
    agent: str
    answered: Callable[[int | None], None]

    @property
    def ring_timeout(self) -> float:
        return 0.0

    async def reach(self, story: Story, guide: Guide) -> Leg | Left:
        live = story.live
        guide.on_taken()
        live.book.waits(WaitKind.PROMPT, live.board.now())
        key = await self._key(story)
        self.answered(int(key) if key else None)
        live.book.passed("survey", self.agent, "survey", live.board.now(), key or "")
        if key:
            await announce(story.live, "survey-thanks")
        return Left(Outcome.ANSWERED)

    async def _key(self, story: Story) -> str | None:
        pad = Keypad(story.live.caller)
        for left in reversed(range(TRIES)):
            key = await ask(story.live, self.prompt, pad) or await pad.key(SECONDS)
            if key in SCORES:
                return key
            pad.forget()
            if left and key is not None:
                await announce(story.live, "survey-wrong-key")
        return None
