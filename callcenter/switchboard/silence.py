"""A party that vanished in mid-call: noticed by the silence of its RTP, told to the one who remains."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from callcenter.switchboard.board import Board
from callcenter.switchboard.leg import Leg
from sip.media import tones
from sip.media.inactivity import Inactivity

CONFIRM: Final = 0.2
"""Seconds until a silence is believed: an event loop that stood still reads its sockets first."""
BUSY_TONE: Final = 3.0
"""Seconds of busy tone where no prompt is configured."""


class SilenceWatch:
    """One timer for all legs of a call; `vanished(leg)` is called once for a party that is gone."""

    def __init__(self, legs: Sequence[Leg], timeout: float, vanished: Callable[[Leg], None]) -> None:
        self._legs = legs
        self._timeout = timeout
        self._vanished = vanished
        self._watches: dict[str, Inactivity] = {}
        self._suspects: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begins to watch, if it has not begun."""
        if self._timer is None:
            self._again(self._timeout / 4)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        now = time.monotonic()
        nearest = now + self._timeout / 4  # a hold that ends tells nobody: look for it
        held = any(leg.on_hold for leg in self._legs)
        for leg in list(self._legs):
            watch = self._watches.setdefault(leg.id, Inactivity(self._timeout))
            expected = (
                not (held or leg.vanished or leg.leaving or leg.media.silences) and leg.stream.receiving
            )
            gone_at = watch.gone_at(now, leg.stream.stats, expected=expected)
            if gone_at is None or gone_at > now:
                self._suspects.discard(leg.id)
            elif leg.id in self._suspects:
                self._vanished(leg)
                continue
            else:
                self._suspects.add(leg.id)
                gone_at = now + CONFIRM
            nearest = min(nearest, gone_at or nearest)
        self._again(nearest - now)


async def tell_lost(board: Board, leg: Leg) -> None:
    """Lets a party know that the other one is gone: the configured prompt, or the busy tone for a while."""
    prompt = board.settings.sip.media_lost_prompt
    if prompt:
        await leg.stream.play(board.prompt(prompt)).finished()
        return
    playback = leg.stream.play(tones.busy(), loop=True)
    await asyncio.sleep(BUSY_TONE)
    playback.stop()
