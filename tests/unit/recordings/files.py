"""Legs' files, made by hand."""

from __future__ import annotations

import struct
from pathlib import Path

RATE = 8000
ALAW, MULAW = 6, 7


def g711(path: Path, data: bytes, law: int = ALAW, declared: int | None = None) -> Path:
    size = len(data) if declared is None else declared
    header = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, law, 1, RATE, RATE, 1, 8
    )
    path.write_bytes(header + struct.pack("<4sI", b"data", size) + data)
    return path
