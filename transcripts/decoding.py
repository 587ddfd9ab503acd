"""Recordings in any codec as 16-bit mono samples: G.711 and PCM read here, G.722 and Opus by PyAV (FFmpeg).

A file that is still growing, or was cut off by a crash, gives the samples that are there.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

from transcripts.audio import Audio, AudioError, parse_wav, read_bytes

RATE = 16000
"""Samples a second of what PyAV decodes: all that a telephone's G.722 or Opus has to say."""
BLOCK = 160_000
"""Samples that are resampled at once."""
G722 = b"\x8f\x02"
"""The format tag of G.722 in a WAV, as it lies in the file."""


def read_sound(path: Path) -> Audio:
    """The sound of a recording. Raises AudioError."""
    raw = read_bytes(path)
    try:
        if needs_decoder(raw):
            return Audio(decode(raw, RATE), RATE)
        return parse_wav(raw)
    except AudioError as error:
        raise AudioError(f"{path}: {error}") from None


def needs_decoder(head: bytes) -> bool:
    """Whether a file that begins so is one of G.722 or Opus as the recorder writes them."""
    return head[:4] == b"OggS" or (head[:4] == b"RIFF" and head[20:22] == G722)


def decode(raw: bytes, rate: int) -> array[int]:
    """All samples of an Ogg or WAV file, mono, at `rate`; silence for a packet that is damaged.

    Raises AudioError.
    """
    samples = array("h")
    resampler = AudioResampler(format="s16", layout="mono", rate=rate)
    try:
        with av.open(io.BytesIO(raw), "r") as file:
            for packet in file.demux(audio=0):
                for frame in _frames(packet):
                    _add(samples, resampler.resample(frame))
            if samples:
                _add(samples, resampler.resample(None))
    except (av.FFmpegError, IndexError) as error:
        begun = isinstance(error, EOFError) and (b"OpusHead" in raw[:64] or raw[:4] == b"RIFF")
        if not samples and not begun:
            raise AudioError(f"sound that cannot be decoded ({error})") from None
    return samples


def resampled(samples: array[int], rate: int, wanted: int) -> array[int]:
    """The same mono sound with `wanted` samples a second instead of `rate`."""
    if rate == wanted:
        return samples
    made = array("h")
    resampler = AudioResampler(format="s16", layout="mono", rate=wanted)
    for at in range(0, len(samples), BLOCK):
        block = np.array(samples[at : at + BLOCK], dtype=np.int16).reshape(1, -1)
        frame = AudioFrame.from_ndarray(block, format="s16", layout="mono")
        frame.sample_rate = rate
        _add(made, resampler.resample(frame))
    if samples:
        _add(made, resampler.resample(None))
    return made


def _frames(packet: av.Packet[AudioStream]) -> Iterator[AudioFrame]:
    try:
        for frame in packet.decode():
            assert isinstance(frame, AudioFrame)
            yield frame
    except av.error.InvalidDataError:  # what a party sent is recorded as it came, whatever it was
        context = packet.stream.codec_context
        assert isinstance(context, AudioCodecContext)
        length = int((packet.duration or 0) * packet.time_base * context.sample_rate)
        if length:
            silent = AudioFrame(format=context.format.name, layout=context.layout.name, samples=length)
            for plane in silent.planes:
                plane.update(bytes(plane.buffer_size))
            silent.sample_rate = context.sample_rate
            yield silent


def _add(samples: array[int], frames: list[AudioFrame]) -> None:
    for frame in frames:
        samples.frombytes(frame.to_ndarray().astype("=i2").tobytes())
