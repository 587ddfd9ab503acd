"""Playing clips to legs on one absolute 20 ms clock for the whole event loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import ClassVar, Protocol
from weakref import WeakKeyDictionary

from sip.aio.encoded import Encoded
from sip.media.clip import Clip
from sip.media.codecs import Codec, Packed
from sip.media.g711 import FRAME
from sip.media.g711 import Codec as G711

log = logging.getLogger(__name__)

TICK = 0.02
"""Seconds between two packets."""

CATCH_UP = 10
"""Packets sent at once after the loop was kept from its work; what was due before them is given up."""

_EARLY = 0.001
"""uvloop's timers count in milliseconds and may wake this much too soon."""


class Player(Protocol):
    """Whoever sends something every 20 ms."""

    def frame(self, now: float) -> None: ...


class Ticker:
    """Wakes every player at start + n * 20 ms. A late wake-up delays one packet, never the clock.

    `Ticker.of_running_loop()` gives the loop's own. It runs only while somebody plays.
    """

    _of: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, Ticker]] = WeakKeyDictionary()

    @classmethod
    def of_running_loop(cls) -> Ticker:
        """The running loop's ticker, made when first asked for."""
        loop = asyncio.get_running_loop()
        if loop not in cls._of:
            cls._of[loop] = cls()
        return cls._of[loop]

    def __init__(self) -> None:
        self._players: dict[Player, None] = {}
        self._handle: asyncio.TimerHandle | None = None
        self._start = 0.0
        self._done = 0

    def add(self, player: Player) -> None:
        """Begins to wake `player` with the next tick."""
        self._players[player] = None
        if self._handle is None:
            self._start, self._done = time.monotonic(), 0
            self._handle = asyncio.get_running_loop().call_later(TICK, self._tick)

    def remove(self, player: Player) -> None:
        """Wakes `player` no more."""
        self._players.pop(player, None)
        if not self._players and self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _tick(self) -> None:
        now = time.monotonic()
        due = int((now - self._start + _EARLY) / TICK)
        frames = min(due - self._done, CATCH_UP)
        self._done = due
        running = self._handle
        for player in tuple(self._players):
            self._wake(player, frames, now)
        if self._handle is running:  # else the last one has ended, and another may have begun anew
            wait = self._start + (due + 1) * TICK - time.monotonic()
            self._handle = asyncio.get_running_loop().call_later(max(0.0, wait), self._tick)

    def _wake(self, player: Player, frames: int, now: float) -> None:
        try:
            for _ in range(frames):
                if player not in self._players:
                    return  # it has just ended, or another one's end has ended it
                player.frame(now)
        except Exception:
            # One player's fault must not stop the clock of all the others.
            log.exception("player failed player=%s", type(player).__name__)
            self.remove(player)


class Playback:
    """A clip being played. `send(playback, index, data, now)` puts one frame on the wire."""

    def __init__(
        self,
        clip: Clip,
        *,
        loop: bool,
        codec: Callable[[], Codec],
        send: Callable[[Playback, int, bytes, float], None],
        ended: Callable[[Playback], None],
    ) -> None:
        self._clip = clip
        self._loop = loop
        self._codec = codec
        self._send = send
        self._ended = ended
        self._index = 0
        self._position = 0
        self._ticker = Ticker.of_running_loop()
        self._finished: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if clip.alaw:
            self._ticker.add(self)
        else:
            self._finished.set_result(True)

    @property
    def playing(self) -> bool:
        """Whether there is more to come."""
        return not self._finished.done()

    @property
    def seconds(self) -> float:
        """How much has been played, repeats included."""
        return self._index * TICK

    async def finished(self) -> bool:
        """Waits for the end: True where the clip was played through, False where it was stopped."""
        return await asyncio.shield(self._finished)

    def stop(self) -> None:
        """Plays no further; a second call does nothing."""
        self._end(complete=False)

    def frame(self, now: float) -> None:
        """Sends the next 20 ms; ends one tick after the last of them, when that was heard."""
        if self._finished.done():
            return
        codec = self._codec()
        frame = self._packet(codec) if isinstance(codec, Packed) else self._bytes(codec)
        if frame is not None:
            self._send(self, self._index, frame, now)
            self._index += 1

    def _packet(self, codec: Packed) -> bytes | None:
        made = Encoded.of(self._clip, codec)
        complete = made.complete  # asked first: the last packets may come between the two
        if self._position >= len(made.packets):
            if not complete:
                return None  # the first time it takes some milliseconds
            if not self._loop or not made.packets:
                self._end(complete=True)
                return None
            self._position = 0
        self._position += 1
        return made.packets[self._position - 1]

    def _bytes(self, codec: G711) -> bytes | None:
        data = self._clip.data(codec)
        if self._position >= len(data):
            self._end(complete=True)
            return None
        frame = data[self._position : self._position + FRAME]
        self._position += FRAME
        if len(frame) < FRAME:
            frame = self._wrapped(frame, data) if self._loop else frame + codec.quiet(FRAME - len(frame))
        elif self._loop and self._position == len(data):
            self._position = 0
        return frame

    def _wrapped(self, frame: bytes, data: bytes) -> bytes:
        """The end of a looping clip joined to its beginning without a hole."""
        missing = FRAME - len(frame)
        joined = frame + (data * (missing // len(data) + 1))[:missing]
        self._position = missing % len(data)
        return joined

    def _end(self, *, complete: bool) -> None:
        if self._finished.done():
            return
        self._ticker.remove(self)
        self._finished.set_result(complete)
        self._ended(self)
