"""The keys that a party presses while nobody talks with them: in a menu, a queue, a message, a notice.

Keys come by RTP events (RFC 4733) or by INFO (RFC 6086 names no body for them; `sip/dtmf_info.py`), from some
telephones by both. Each leg keeps those that nobody has taken yet, from its answer on: a key pressed before a
menu began to listen, or into its prompt, counts. Once the party talks with somebody, keys go to whom they
talk with, and those that were kept are forgotten.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from callcenter.switchboard.leg import Leg
    from sip.aio.player import Playback

MOST_WAITING: Final = 32
"""Keys that are kept; of more, the first ones are forgotten."""
TWICE_SECONDS: Final = 1.0
"""A telephone that tells a press by both ways does so within this time."""


class KeyBy(Enum):
    """How a key was told."""

    EVENT = "rtp event"
    INFO = "info"


class Twice:
    """Takes out what a telephone tells by both ways: of two tellings of a press the first one counts."""

    def __init__(self) -> None:
        self._told: deque[tuple[str, KeyBy, float]] = deque(maxlen=MOST_WAITING)

    def counts(self, key: str, way: KeyBy, now: float) -> bool:
        """Whether this is a press that was not told yet; `now` in monotonic seconds."""
        for told in self._told:
            if told[0] == key and told[1] is not way and now - told[2] < TWICE_SECONDS:
                self._told.remove(told)  # a second press of the key will be told twice as well
                return False
        self._told.append((key, way, now))
        return True


class Pressed:
    """The keys of one leg that nobody has taken yet, in their order."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._keys: deque[str] = deque(maxlen=MOST_WAITING)
        self._twice = Twice()
        self._came = asyncio.Event()
        self._waits = 0

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for a key."""
        return self._waits > 0

    def counts(self, key: str, way: KeyBy) -> bool:
        """Whether this is a press that the telephone has not told already, by the other way."""
        return self._twice.counts(key, way, self._clock())

    def put(self, key: str) -> None:
        """A key was pressed while nobody talked with the party."""
        self._keys.append(key)
        self._came.set()

    def forget(self) -> None:
        """Nobody is to take what was pressed so far."""
        self._keys.clear()
        self._came.clear()

    async def next(self) -> str:
        """Takes the next key; waits for it. A wait that is cancelled takes none."""
        self._waits += 1
        try:
            while not self._keys:
                self._came.clear()
                await self._came.wait()
        finally:
            self._waits -= 1
        return self._keys.popleft()


class Keypad:
    """Takes the keys of a leg. Times are seconds; who hangs up presses no key: the waits then run out."""

    def __init__(self, leg: Leg) -> None:
        self._pressed = leg.pressed

    async def key(self, timeout: float) -> str | None:  # noqa: ASYNC109 - a caller's silence is an answer
        """The next key (0-9, *, #, A-D), at once where one waits already; None where none comes in time."""
        try:
            async with asyncio.timeout(timeout):
                return await self._pressed.next()
        except TimeoutError:
            return None

    async def next(self) -> str:
        """The next key, however long it takes."""
        return await self._pressed.next()

    async def wait_for(self, key: str) -> None:
        """Until `key` is pressed; others are taken for nothing."""
        while await self.next() != key:
            continue

    async def key_during(self, playback: Playback) -> str | None:
        """The key that is pressed into a prompt, which it stops; None where the prompt ends without one."""
        listening = asyncio.create_task(self._pressed.next(), name="key during a prompt")
        ending = asyncio.create_task(playback.finished(), name="prompt")
        try:
            await asyncio.wait({listening, ending}, return_when=asyncio.FIRST_COMPLETED)
            return listening.result() if listening.done() else None
        finally:
            playback.stop()
            await _cancelled(listening, ending)

    async def digits(
        self,
        most: int,
        timeout: float,  # noqa: ASYNC109 - as in `key`
        between: float,
        end: str = "#",
    ) -> str:
        """Up to `most` keys: the first within `timeout`, each other within `between` of the one before.

        `end` ends them and is not among them. Empty where nothing was pressed, or `end` alone.
        """
        digits = ""
        while len(digits) < most:
            key = await self.key(between if digits else timeout)
            if key is None or key == end:
                break
            digits += key
        return digits

    def forget(self) -> None:
        """What was pressed so far is for nobody: after a wrong key, say."""
        self._pressed.forget()


async def _cancelled(*tasks: asyncio.Task[str] | asyncio.Task[bool]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
