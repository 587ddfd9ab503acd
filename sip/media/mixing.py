"""What a conference does with samples: voices brought to one clock, and added up. No socket, no clock here.

Packets come with jitter, of any length, with pauses; who sends them has a clock that is not ours. A `Voice`
takes them by their timestamps and gives 20 ms whenever it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from sip.media.g711 import FRAME, Samples
from sip.media.rtp import timestamp_delta

LEAD: Final = 2 * FRAME
"""Samples that a voice is behind its packets: 40 ms, so that one may be late by so much."""
FURTHEST: Final = 25 * FRAME
"""Samples; half a second. What is further ahead, or behind, begins anew."""
WATCHED: Final = 100
"""Packets, some two seconds, after which a voice that is needlessly late catches up."""
_RING: Final = 8192
"""Samples; a power of two, so that places go on where timestamps begin again."""
_MASK: Final = 0xFFFFFFFF


class Voice:
    """One party's sound, 8000 samples a second, put in as it arrives and taken out 20 ms at a time."""

    __slots__ = ("_begun", "_cursor", "_end", "_least", "_ring", "_seen", "late")

    def __init__(self) -> None:
        self.late = 0
        """Packets that came after their time: each made the voice later."""
        self._ring = np.zeros(_RING, np.int16)
        self._cursor = self._end = self._seen = 0
        self._least = FURTHEST
        self._begun = False

    def restart(self) -> None:
        """The next packet has nothing to do with the timestamps so far; what waits is left out."""
        self._begun = False

    @property
    def waiting(self) -> int:
        """Samples from the next one to be taken up to the last one there is."""
        return max(0, timestamp_delta(self._end, self._cursor)) if self._begun else 0

    def put(self, timestamp: int, samples: Samples) -> None:
        """Takes a packet; one that is too late holds the voice up, so that the next ones are not."""
        ahead = timestamp_delta(timestamp, self._cursor)
        if not self._begun or not -FURTHEST < ahead < FURTHEST:
            self._begin(timestamp)
            ahead = LEAD
        elif ahead < 0:
            self.late += 1
            self._begin(timestamp, keep=True)
            ahead = LEAD
        self._write(timestamp, samples)
        self._watch(ahead)

    def take(self) -> Samples | None:
        """The next 20 ms; None where nothing of them has come, which is as good as silence."""
        if not self._begun:
            return None
        at, self._cursor = self._cursor, (self._cursor + FRAME) & _MASK
        if timestamp_delta(self._end, at) <= 0:
            return None
        places = _places(at, FRAME)
        samples: Samples = self._ring[places].copy()
        self._ring[places] = 0  # what never comes is silence, not the sound of a second ago
        return samples

    def _begin(self, timestamp: int, *, keep: bool = False) -> None:
        self._begun = True
        self._cursor = (timestamp - LEAD) & _MASK
        self._seen, self._least = 0, FURTHEST
        if not keep:
            self._end = self._cursor
            self._ring[:] = 0

    def _write(self, timestamp: int, samples: Samples) -> None:
        samples = samples[:FURTHEST]
        self._ring[_places(timestamp, len(samples))] = samples
        end = (timestamp + len(samples)) & _MASK
        if timestamp_delta(end, self._end) > 0:
            self._end = end

    def _watch(self, ahead: int) -> None:
        """Drops what the voice is later than it must be: a delay has passed, or clocks drift apart."""
        self._least = min(self._least, ahead)
        self._seen += 1
        if self._seen < WATCHED:
            return
        spare = self._least - LEAD
        if spare > 0:
            self._ring[_places(self._cursor, spare)] = 0
            self._cursor = (self._cursor + spare) & _MASK
        self._seen, self._least = 0, FURTHEST


def mixed(voices: Sequence[Samples]) -> Samples:
    """All of them at once, 16 bits; what is too loud together is cut off at the top."""
    if len(voices) == 1:
        return voices[0]
    total = np.add(voices[0], voices[1], dtype=np.int32)
    for voice in voices[2:]:
        total += voice
    return np.clip(total, -32768, 32767).astype(np.int16)


def _places(timestamp: int, count: int) -> slice | npt.NDArray[np.intp]:
    first = timestamp % _RING
    if first + count <= _RING:
        return slice(first, first + count)
    return np.arange(first, first + count) % _RING
