"""WAV files as 16-bit mono samples: PCM (tag 1), G.711 A-law (tag 6) and µ-law (tag 7).

Python's `wave` reads PCM alone, and `audioop` has left the standard library, so both are done here.
A file that is still growing, or was cut off by a crash, gives the samples that are there.
"""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path

PCM, A_LAW, MU_LAW, EXTENSIBLE = 1, 6, 7, 0xFFFE


class AudioError(Exception):
    """A file is not sound that can be read; the message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Audio:
    """Mono sound: `samples` are signed 16-bit (shape: samples), `rate` is in Hz."""

    samples: array[int]
    rate: int

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / self.rate

    def to_bytes(self) -> bytes:
        """Little-endian 16-bit PCM."""
        return _little_endian(self.samples).tobytes()

    def between(self, start: float, end: float) -> Audio:
        """The part from `start` to `end` seconds, cut to what is there."""
        first, last = max(0, round(start * self.rate)), max(0, round(end * self.rate))
        return Audio(self.samples[first:last], self.rate)


@dataclass(frozen=True, slots=True)
class _Format:
    tag: int
    channels: int
    rate: int
    bits: int


def read_wav(path: Path) -> Audio:
    """The sound of a WAV file; several channels are mixed into one. Raises AudioError."""
    raw = read_bytes(path)
    try:
        return parse_wav(raw)
    except AudioError as error:
        raise AudioError(f"{path}: {error}") from None


def read_bytes(path: Path) -> bytes:
    """A file's content. Raises AudioError."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise AudioError(f"{path}: there is no such file") from None
    except OSError as error:
        raise AudioError(f"{path}: cannot be read: {error.strerror}") from None


def parse_wav(raw: bytes) -> Audio:
    """The sound of a WAV file's bytes. Raises AudioError."""
    if len(raw) < 12 or raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        raise AudioError("not a WAV file (it does not begin with RIFF…WAVE)")
    form: _Format | None = None
    offset = 12
    while offset + 8 <= len(raw):
        name, size = struct.unpack_from("<4sI", raw, offset)
        offset += 8
        if name == b"fmt ":
            form = _parse_format(raw[offset : offset + size])
        elif name == b"data":
            if form is None:
                raise AudioError("a damaged WAV file (its data stands before its format)")
            return Audio(_mix(_decode(raw[offset : offset + size], form), form.channels), form.rate)
        offset += size + size % 2
    raise AudioError("a WAV file without sound (it has no data chunk)")


def _parse_format(chunk: bytes) -> _Format:
    if len(chunk) < 16:
        raise AudioError("a damaged WAV file (its format chunk is too short)")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == EXTENSIBLE and len(chunk) >= 26:
        (tag,) = struct.unpack_from("<H", chunk, 24)
    if not 1 <= channels <= 8 or not 4000 <= rate <= 192_000:
        raise AudioError(f"a WAV file of {channels} channels at {rate} Hz cannot be read")
    if tag not in (PCM, A_LAW, MU_LAW) or bits not in ((8, 16, 24, 32) if tag == PCM else (8,)):
        raise AudioError(
            f"a WAV file of format tag {tag} with {bits} bits cannot be read; "
            "PCM (tag 1; 8 to 32 bits), A-law (tag 6) and µ-law (tag 7) can"
        )
    return _Format(tag, channels, rate, bits)


def _decode(data: bytes, form: _Format) -> array[int]:
    if form.tag in G711:
        return array("h", map(G711[form.tag].__getitem__, data))
    if form.bits == 8:  # PCM of 8 bits is unsigned
        return array("h", [(byte - 128) << 8 for byte in data])
    width = form.bits // 8
    data = data[: len(data) - len(data) % width]
    if width > 2:  # the two highest bytes of each sample are enough
        high = bytearray(len(data) // width * 2)
        high[0::2], high[1::2] = data[width - 2 :: width], data[width - 1 :: width]
        data = bytes(high)
    samples = array("h")
    samples.frombytes(data)
    return _little_endian(samples)


def _mix(samples: array[int], channels: int) -> array[int]:
    if channels == 1:
        return samples
    frames = len(samples) // channels
    parts = [samples[channel : frames * channels : channels] for channel in range(channels)]
    return array("h", [sum(frame) // channels for frame in zip(*parts, strict=True)])


def _little_endian(samples: array[int]) -> array[int]:
    if sys.byteorder == "big":
        samples = array("h", samples)
        samples.byteswap()
    return samples


def _a_law_sample(code: int) -> int:
    """ITU-T G.711 table 1: even bits are inverted, the sign bit set means positive."""
    code ^= 0x55
    exponent, mantissa = (code & 0x70) >> 4, code & 0x0F
    magnitude = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return magnitude if code & 0x80 else -magnitude


def _mu_law_sample(code: int) -> int:
    """ITU-T G.711 table 2: all bits are inverted, the sign bit set means negative."""
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return -magnitude if code & 0x80 else magnitude


G711 = {
    A_LAW: tuple(_a_law_sample(code) for code in range(256)),
    MU_LAW: tuple(_mu_law_sample(code) for code in range(256)),
}
"""The 16-bit value of each byte, by format tag."""
