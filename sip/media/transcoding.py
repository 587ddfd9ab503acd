"""From one codec to another where two legs have none in common: decoded, resampled, encoded by PyAV (FFmpeg).

No socket, no clock, no thread here; what it costs and where it runs: `sip/aio/passage.py`. A packet that
never came is a gap in what goes out, which the far end conceals as it would its own losses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from sip.media.codecs import Codec, Packed, clock_rate
from sip.media.dtmf import rescaled
from sip.media.g711 import SAMPLE_RATE, Samples
from sip.media.rtp import sequence_delta, timestamp_delta

_PRIMED_MS = 3
"""Silence put ahead of resampled sound: the resampler holds 2 ms back, and a frame must not wait for them."""
_LONGEST_GAP = 60
"""Seconds; a timestamp further off begins anew."""
_BIT_RATE = 24000
"""Opus: more than the 16 to 20 kbit/s that RFC 7587 section 3.1.1 wants for wide-band speech."""
_NAMES: dict[str, str] = {"G722": "g722", "opus": "libopus"}


class Decoder:
    """Packets of one codec, in order, to frames of samples."""

    def __init__(self, codec: Codec) -> None:
        self._g711 = None if isinstance(codec, Packed) else codec
        self._context = _context(codec, "r", 16000) if isinstance(codec, Packed) else None

    def decode(self, payload: bytes) -> list[AudioFrame]:
        """The packet's sound, mono, 16 bits; nothing where it cannot be decoded."""
        if not payload:  # to FFmpeg it would be the end of the stream
            return []
        if self._g711 is not None:
            return [frame_of(self._g711.decode(payload), SAMPLE_RATE)]
        assert self._context is not None
        try:
            return self._context.decode(av.Packet(payload))
        except av.FFmpegError:  # damaged on the way, or no sound at all: as good as lost
            return []


class Encoder:
    """Samples at `rate` to packets of 20 ms."""

    def __init__(self, codec: Codec, rate: int) -> None:
        self.rate = rate
        self._g711 = None if isinstance(codec, Packed) else codec
        self._context = _context(codec, "w", rate) if isinstance(codec, Packed) else None

    def encode(self, samples: Samples) -> bytes:
        """One packet of exactly 20 ms."""
        if self._g711 is not None:
            return self._g711.encode(samples)
        assert self._context is not None
        return b"".join(bytes(packet) for packet in self._context.encode(frame_of(samples, self.rate)))


@dataclass(frozen=True, slots=True)
class Made:
    """A packet that came out; sequence and timestamp count in a numbering of the transcoder's own."""

    sequence: int
    timestamp: int
    payload: bytes
    marker: bool = False
    is_event: bool = False


