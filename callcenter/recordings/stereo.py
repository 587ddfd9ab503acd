"""Both sides of a call in one: the caller left, agents and transfer targets right, each where it belongs.

Made block by block: as 16-bit WAV for any byte range, also while the call lasts, or as samples for a file.
Prompts and music are on neither channel: what a party says is recorded, not what it is played.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from callcenter.recordings.legs import NARROW, Leg, open_leg

HEADER_BYTES = 44
FRAME_BYTES = 4  # two channels of 16 bits
BLOCK_FRAMES = 16_000
MAX_DATA = 0xFFFFFFFF - HEADER_BYTES


@dataclass(frozen=True, slots=True)
class Track:
    """One leg within the mix, whose first sample stands `at` samples after the call's zero."""

    leg: Leg
    at: int
    right: bool


def open_track(path: Path, offset_seconds: float, *, right: bool, rate: int = NARROW) -> Track:
    """A leg at its place. Raises AudioError where it cannot be read."""
    return Track(open_leg(path, rate), round(offset_seconds * rate), right)


@dataclass(frozen=True, slots=True)
class StereoMix:
    """The mix as a file of `size` bytes, fixed when it was made: a growing call is longer next time."""

    tracks: tuple[Track, ...]
    frames: int
    rate: int

    @property
    def size(self) -> int:
        return HEADER_BYTES + self.frames * FRAME_BYTES

    def header(self) -> bytes:
        data, rate = self.frames * FRAME_BYTES, self.rate
        parts = (b"RIFF", 36 + data, b"WAVE", b"fmt ", 16, 1, 2, rate, rate * FRAME_BYTES, FRAME_BYTES, 16)
        return struct.pack("<4sI4s4sIHHIIHH", *parts) + struct.pack("<4sI", b"data", data)

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to, not including, `end`, in blocks."""
        if start < HEADER_BYTES:
            yield self.header()[start : min(end, HEADER_BYTES)]
        position = max(start, HEADER_BYTES)
        while position < end:
            first = (position - HEADER_BYTES) // FRAME_BYTES
            last = min(first + BLOCK_FRAMES, -(-(end - HEADER_BYTES) // FRAME_BYTES))
            skip = position - HEADER_BYTES - first * FRAME_BYTES
            block = self.samples(first, last).astype("<i2").tobytes()[skip : skip + end - position]
            yield block
            position += len(block)

    def samples(self, first: int, last: int) -> NDArray[np.int16]:
        """The samples from `first` up to, not including, `last`; shape (last - first, 2), left and right."""
        mixed = np.zeros((last - first, 2), dtype=np.int32)
        for track in self.tracks:
            begin, finish = max(first, track.at), min(last, track.at + track.leg.frames)
            if begin < finish:
                samples = track.leg.samples(begin - track.at, finish - begin)
                mixed[begin - first : begin - first + len(samples), int(track.right)] += samples
        return np.clip(mixed, -32768, 32767).astype(np.int16)


def mix(tracks: Sequence[Track]) -> StereoMix:
    """All the tracks, of one rate, in one; what lies before the call's zero is left out."""
    rate = tracks[0].leg.rate if tracks else NARROW
    longest = max((track.at + track.leg.frames for track in tracks), default=0)
    return StereoMix(tuple(tracks), min(max(0, longest), MAX_DATA // FRAME_BYTES), rate)
