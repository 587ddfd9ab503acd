"""A message that a party leaves: a tone, then what they say until `#`, a silence, the longest time, or a BYE.

It is a recording of their leg like any other, so that the scribe transcribes it; the rules for what an agent
says do not apply to a call that no agent answered. Who says nothing leaves none, and no file either.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from callcenter.switchboard.keypad import Keypad
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.live_call import LiveCall
from sip.aio.ear import Ear
from sip.media import tones
from sip.media.g711 import Samples
from sip.moment import Moment

LOUD: Final = 32767 * 10 ** (-45 / 20)
"""Root mean square of a packet with speech in it: 45 dB below full scale. Lines hiss below that."""
SYLLABLE: Final = 0.1
"""Seconds of loud packets, not necessarily in a row, that are speech and no click."""


class Ended(Enum):
    """What ended a message."""

    KEY = "key"
    SILENCE = "silence"
    LENGTH = "length"
    HANG_UP = "hang_up"


@dataclass(frozen=True, slots=True)
class Limits:
    """`longest` and `silence` in seconds, the latter without a word; `end` is the key that ends it."""

    longest: float = 120.0
    silence: float = 5.0
    end: str = "#"


@dataclass(frozen=True, slots=True)
class Message:
    """What was left: the recording's id in the database, its length in seconds."""

    recording_id: str
    began: Moment
    seconds: float
    ended: Ended


class Speech:
    """When a party last spoke, by how loud their packets are. Times in monotonic seconds."""

    def __init__(self, began: float) -> None:
        self.last = began
        """When they last spoke; at first: when they began to be listened to."""
        self._loud = 0.0

    @property
    def any(self) -> bool:
        """They have said something."""
        return self._loud >= SYLLABLE

    def put(self, samples: Samples, now: float) -> None:
        """A packet of 8000 samples a second."""
        if len(samples) and np.sqrt(np.mean(np.square(samples, dtype=np.float64))) > LOUD:
            self._loud += len(samples) / 8000
            self.last = now


async def take_message(live: LiveCall, leg: Leg, limits: Limits, taken: Callable[[Message], None]) -> None:
    """Returns when the message is over. `taken` is called before, once, where something was said: also where
    the party hangs up, by which this coroutine may be cancelled."""
    await leg.stream.play(tones.beep()).finished()
    leg.pressed.forget()
    began = live.board.now()
    speech = Speech(began.mono)
    ear = Ear(leg.stream, lambda timestamp, samples: speech.put(samples, time.monotonic()), lambda: None)
    talked = leg.track is not None
    live.record_message(leg, began)
    ended = Ended.HANG_UP
    try:
        ended = await _over(leg, speech, limits, began.mono + limits.longest)
    finally:
        ear.close()
        _finish(live, leg, speech, began, ended, taken)
        if talked and leg in live.legs and not leg.call.is_over:
            live.record(leg, live.board.now())  # they were recorded before, and go on being


async def _over(leg: Leg, speech: Speech, limits: Limits, latest: float) -> Ended:
    tasks = {
        asyncio.create_task(Keypad(leg).wait_for(limits.end), name="message key"): Ended.KEY,
        asyncio.create_task(_silent(speech, limits.silence), name="message silence"): Ended.SILENCE,
        asyncio.create_task(_gone(leg), name="message hang-up"): Ended.HANG_UP,
    }
    try:
        patience = max(0.0, latest - time.monotonic())
        done, _ = await asyncio.wait(tasks, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        return next((tasks[task] for task in tasks if task in done), Ended.LENGTH)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _finish(
    live: LiveCall, leg: Leg, speech: Speech, began: Moment, ended: Ended, taken: Callable[[Message], None]
) -> None:
    recording = leg.recording
    if recording is None:
        return  # the call was over sooner
    if not speech.any:
        live.discard_recordings(leg)
        return
    at = leg.call.ended_at or live.board.now()
    live.end_recording(leg, at)
    taken(Message(recording.id, began, max(0.0, at.mono - began.mono), ended))


async def _silent(speech: Speech, seconds: float) -> None:
    while True:
        left = speech.last + seconds - time.monotonic()
        if left <= 0:
            return
        await asyncio.sleep(left)


async def _gone(leg: Leg) -> None:
    await leg.call.over()
