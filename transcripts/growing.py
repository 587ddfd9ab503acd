"""A recording read while it grows: the sound that has come since the last look.

A WAV of G.711 or PCM, which is what telephones speak mostly; what is in G.722 or Opus is read when it is
complete. Sound that came late is written into its place afterwards: the last moments are left until later.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from transcripts.activity import Samples
from transcripts.audio import A_LAW, G711, MU_LAW, PCM, AudioError
from transcripts.decoding import read_sound

LATE = 0.4
"""Seconds before the end that may still change: reordered and delayed packets."""
HEADER = 4096
"""Bytes within which the sound begins."""
_TABLES = {tag: np.array(table, np.int16) for tag, table in G711.items()}


class GrowingSound:
    """One file. Until its header is there `rate` is 0 and nothing can be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rate = 0
        self._tag, self._begin, self._read = 0, 0, 0

    @property
    def seconds(self) -> float:
        """What was read so far."""
        return self._read / self.rate if self.rate else 0.0

    def waiting(self) -> float:
        """Seconds that could be read now. Raises AudioError for a file that cannot be followed."""
        return max(0.0, self._known() / self.rate - LATE - self.seconds) if self._is_begun() else 0.0

    def read(self, seconds: float) -> Samples:
        """At most so many seconds of what comes next; fewer, or none, where there is no more yet.

        Raises AudioError for a file that cannot be followed.
        """
        wanted = round(min(seconds, self.waiting()) * self.rate)
        if wanted <= 0:
            return np.empty(0, np.int16)
        width = 2 if self._tag == PCM else 1
        with self._path.open("rb") as file:
            file.seek(self._begin + self._read * width)
            raw = file.read(wanted * width)
        raw = raw[: len(raw) // width * width]
        self._read += len(raw) // width
        if self._tag == PCM:
            return np.frombuffer(raw, "<i2").astype(np.int16)
        return _TABLES[self._tag][np.frombuffer(raw, np.uint8)]

    def _known(self) -> int:
        """Samples that are in the file."""
        try:
            size = self._path.stat().st_size
        except OSError as error:
            raise AudioError(f"{self._path}: cannot be read: {error.strerror}") from None
        return (size - self._begin) // (2 if self._tag == PCM else 1)

    def _is_begun(self) -> bool:
        if self.rate:
            return True
        try:
            with self._path.open("rb") as file:
                head = file.read(HEADER)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise AudioError(f"{self._path}: cannot be read: {error.strerror}") from None
        return self._parse(head)

    def _parse(self, head: bytes) -> bool:
        if len(head) < 12:
            return False
        if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            raise AudioError(f"{self._path}: no WAV file, so it cannot be followed while it grows")
        at = 12
        form = b""
        while at + 8 <= len(head):
            name, size = struct.unpack_from("<4sI", head, at)
            if name == b"fmt ":
                form = head[at + 8 : at + 8 + size]
            elif name == b"data":
                return self._take(form, at + 8)
            at += 8 + size + size % 2
        return False

    def _take(self, form: bytes, begin: int) -> bool:
        tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form.ljust(16, b"\0"))
        if channels != 1 or (tag, bits) not in ((PCM, 16), (A_LAW, 8), (MU_LAW, 8)):
            raise AudioError(f"{self._path}: of a kind that cannot be followed while it grows")
        self._tag, self.rate, self._begin = tag, rate, begin
        return True


class CompleteSound:
    """A file that grows no more, of any kind, read in the same way."""

    def __init__(self, path: Path) -> None:
        """Raises AudioError."""
        audio = read_sound(path)
        self.rate = audio.rate
        self._sound: Samples = np.array(audio.samples, np.int16)
        self._read = 0

    @property
    def seconds(self) -> float:
        return self._read / self.rate

    def waiting(self) -> float:
        return (len(self._sound) - self._read) / self.rate

    def read(self, seconds: float) -> Samples:
        found = self._sound[self._read : self._read + round(seconds * self.rate)]
        self._read += len(found)
        return found

    def skip(self, seconds: float) -> None:
        """Goes on from there: what lies before was read while the file grew."""
        self._read = round(seconds * self.rate)
