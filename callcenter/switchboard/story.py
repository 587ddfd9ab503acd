"""What happens in a call, told from ring to goodbye."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from callcenter.domain.calls import EventName, HungUpBy, Outcome, Role
from callcenter.switchboard.dialling import Miss, Missed, dial
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.live_call import LiveCall
from sip.effects import Ending
from sip.errors import StateError
from sip.media import tones
from sip.sdp import Agreement

log = logging.getLogger(__name__)

HowItEnded = tuple[Outcome, HungUpBy | None]

_REFUSALS = {Outcome.BUSY: 486, Outcome.NO_ANSWER: 480, Outcome.REJECTED: 603, Outcome.FAILED: 480}
_BACK_PROMPTS = {Miss.BUSY: "busy-to-desk"}
_BACK_PROMPT = "no-answer-to-desk"


class NotTalking(Exception):
    """A transfer was asked for while nobody is talking with the caller."""


class Story:
    """One call. `run` returns when it is over and everything is on record."""

    def __init__(
        self,
        live: LiveCall,
        body: bytes,
        agreement: Agreement,
        agents: Sequence[str],
        ring_timeout: float,
        role: Role = Role.AGENT,
    ) -> None:
        self.live = live
        self._body, self._agreement = body, agreement
        self._agents, self._ring_timeout, self._role = agents, ring_timeout, role
        self._transfer: asyncio.Future[str] | None = None
        self._stopped: asyncio.Future[HungUpBy] = asyncio.get_running_loop().create_future()

    # -- what others may ask for --------------------------------------------------------------------------

    def transfer(self, target: str) -> None:
        """Sends the caller to another extension. Raises NotTalking if nobody talks with them now."""
        if self._transfer is None or self._transfer.done():
            raise NotTalking
        self._transfer.set_result(target)

    def stop(self, by: HungUpBy = HungUpBy.SYSTEM) -> None:
        """Ends the call."""
        if not self._stopped.done():
            self._stopped.set_result(by)

    # -- the story ----------------------------------------------------------------------------------------

    async def run(self) -> None:
        live = self.live
        live.tell(EventName.STARTED, live.caller.call.invited_at)
        story = asyncio.create_task(self._tell(), name=f"story {live.id}")
        gone = asyncio.create_task(live.caller.call.over(), name=f"caller of {live.id}")
        try:
            ends: set[asyncio.Future[Any]] = {story, gone, self._stopped}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (story, gone):
                task.cancel()
            await asyncio.gather(story, gone, return_exceptions=True)
        outcome, by = self._ending(story)
        if not live.caller.call.is_over:
            live.caller.call.reject(_REFUSALS.get(outcome, 480))
        at = live.caller.call.ended_at or live.board.now()
        await live.finish(at, outcome, by)

    async def _tell(self) -> HowItEnded:
        talker = await self._ring_agents()
        if isinstance(talker, Missed):
            return _unanswered(talker), HungUpBy.SYSTEM
        self._answer_caller(talker)
        while True:
            target = await self._talk(talker)
            if target is None:
                by = talker.ended_by(await talker.call.over())
                self.live.drop_leg(talker)
                return Outcome.ANSWERED, by
            following = await self._send_on(talker, target)
            if isinstance(following, Missed):
                await self._apologise()
                return Outcome.ANSWERED, HungUpBy.SYSTEM
            talker = following

    def _ending(self, story: asyncio.Task[HowItEnded]) -> HowItEnded:
        if story.done() and not story.cancelled():
            if error := story.exception():
                log.error("call failed id=%s error=%r", self.live.id, error, exc_info=error)
                return Outcome.FAILED, HungUpBy.SYSTEM
            return story.result()
        answered = self.live.caller.call.answered_at is not None
        if self._stopped.done():
            return (Outcome.ANSWERED if answered else Outcome.FAILED), self._stopped.result()
        ended = self.live.caller.call.ended
        by = HungUpBy.NETWORK if ended and ended.by is Ending.SILENCE else HungUpBy.CALLER
        return (Outcome.ANSWERED if answered else Outcome.ABANDONED), by

    # -- its steps ----------------------------------------------------------------------------------------

    async def _ring_agents(self) -> Leg | Missed:
        """The desk's agents, one after the other; the one who answers, or why nobody did."""
        misses: list[Missed] = []
        for number in self._agents:
            result = await dial(self.live, number, self._role, self._ring_timeout)
            if isinstance(result, Leg):
                return result
            misses.append(result)
        return _worst(misses)

    def _answer_caller(self, talker: Leg) -> None:
        """Connects the first agent: the caller hears them from here on, and both are recorded."""
        live, caller = self.live, self.live.caller
        zero = talker.call.answered_at
        assert zero is not None
        try:
            sent = caller.call.answer(self._body)
        except StateError:
            return  # the caller left in this very moment; `run` sees it
        caller.media.apply(self._agreement)
        live.book.leg_answered(caller.id, sent, caller.codec)
        live.bridge(caller, talker)
        live.record(caller, zero)
        live.record(talker, zero)
        live.tell(EventName.ANSWERED, zero, {"leg": talker.id, "party": talker.party})

    async def _talk(self, talker: Leg) -> str | None:
        """Until the agent hangs up (None) or the call is to be transferred (where to)."""
        self._transfer = asyncio.get_running_loop().create_future()
        over = asyncio.create_task(talker.call.over(), name=f"agent of {self.live.id}")
        try:
            ends: set[asyncio.Future[Any]] = {over, self._transfer}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            return self._transfer.result() if self._transfer.done() else None
        finally:
            over.cancel()
            self._transfer.cancel()

    async def _send_on(self, talker: Leg, target: str) -> Leg | Missed:
        """A3, A4: the caller is sent to `target`; busy or unanswered, they hear so and come back."""
        live, board = self.live, self.live.board
        live.book.transferred(target, board.now())
        live.caller.stream.play(tones.ringback(), loop=True)
        live.drop_leg(talker, HungUpBy.SYSTEM)
        result = await dial(live, target, Role.TARGET, self._ring_timeout)
        outcome = result.why.value if isinstance(result, Missed) else "connected"
        live.tell(EventName.TRANSFERRED, board.now(), {"target": target, "result": outcome})
        if isinstance(result, Missed):
            await self._announce(_BACK_PROMPTS.get(result.why, _BACK_PROMPT))
            live.caller.stream.play(tones.ringback(), loop=True)
            result = await self._ring_agents()
        if isinstance(result, Leg):
            self._connect_again(result)
        return result

    def _connect_again(self, talker: Leg) -> None:
        answered = talker.call.answered_at
        assert answered is not None
        self.live.bridge(self.live.caller, talker)
        self.live.record(talker, answered)
        self.live.tell(EventName.ANSWERED, answered, {"leg": talker.id, "party": talker.party})

    async def _announce(self, prompt: str) -> None:
        live, caller = self.live, self.live.caller
        began = live.board.now()
        await caller.stream.play(live.board.prompt(prompt)).finished()
        live.book.announced(caller.id, prompt, began, live.board.now())
        live.tell(None, live.board.now())

    async def _apologise(self) -> None:
        """Nobody at the desk can take the caller back: say so rather than cut them off."""
        await self._announce("desk-unavailable")


def _unanswered(missed: Missed) -> Outcome:
    return {
        Miss.BUSY: Outcome.BUSY,
        Miss.NO_ANSWER: Outcome.NO_ANSWER,
        Miss.REJECTED: Outcome.REJECTED,
        Miss.UNREACHABLE: Outcome.FAILED,
    }[missed.why]


def _worst(misses: Sequence[Missed]) -> Missed:
    """What the caller is told: that it rang and nobody came outweighs a busy line, and so on."""
    order = (Miss.NO_ANSWER, Miss.BUSY, Miss.REJECTED, Miss.UNREACHABLE)
    return min(misses, key=lambda missed: order.index(missed.why), default=Missed(Miss.UNREACHABLE))
