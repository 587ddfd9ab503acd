"""A clip: audio to be played to any leg, kept in both codecs so that playing never converts."""

from __future__ import annotations

from dataclasses import dataclass

from sip.media.g711 import ALAW_TO_ULAW, PCMA, SAMPLE_RATE, Codec, Samples
from sip.media.wav import Wav


@dataclass(frozen=True, slots=True)
class Clip:
    """Mono 8 kHz audio in A-law and µ-law."""

    alaw: bytes
    ulaw: bytes

    @classmethod
    def from_alaw(cls, alaw: bytes) -> Clip:
        """A clip of A-law bytes."""
        return cls(alaw, alaw.translate(ALAW_TO_ULAW))

    @classmethod
    def from_samples(cls, samples: Samples) -> Clip:
        """A clip of int16 samples, shape (n,)."""
        return cls.from_alaw(PCMA.encode(samples))

    @classmethod
    def from_wav(cls, raw: bytes) -> Clip:
        """A clip of a WAV file: mono, 8 kHz, A-law, µ-law or 16 bits. Raises `sip.media.wav.MalformedWav`."""
        return cls.from_alaw(Wav.parse(raw).as_codec(PCMA))

    def data(self, codec: Codec) -> bytes:
        """The bytes for a leg of this codec."""
        return self.alaw if codec is PCMA or codec == PCMA else self.ulaw

    @property
    def seconds(self) -> float:
        """How long it plays once."""
        return len(self.alaw) / SAMPLE_RATE
