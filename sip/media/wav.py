"""WAV files of G.711, one or two channels, and of G.722, also while they grow.

Layout: RIFF, `fmt ` of 18 bytes and `fact` as Microsoft's "New Multimedia Data Types" asks of every format
but PCM, `data` last, so that a file grows at its end and only three numbers in its first 58 bytes change.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from sip.media.codecs import Packed
from sip.media.g711 import BY_WAV_TAG, PCMA, SAMPLE_RATE, Codec

PCM_TAG = 1
G722_TAG = 0x028F
"""The tag under which FFmpeg, and all that is made with it, writes and reads ITU-T G.722."""
_G711_HEADER = struct.Struct("<4sI4s4sIHHIIHHH4sII4sI")
_FORMAT = struct.Struct("<HHIIHH")
_CHUNK = struct.Struct("<4sI")

HEADER_SIZE = _G711_HEADER.size
"""Bytes before the audio in the files written here: 58."""


class MalformedWav(ValueError):
    """The file is no WAV of a kind a telephone can play; the message says why."""


def header(codec: Codec | Packed, data_bytes: int, channels: int = 1) -> bytes:
    """The 58 bytes before `data_bytes` bytes of G.711 or G.722, of which both have 8000 a second."""
    tag, rate, bits = (G722_TAG, 16000, 4) if isinstance(codec, Packed) else (codec.wav_tag, SAMPLE_RATE, 8)
    return _G711_HEADER.pack(
        b"RIFF",
        HEADER_SIZE - 8 + data_bytes + data_bytes % 2,
        b"WAVE",
        b"fmt ",
        18,
        tag,
        channels,
        rate,
        SAMPLE_RATE * channels,
        channels,
        bits,
        0,
        b"fact",
        4,
        data_bytes // channels * rate // SAMPLE_RATE,
        b"data",
        data_bytes,
    )


def build(codec: Codec, data: bytes, channels: int = 1) -> bytes:
    """A whole file; stereo `data` is interleaved, one byte of each channel."""
    return header(codec, len(data), channels) + data + bytes(len(data) % 2)


def interleave(left: bytes, right: bytes, codec: Codec) -> bytes:
    """Stereo data from two channels of one codec; the shorter one ends in silence."""
    longest = max(len(left), len(right))
    data = bytearray(2 * longest)
    data[0::2] = left.ljust(longest, bytes((codec.silence,)))
    data[1::2] = right.ljust(longest, bytes((codec.silence,)))
    return bytes(data)


@dataclass(frozen=True, slots=True)
class Wav:
    """A file's audio as stored."""

    tag: int
    """1 for linear PCM, 6 for A-law, 7 for µ-law, `G722_TAG`."""
    channels: int
    rate: int
    """Samples a second of each channel."""
    bits: int
    data: bytes
    """Interleaved samples; while a file grows, as many whole ones as are there."""

    @classmethod
    def parse(cls, raw: bytes) -> Wav:
        """Reads a file, also one still growing whose sizes lag behind or run ahead of what is there.

        Raises `MalformedWav`.
        """
        if raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
            raise MalformedWav("no RIFF/WAVE header")
        chunks = _chunks(raw)
        if len(chunks.get(b"fmt ", b"")) < _FORMAT.size or b"data" not in chunks:
            raise MalformedWav("no format or no data in the file")
        tag, channels, rate, _, align, bits = _FORMAT.unpack_from(chunks[b"fmt "])
        if not channels or not align:
            raise MalformedWav("no channels in the file")
        if rate * channels * bits < 8:
            raise MalformedWav(f"{rate} Hz with {bits} bits make no sound")
        data = chunks[b"data"]
        return cls(tag, channels, rate, bits, data[: len(data) - len(data) % align])

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return len(self.data) / (self.rate * self.channels * self.bits // 8)

    def as_codec(self, codec: Codec = PCMA) -> bytes:
        """Mono 8 kHz audio as G.711. Raises `MalformedWav` where the file is of any other kind."""
        if (self.channels, self.rate) != (1, SAMPLE_RATE):
            raise MalformedWav(f"{self.channels} channels at {self.rate} Hz; make it mono at 8000 Hz")
        if self.tag in BY_WAV_TAG:
            return BY_WAV_TAG[self.tag].translate(self.data, codec)
        if (self.tag, self.bits) == (PCM_TAG, 16):
            return codec.encode(np.frombuffer(self.data, "<i2").astype(np.int16))
        raise MalformedWav(f"format {self.tag} with {self.bits} bits; make it 16-bit PCM, A-law or µ-law")


def _chunks(raw: bytes) -> dict[bytes, bytes]:
    """Chunks by name; one that claims more than the file holds is cut to what is there."""
    found: dict[bytes, bytes] = {}
    at = 12
    while at + _CHUNK.size <= len(raw):
        name, size = _CHUNK.unpack_from(raw, at)
        at += _CHUNK.size
        found.setdefault(name, raw[at : at + size])
        at += size + size % 2
    return found
