"""Sound files to upload: a hum like speech, in any format that ffmpeg writes."""

from __future__ import annotations

import io
import subprocess
import wave
from pathlib import Path

import numpy as np

RATE = 44_100


def wav(seconds: float = 1.0, rate: int = RATE, channels: int = 1, amplitude: float = 0.1) -> bytes:
    """Syllables of 700 Hz, 16 bits."""
    time = np.arange(round(seconds * rate)) / rate
    hum = amplitude * np.sin(2 * np.pi * 700 * time) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * time))
    samples = np.repeat((hum * 32767).astype("<i2"), channels)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def encoded(folder: Path, suffix: str, *flags: str) -> bytes:
    """The same hum in another format, by the name's ending."""
    source, target = folder / "hum.wav", folder / f"out.{suffix}"
    source.write_bytes(wav())
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(source), *flags, str(target)]
    subprocess.run(command, check=True, timeout=60)
    return target.read_bytes()
