"""Mailboxes: of a desk, where its flow says so, and of an extension that has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callcenter.domain.calls import Outcome, WaitKind
from callcenter.store.entries import MessageLeft
from callcenter.switchboard.dialling import Missed
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.message import Limits, Message, take_message
from callcenter.switchboard.telling import announce
from callcenter.switchboard.ways import Back, Guide, Left, Way

if TYPE_CHECKING:
    from callcenter.switchboard.story import Story

LONGEST: Final = 120.0
"""Seconds of a message for an extension."""


async def leave_message(story: Story, mailbox: str, prompt: str, longest: float) -> bool:
    """Asks the caller for a message and takes it; whether they said anything.

    What they said is kept also where they hang up, by which this coroutine is cancelled.
    """
    live, left = story.live, []

    def taken(message: Message) -> None:
        left.append(message)
        story.left_message = True
        live.tell(None, live.board.now())  # the call is on record before its message
        entry = MessageLeft(live.id, mailbox, message.seconds, message.began.utc, message.recording_id)
        live.board.ledger.put(entry)
        live.book.passed("message", "message", mailbox, live.board.now(), message.ended.value)

    await announce(live, prompt)
    await take_message(live, live.caller, Limits(longest), taken)
    await announce(live, "message-taken" if left else "message-empty")
    return bool(left)


@dataclass(frozen=True, slots=True)
class WithMailbox(Way):
    """The way to an extension that has a mailbox for who does not reach it."""

    way: Way
    number: str

    @property
    def ring_timeout(self) -> float:
        return self.way.ring_timeout

    async def reach(self, story: Story, guide: Guide) -> Leg | Left:
        result = await self.way.reach(story, guide)
        if not isinstance(result, Left) or result.missed is None:
            return result
        live = story.live
        story.answer_caller()
        guide.on_taken()
        live.book.waits(WaitKind.MESSAGE, live.board.now())
        taken = await leave_message(story, self.number, "mailbox-ask", LONGEST)
        return Left(Outcome.MESSAGE) if taken else Left(result.outcome)

    def back(self, missed: Missed) -> Back:
        return self.way.back(missed)
