"""Cutting what a phone says, and finding a prompt in what a phone heard."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float64]
RATE = 8000
PIECE = RATE // 2
"""Samples of a prompt looked for at once: phones lose and repeat packets, which shifts what follows."""
LIKE = 0.7
"""Correlation from which a piece counts as heard; speech and other speech stayed below 0.5."""


def cut_wav(source: Path, target: Path, start: float, end: float) -> Path:
    """Writes the seconds `start` to `end` of an 8-bit (G.711) mono WAV as a file of its own."""
    data, at, head = source.read_bytes(), 12, b""
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"fmt ":
            head = data[at : at + 8 + size]
        if name == b"data":
            body = data[at + 8 :][round(start * RATE) : round(end * RATE)]
            chunks = head + b"data" + struct.pack("<I", len(body)) + body
            target.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
            return target
        at += 8 + size + size % 2
    raise ValueError(f"{source} is no WAV file")


def read_recording(path: Path) -> Sound:
    """What a phone recorded: mono 8 kHz PCM of 8 or 16 bits, from -1 to 1."""
    with wave.open(str(path)) as file:
        data, width = file.readframes(file.getnframes()), file.getsampwidth()
    if width == 1:
        return (np.frombuffer(data, np.uint8).astype(np.float64) - 128) / 128
    return np.frombuffer(data, "<i2").astype(np.float64) / 32768


def decode_alaw(data: bytes) -> Sound:
    """A-law octets (G.711) as samples from -1 to 1."""
    code = np.frombuffer(data, np.uint8).astype(np.int64) ^ 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    value = np.where(
        exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0)
    )
    return np.where(code & 0x80, value, -value) / 32768


def likeness(piece: Sound, heard: Sound) -> tuple[float, int]:
    """The best correlation of a piece with any place of what was heard (-1 to 1), and that place's sample."""
    if len(heard) < len(piece) or not piece.any():
        return 0.0, 0
    size = 1 << (len(heard) + len(piece) - 1).bit_length()
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(piece, size))
    products = np.fft.irfft(spectrum, size)[: len(heard) - len(piece) + 1]
    power = np.concatenate(([0.0], np.cumsum(heard**2)))
    local = power[len(piece) :] - power[: -len(piece)]
    loud = local > 1e-3 * float(np.sum(piece**2))  # in silence anything correlates by chance
    score = np.where(loud, products / np.sqrt(np.maximum(local, 1e-12) * np.sum(piece**2)), 0.0)
    best = int(np.argmax(score))
    return float(score[best]), best


def contains(heard: Sound, prompt: Sound) -> bool:
    """Whether most of the prompt's voiced half-seconds are in the recording, in their order."""
    loudest = np.sqrt(np.mean(prompt**2))
    pieces = [prompt[at : at + PIECE] for at in range(0, len(prompt) - PIECE + 1, PIECE)]
    voiced = [piece for piece in pieces if np.sqrt(np.mean(piece**2)) > loudest / 4]
    found = [likeness(piece, heard) for piece in voiced]
    places = [place for score, place in found if score >= LIKE]
    return bool(voiced) and len(places) * 3 >= len(voiced) * 2 and places == sorted(places)