class Transcoder:
    """One direction of a call. Packets that come after their successors are left out."""

    def __init__(self, source: Codec, target: Codec) -> None:
        self._ratio = clock_rate(target), clock_rate(source)
        self._source = source
        narrow = not (isinstance(source, Packed) and isinstance(target, Packed))
        rate = 16000 if isinstance(target, Packed) and (target.name == "G722" or not narrow) else SAMPLE_RATE
        self._decoder, self._encoder = Decoder(source), Encoder(target, rate)
        self._resampler = AudioResampler(format="s16", layout="mono", rate=rate)
        self._frame = rate // 50
        self._ticks = clock_rate(target) // 50
        self._left = np.zeros(rate * _PRIMED_MS // 1000, np.int16)
        self._begun = False
        self._expected = (0, 0)
        self._anchor = (0, 0)
        self._sequence = self._timestamp = 0
        self._marker = True

    def take(self, sequence: int, timestamp: int, payload: bytes) -> list[Made]:
        """A packet of the source's; what is complete by now."""
        if not self._follows(sequence, timestamp):
            return []
        ticks = _ticks(self._source, payload)
        self._expected = (sequence + 1) & 0xFFFF, (timestamp + ticks) & 0xFFFFFFFF
        parts = [self._left]
        frames = self._decoder.decode(payload)
        for decoded in frames:
            parts += [samples_of(frame) for frame in self._resampler.resample(decoded)]
        if not frames:  # damaged: silence in its place, so that what follows comes at its time
            parts.append(np.zeros(ticks * self._frame * 50 // clock_rate(self._source), np.int16))
        self._left = np.concatenate(parts)
        made = []
        while len(self._left) >= self._frame:
            frame, self._left = self._left[: self._frame], self._left[self._frame :]
            made.append(self._next(self._timestamp, self._encoder.encode(frame)))
            self._timestamp = (self._timestamp + self._ticks) & 0xFFFFFFFF
        return made

    def event(self, sequence: int, timestamp: int, payload: bytes, clocks: tuple[int, int]) -> list[Made]:
        """A telephone key among the sound; `clocks`: units a second of its duration, there and here.

        Raises `MalformedEvent`.
        """
        payload = rescaled(payload, *clocks)
        if self._begun and sequence_delta(sequence, self._expected[0]) < 0:
            return []
        if not self._begun:
            self._begin(timestamp)
        self._expected = (sequence + 1) & 0xFFFF, self._expected[1]
        at = (self._anchor[1] + self._scaled(timestamp_delta(timestamp, self._anchor[0]))) & 0xFFFFFFFF
        return [self._next(at, payload, is_event=True)]

    def _follows(self, sequence: int, timestamp: int) -> bool:
        """Whether the packet may be decoded now; a gap before it is taken over into what goes out."""
        if not self._begun:
            self._begin(timestamp)
            return True
        ahead = sequence_delta(sequence, self._expected[0])
        advance = timestamp_delta(timestamp, self._expected[1])
        if ahead < 0 and ahead > -100:
            return False
        if advance == 0 and ahead == 0:
            return True
        if 0 < advance < _LONGEST_GAP * clock_rate(self._source):
            lost = min(max(0, ahead), 100)
            self._sequence += lost
            self._timestamp = (self._timestamp + self._scaled(advance)) & 0xFFFFFFFF
            self._marker = not lost  # a pause, not a loss
        self._anchor = timestamp, self._timestamp
        return True

    def _begin(self, timestamp: int) -> None:
        self._begun = True
        self._anchor = timestamp, self._timestamp
        self._expected = self._expected[0], timestamp

    def _next(self, timestamp: int, payload: bytes, *, is_event: bool = False) -> Made:
        made = Made(self._sequence & 0xFFFF, timestamp, payload, self._marker, is_event)
        self._sequence += 1
        self._marker = False
        return made

    def _scaled(self, ticks: int) -> int:
        target, source = self._ratio
        return ticks * target // source


def encoding(samples: Samples, codec: Packed) -> Iterator[bytes]:
    """A clip of 8 kHz samples as packets of 20 ms, one by one, the last one filled up with silence."""
    if not len(samples):
        return
    rate = 16000 if codec.name == "G722" else SAMPLE_RATE
    encoder = Encoder(codec, rate)
    if rate != SAMPLE_RATE:
        resampler = AudioResampler(format="s16", layout="mono", rate=rate)
        # No flush: the resampler's tail is 2 ms, and what follows the clip is silence.
        parts = [samples_of(part) for part in resampler.resample(frame_of(samples, SAMPLE_RATE))]
        samples = np.concatenate(parts)
    frame = rate // 50
    whole = np.pad(samples, (0, -len(samples) % frame))
    for at in range(0, len(whole), frame):
        yield encoder.encode(whole[at : at + frame])


def encoded(samples: Samples, codec: Packed) -> tuple[bytes, ...]:
    """The same at once."""
    return tuple(encoding(samples, codec))


def frame_of(samples: Samples, rate: int) -> AudioFrame:
    """Mono samples as PyAV takes them."""
    frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    return frame


def samples_of(frame: AudioFrame) -> Samples:
    """The samples of a mono frame of 16 bits."""
    return frame.to_ndarray().reshape(-1).astype(np.int16, copy=False)


def _context(codec: Packed, mode: Literal["r", "w"], rate: int) -> AudioCodecContext:
    context = av.CodecContext.create(_NAMES[codec.name], mode)
    assert isinstance(context, AudioCodecContext)
    context.layout, context.sample_rate = "mono", rate
    if mode == "w":
        context.format = "s16"
        if codec.name == "opus":
            context.bit_rate = _BIT_RATE
            context.options = {"application": "voip"}
    return context


def _ticks(codec: Codec, payload: bytes) -> int:
    return codec.ticks(payload) if isinstance(codec, Packed) else len(payload)
