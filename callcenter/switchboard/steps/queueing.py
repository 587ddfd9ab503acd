"""The queue: the caller waits with music, hears their position, and may leave it by a key."""

from __future__ import annotations

import asyncio
import math
from typing import Any, Final

from callcenter.domain.calls import EventName, WaitKind
from callcenter.flows.schema import Callback, Queue
from callcenter.switchboard.distribution import Place
from callcenter.switchboard.keypad import Keypad
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.offers import enter, ring_offer
from callcenter.switchboard.telling import play_music
from callcenter.switchboard.walk import Result, Walker, handles

MOST_MINUTES: Final = 60
"""A longer wait is not told in minutes: nobody believes it."""


@handles(Queue)
async def queue(walker: Walker, step: Queue) -> Result:
    """Until an agent answers, a key is pressed, or it lasts too long."""
    place = enter(walker, step.group, step.skills, waits=True, priority=step.priority)
    try:
        if not place.anybody:
            return step.nobody
        result = await _Waiting(walker, step, place).over()
        if _is_kept(walker, result):
            walker.kept = place  # the callback takes it over
        return result
    finally:
        if walker.kept is not place:
            place.leave()


def _is_kept(walker: Walker, result: Result) -> bool:
    """Whether the caller goes on to be called back when it is their turn."""
    following = walker.flow.steps.get(result) if isinstance(result, str) else None
    return isinstance(following, Callback) and following.keep_place


class _Waiting:
    """A caller in the queue. Agents are offered, keys heard and announcements made at once."""

    def __init__(self, walker: Walker, step: Queue, place: Place) -> None:
        self._walker, self._step, self._place = walker, step, place
        self._keys = Keypad(walker.live.caller)
        self._tasks: dict[str, asyncio.Task[Any]] = {}

    async def over(self) -> Result:
        try:
            return await self._over()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _over(self) -> Result:
        loop, step = asyncio.get_running_loop(), self._step
        until = loop.time() + step.longest if step.longest else None
        self._start("offer", self._place.offered())
        await asyncio.sleep(0)  # where an agent is free nobody need hear of a queue
        if not self._tasks["offer"].done():
            self._begin()
        while True:
            patience = None if until is None else max(0.0, until - loop.time())
            done, _ = await asyncio.wait(
                self._tasks.values(), timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            if self._tasks["offer"] in done:
                result = await self._ring()
                if result is not None:
                    return result
            elif "key" in self._tasks and self._tasks["key"] in done:
                key = self._tasks["key"].result()
                if key in step.keys:
                    self._walker.passed("key", step.keys[key], key)
                    return step.keys[key]
                self._start("key", self._keys.next())
            elif "sound" in self._tasks and self._tasks["sound"] in done:
                self._tasks.pop("sound").result()
            elif not done:
                return step.overflow

    def _begin(self) -> None:
        """The caller is answered and hears that they wait."""
        walker, place = self._walker, self._place
        walker.wait(WaitKind.QUEUE)
        data = {"position": place.position, "estimate": place.estimate}
        walker.live.tell(EventName.QUEUED, walker.board.now(), data)
        self._start("key", self._keys.next())
        self._start("sound", self._entertain())

    async def _ring(self) -> Leg | str | None:
        """Rings whom the distribution offers. None: nobody answered, and the caller waits on."""
        offer = self._tasks.pop("offer").result()
        if offer is None:
            return self._step.nobody
        result = await ring_offer(
            self._walker, offer, self._walker.flow.groups[self._step.group].ring_timeout
        )
        if isinstance(result, Leg):
            return result
        self._walker.missed(result)
        if not self._place.anybody:
            return self._step.nobody
        self._start("offer", self._place.offered())
        if "key" in self._tasks:
            self._walker.live.book.waits(WaitKind.QUEUE, self._walker.board.now())
        else:
            self._begin()
        return None

    async def _entertain(self) -> None:
        """Music, and every so often the position; after a while what else may be done than wait."""
        step = self._step
        loop = asyncio.get_running_loop()
        offer_at = loop.time() + step.offer_after if step.offer else None
        await self._walker.tell_notice()
        await self._walker.say("queue-enter")
        while True:
            await self._say_position()
            if offer_at is not None and loop.time() >= offer_at:
                offer_at = loop.time() + step.offer_after
                await self._walker.say(step.offer)
            play_music(self._walker.live, step.music)
            await asyncio.sleep(self._pause(offer_at))

    def _pause(self, offer_at: float | None) -> float:
        """Seconds until there is something to say again."""
        pauses = [self._step.announce_every] if self._step.announce_every else []
        if offer_at is not None:
            pauses.append(max(0.0, offer_at - asyncio.get_running_loop().time()))
        return min(pauses, default=math.inf)

    async def _say_position(self) -> None:
        if not self._step.announce_every:
            return
        say, ahead, minutes = self._walker.say, self._place.position, round(self._place.estimate / 60)
        if ahead:
            await say("queue-position", count=ahead)
        else:
            await say("queue-next")
        if minutes == 0:
            await say("queue-wait-short")
        elif minutes <= MOST_MINUTES:
            await say("queue-wait", minutes=minutes)

    def _start(self, name: str, work: Any) -> None:
        self._tasks[name] = asyncio.create_task(work, name=f"{name} of {self._walker.live.id}")
