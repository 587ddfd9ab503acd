"""A call's recordings as one stereo WAV, made block by block for any byte range.

Each leg is a file that may still grow. The caller is the left channel, agents and transfer targets the right.
Of G.711 nothing is kept in memory but the block in hand; G.722 and Opus are decoded whole, and a few kept.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transcripts import audio
from transcripts.decoding import decode, needs_decoder

RATE = 8000
"""Samples a second, in the files and in the mix."""
ALAW, MULAW = 6, 7
DECODED = 0
"""In place of a law: samples that a decoder gives."""
KEPT = 4
"""Decoded legs that are kept, for a browser asks for a file in parts: 1 MB for a minute of one."""
HEADER_BYTES = 44
FRAME_BYTES = 4  # two channels of 16 bits
BLOCK_FRAMES = 16_000
MAX_DATA = 0xFFFFFFFF - HEADER_BYTES


class AudioError(Exception):
    """A recording cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Track:
    """One leg's samples within the mix. `at` and `frames` in samples, `data` is the byte where they begin."""

    path: Path
    law: int
    data: int
    frames: int
    at: int
    right: bool
    size: int
    """Bytes of the file when it was opened."""


def open_track(path: Path, offset_seconds: float, *, right: bool) -> Track:
    """Reads a recording's header. A file cut short by a crash counts as long as it is.

    Raises AudioError where the file is missing or is none that the recorder writes.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4096)
        size = path.stat().st_size
    except OSError as error:
        raise AudioError(f"the recording {path.name} cannot be read: {error.strerror}") from None
    at = round(offset_seconds * RATE)
    if needs_decoder(head):
        return Track(path, DECODED, 0, len(_decoded(path, size)), at, right, size)
    law, data = _parse(head, path.name)
    return Track(path, law, data, max(0, size - data), at, right, size)


@lru_cache(maxsize=KEPT)
def _decoded(path: Path, size: int) -> NDArray[np.int16]:
    try:
        with path.open("rb") as file:
            return np.array(decode(file.read(size), RATE), dtype=np.int16)
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
            if law not in (ALAW, MULAW) or channels != 1 or rate != RATE:
                break
        elif chunk == b"data" and law:
            return law, position + 8
        position += 8 + length + length % 2
    raise AudioError(f"the recording {name} is no mono 8 kHz G.711 WAV")


@cache
def decoding(law: int) -> NDArray[np.int16]:
    """The 256 linear values of A-law (6) or mu-law (7), ITU-T G.711."""
    code = np.arange(256, dtype=np.int32)
    if law == MULAW:
        code = ~code & 0xFF
        magnitude = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
        return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)
    code ^= 0x55
    exponent = (code & 0x70) >> 4
    mantissa = (code & 0x0F) << 4
    magnitude = np.where(exponent == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


@dataclass(frozen=True, slots=True)
class StereoMix:
    """The mix as a file of `size` bytes, fixed when it was made: a growing call is longer next time."""

    tracks: tuple[Track, ...]
    frames: int

    @property
    def size(self) -> int:
        return HEADER_BYTES + self.frames * FRAME_BYTES

    def header(self) -> bytes:
        data = self.frames * FRAME_BYTES
        parts = (b"RIFF", 36 + data, b"WAVE", b"fmt ", 16, 1, 2, RATE, RATE * FRAME_BYTES, FRAME_BYTES, 16)
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
            block = self._frames(first, last)[skip : skip + end - position]
            yield block
            position += len(block)

    def _frames(self, first: int, last: int) -> bytes:
        mixed = np.zeros((last - first, 2), dtype=np.int32)
        for track in self.tracks:
            begin, finish = max(first, track.at), min(last, track.at + track.frames)
            if begin < finish:
                samples = _samples(track, begin - track.at, finish - begin)
                mixed[begin - first : begin - first + len(samples), int(track.right)] += samples
        return np.clip(mixed, -32768, 32767).astype("<i2").tobytes()


def _samples(track: Track, first: int, count: int) -> NDArray[np.int16]:
    if track.law == DECODED:
        return _decoded(track.path, track.size)[max(first, 0) : max(first, 0) + count]
    with track.path.open("rb") as file:
        file.seek(track.data + max(first, 0))
        return decoding(track.law)[np.frombuffer(file.read(count), dtype=np.uint8)]


def mix(tracks: Sequence[Track]) -> StereoMix:
    """All the tracks in one; what lies before the call's zero is left out."""
    longest = max((track.at + track.frames for track in tracks), default=0)
    return StereoMix(tuple(tracks), min(max(0, longest), MAX_DATA // FRAME_BYTES))


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The bytes [start, end) that a Range header asks for; None: the whole (RFC 9110 section 14.2).

    Several ranges, another unit or a malformed header mean the whole. Raises ValueError where there are no
    such bytes.
    """
    if not header or not header.startswith("bytes=") or "," in header:
        return None
    first, dash, last = header.removeprefix("bytes=").strip().partition("-")
    if not dash or not (first + last).isascii() or not (first + last).isdigit():
        return None
    if not first:
        start, end = max(0, size - int(last)), size
        if int(last) == 0:
            raise ValueError(header)
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return None
    if start >= size:
        raise ValueError(header)
    return start, end
