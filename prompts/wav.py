"""WAV files of G.711: one channel, 8 kHz, format tag 6 (A-law, RFC 2361). Anything else is refused."""

from __future__ import annotations

import struct
from pathlib import Path

ALAW_TAG = 6
RATE = 8_000
"""Samples, and octets, in a second."""


class WavError(Exception):
    """The file is not 8 kHz mono A-law WAV; the message names it and says what it is."""


def read_alaw(path: Path) -> bytes:
    """The A-law octets of a file. Raises `WavError`, or `FileNotFoundError` when there is none."""
    chunks = _chunks(path, path.read_bytes())
    if "fmt " not in chunks or "data" not in chunks:
        raise WavError(f"{path}: a WAV file needs a 'fmt ' and a 'data' chunk")
    if len(chunks["fmt "]) < 16:
        raise WavError(f"{path}: its 'fmt ' chunk is cut short")
    tag, channels, rate = struct.unpack_from("<HHI", chunks["fmt "])
    if (tag, channels, rate) != (ALAW_TAG, 1, RATE):
        raise WavError(
            f"{path}: is format {tag}, {channels} channel(s), {rate} Hz; "
            f"wanted A-law (6), 1 channel, {RATE} Hz: try `sox in.wav -r 8000 -c 1 -e a-law out.wav`"
        )
    if not chunks["data"]:
        raise WavError(f"{path}: holds no sound")
    return chunks["data"]


def write_alaw(path: Path, alaw: bytes) -> None:
    """Writes one file; a non-PCM format carries its extension size and a 'fact' chunk."""
    fmt = struct.pack("<HHIIHHH", ALAW_TAG, 1, RATE, RATE, 1, 8, 0)
    body = (
        b"WAVE" + _chunk(b"fmt ", fmt) + _chunk(b"fact", struct.pack("<I", len(alaw))) + _chunk(b"data", alaw)
    )
    path.write_bytes(_chunk(b"RIFF", body))


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _chunks(path: Path, raw: bytes) -> dict[str, bytes]:
    if raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        raise WavError(f"{path}: is not a WAV file")
    chunks: dict[str, bytes] = {}
    at = 12
    while at + 8 <= len(raw):
        name, size = struct.unpack_from("<4sI", raw, at)
        body = raw[at + 8 : at + 8 + size]
        if len(body) < size:
            raise WavError(f"{path}: is cut short in its {name.decode('latin-1')!r} chunk")
        chunks.setdefault(name.decode("latin-1"), body)
        at += 8 + size + size % 2
    return chunks
