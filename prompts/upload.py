"""A sound file of any format as a prompt: decoded by FFmpeg, brought to the line as the shipped ones are.

Runs where it may take its time: in a process of its own (`prompts.worker`) or a command, on no event loop.
"""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from pydub import AudioSegment
from pydub.exceptions import CouldntDecodeError

from prompts.g711 import linear_to_alaw
from prompts.schema import CatalogueError
from prompts.site import add_prompt, checked_prompt
from prompts.telephone import (
    LINE_RATE,
    Samples,
    band_limited,
    levelled,
    loudness,
    resampled,
    trimmed,
    with_silence,
)

LARGEST: Final = 20 << 20
"""Bytes of a file."""
LONGEST: Final = 180
"""Seconds of a prompt."""
SHORTEST: Final = 0.1
QUIETEST: Final = -55.0
"""LUFS under which a file holds no speech worth raising."""
STUDIO_RATE: Final = 24_000
EDGE_SECONDS: Final = 0.14
"""Silence before the first and after the last sound."""

FORMATS: Final = "WAV, MP3, M4A, AAC, OGG, Opus, FLAC, AMR, WMA, WebM, AIFF, AU, CAF"

_MAGIC: Final = (
    (0, b"RIFF", "wav"),
    (0, b"ID3", "mp3"),
    (0, b"OggS", "ogg"),
    (0, b"fLaC", "flac"),
    (4, b"ftyp", "mp4"),
    (0, b"#!AMR", "amr"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (0, b"FORM", "aiff"),
    (0, b"caff", "caf"),
    (0, b"\x30\x26\xb2\x75", "asf"),
    (0, b".snd", "au"),
)
"""How files begin. FFmpeg is told the format: left to guess, it would follow playlists to other files."""


class UploadError(CatalogueError):
    """The file cannot be a prompt; the message says why and what would do."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prompt ready for the line, and what was found."""

    alaw: bytes
    seconds: float
    lufs: float
    """Loudness of the file as it came; the prompt is at -19."""


def prepare(raw: bytes, name: str) -> Prepared:
    """The bytes of a sound file as A-law: band, level, silence around it. Raises `UploadError`.

    `name` is what the file is called in errors.
    """
    studio = _decoded(raw, name)
    if len(studio) < SHORTEST * STUDIO_RATE or not np.any(studio):
        raise UploadError(f"{name}: holds no sound")
    line = band_limited(studio, STUDIO_RATE)
    found = loudness(line)
    if found < QUIETEST:
        raise UploadError(f"{name}: is nearly silent ({found:.0f} LUFS): record it nearer to the microphone")
    speech = levelled(trimmed(line, LINE_RATE))
    alaw = linear_to_alaw(with_silence(speech, EDGE_SECONDS, EDGE_SECONDS))
    return Prepared(alaw, len(alaw) / LINE_RATE, found)


def keep(
    root: Path, language: str, prompt_id: str, raw: bytes, name: str, text: str, now: datetime
) -> Prepared:
    """Prepares a file and keeps it among the site's prompts. Raises `CatalogueError`."""
    entry = checked_prompt(prompt_id, text, Path(name).name, now)
    prepared = prepare(raw, name)
    add_prompt(root, language, entry, prepared.alaw)
    return prepared


def _decoded(raw: bytes, name: str) -> Samples:
    """Samples in -1…1 at 24 kHz, one channel."""
    if len(raw) > LARGEST:
        raise UploadError(f"{name}: is larger than {LARGEST >> 20} MB")
    found = _format(raw)
    if found is None:
        raise UploadError(f"{name}: is not a sound file that can be read: {FORMATS}")
    sound = _segment(raw, found, name)
    if sound.duration_seconds > LONGEST:
        raise UploadError(f"{name}: is longer than {LONGEST} s")
    mono = sound.set_channels(1)
    samples = np.array(mono.get_array_of_samples(), dtype=np.float64) / mono.max_possible_amplitude
    return resampled(samples, mono.frame_rate, STUDIO_RATE)


def _segment(raw: bytes, found: str, name: str) -> AudioSegment:
    with tempfile.NamedTemporaryFile(suffix=f".{found}") as file:
        file.write(raw)
        file.flush()
        # By its name a WAV file would be left open; what is no WAV may have to be read from its end.
        source = io.BytesIO(raw) if found == "wav" else file.name
        try:
            return AudioSegment.from_file(source, format=found, duration=LONGEST + 1)
        except FileNotFoundError:
            raise UploadError(
                f"{name}: needs ffmpeg to be read: apt install ffmpeg, or give a WAV file of 16 bits"
            ) from None
        except (CouldntDecodeError, IndexError, KeyError, ValueError, EOFError) as error:
            raise UploadError(f"{name}: is damaged, or not a sound file ({_reason(error)})") from None


def _reason(error: Exception) -> str:
    """The last line that FFmpeg printed."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__


def _format(raw: bytes) -> str | None:
    for at, magic, name in _MAGIC:
        if raw[at : at + len(magic)] == magic:
            return name
    if len(raw) > 1 and raw[0] == 0xFF and raw[1] & 0xE0 == 0xE0:
        return "aac" if raw[1] & 0xF6 == 0xF0 else "mp3"
    return None
