"""One leg's recording as samples, whatever its codec. It may still grow, or have been cut off by a crash:
then it counts as long as it is.

This is the only way to a leg's sound for those who mix or play; the scribe's engine reads by the same
decoders (`transcripts.decoding`).
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transcripts import audio
from transcripts import decoding as decoders
from transcripts.decoding import decode, needs_decoder, resampled

WIDE: Final = decoders.RATE
"""Samples a second that are given of wide-band codecs."""
NARROW: Final = 8000
"""Samples a second of G.711."""
DECODED: Final = 0
"""In place of a law: samples that a decoder gives."""
KEPT: Final = 4
"""Decoded legs that are kept, for a browser asks for a file in parts: 1 MB for a minute of one."""


class AudioError(Exception):
    """A recording cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg's file as it was when it was opened. `data` is the byte where G.711 (`law`) begins."""

    path: Path
    law: int
    data: int
    size: int
    """Bytes of the file."""
    rate: int
    """Samples a second that are given."""
    frames: int
    """Samples."""

    @property
    def wide(self) -> bool:
        """It holds more than the telephone's 4 kHz."""
        return self.law == DECODED

    def samples(self, first: int, count: int) -> NDArray[np.int16]:
        """At most `count` samples from the place `first` on."""
        first = max(first, 0)
        if self.wide or self.rate != NARROW:
            return _decoded(self.path, self.size, self.rate)[first : first + count]
        return self._g711(first, count)

    def _g711(self, first: int, count: int) -> NDArray[np.int16]:
        with self.path.open("rb") as file:
            file.seek(self.data + first)
            return decoding(self.law)[np.frombuffer(file.read(count), dtype=np.uint8)]


def read_leg(path: Path) -> tuple[int, NDArray[np.int16]]:
    """A leg's rate in Hz (8000, or 16000 of a wide-band codec) and all its samples. Raises AudioError."""
    leg = open_leg(path)
    if leg.wide:
        leg = open_leg(path, WIDE)
    return leg.rate, leg.samples(0, leg.frames)


def open_leg(path: Path, rate: int = NARROW) -> Leg:
    """A leg whose samples are given at `rate` a second.

    Of G.711 at its own rate nothing is kept in memory but what is asked for; all else is decoded whole.
    Raises AudioError where the file is missing or is none that the recorder writes.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4096)
        size = path.stat().st_size
    except OSError as error:
        raise AudioError(f"the recording {path.name} cannot be read: {error.strerror}") from None
    if needs_decoder(head):
        return Leg(path, DECODED, 0, size, rate, len(_decoded(path, size, rate)))
    law, data = _parse(head, path.name)
    frames = max(0, size - data)
    return Leg(path, law, data, size, rate, frames if rate == NARROW else len(_decoded(path, size, rate)))


@cache
def decoding(law: int) -> NDArray[np.int16]:
    """The 256 linear values of A-law (6) or mu-law (7), ITU-T G.711."""
    return np.array(audio.G711[law], dtype=np.int16)


@lru_cache(maxsize=KEPT)
def _decoded(path: Path, size: int, rate: int) -> NDArray[np.int16]:
    try:
        with path.open("rb") as file:
            raw = file.read(size)
        if needs_decoder(raw):
            return np.array(decode(raw, rate), dtype=np.int16)
        law, data = _parse(raw[:4096], path.name)
        narrow = decoding(law)[np.frombuffer(raw[data:], dtype=np.uint8)]
        return np.array(resampled(array("h", narrow.tobytes()), NARROW, rate), dtype=np.int16)
    except (OSError, audio.AudioError) as error:
        raise AudioError(f"the recording {path.name} cannot be read: {error}") from None


def _parse(head: bytes, name: str) -> tuple[int, int]:
    """The format tag and where the samples begin. The recorder's files end with the samples."""
    law = 0
    position = 12
    while head[:4] == b"RIFF" and head[8:12] == b"WAVE" and position + 8 <= len(head):
        chunk, length = struct.unpack_from("<4sI", head, position)
        if chunk == b"fmt " and position + 24 <= len(head):
            law, channels, rate = struct.unpack_from("<HHI", head, position + 8)
            if law not in audio.G711 or channels != 1 or rate != NARROW:
                break
        elif chunk == b"data" and law:
            return law, position + 8
        position += 8 + length + length % 2
    raise AudioError(f"the recording {name} is no mono 8 kHz G.711 WAV")
