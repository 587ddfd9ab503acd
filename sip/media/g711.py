"""G.711 (ITU-T G.711, RFC 3551 §4.5.14): the two codecs of the telephone network, without loops over samples.

A-law is what Chinese carriers use; µ-law comes from North American and Japanese gear and from pyVoIP.
Conversion between them is one `bytes.translate` over a 256-byte table, so bridging never decodes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 8000
"""Samples a second, which for G.711 is also bytes a second and RTP timestamp units a second."""

FRAME = 160
"""Samples in one packet of 20 ms."""

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Codec:
    """A G.711 codec as SDP, RTP and WAV name it."""

    name: str
    """Encoding name in SDP: "PCMA" or "PCMU"."""
    payload_type: int
    """Static RTP payload type (RFC 3551 table 4)."""
    silence: int
    """The byte that decodes to the quietest sample."""
    wav_tag: int
    """WAVE format tag: 6 for A-law, 7 for µ-law."""

    def quiet(self, samples: int) -> bytes:
        """Silence of so many samples."""
        return bytes((self.silence,)) * samples

    def decode(self, data: bytes) -> Samples:
        """Linear samples, int16, shape (len(data),)."""
        return _DECODE[self.payload_type][np.frombuffer(data, np.uint8)]

    def encode(self, samples: Samples) -> bytes:
        """G.711 bytes of int16 linear samples, one a sample."""
        return _ENCODE[self.payload_type][samples.astype(np.int16).view(np.uint16)].tobytes()

    def translate(self, data: bytes, target: Codec) -> bytes:
        """The same audio in another codec; `data` itself where nothing changes."""
        return data if target == self else data.translate(TRANSLATE[self.payload_type])


PCMU = Codec("PCMU", 0, 0xFF, 7)
PCMA = Codec("PCMA", 8, 0xD5, 6)

BY_PAYLOAD_TYPE = {codec.payload_type: codec for codec in (PCMU, PCMA)}
BY_NAME = {codec.name: codec for codec in (PCMA, PCMU)}
BY_WAV_TAG = {codec.wav_tag: codec for codec in (PCMA, PCMU)}


def _alaw_decoding() -> Samples:
    code = np.arange(256) ^ 0x55
    mantissa, segment = (code & 0x0F) << 4, (code & 0x70) >> 4
    magnitude = np.where(segment == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _ulaw_decoding() -> Samples:
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _every_sample() -> npt.NDArray[np.int64]:
    """All int16 values, in the order of their unsigned view: 0 … 32767, -32768 … -1."""
    return np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int64)


def _alaw_encoding() -> npt.NDArray[np.uint8]:
    sample = _every_sample() >> 3
    mask = np.where(sample >= 0, 0xD5, 0x55)
    magnitude = np.where(sample >= 0, sample, -sample - 1)
    segment = np.searchsorted(0x20 << np.arange(8), magnitude, side="right")
    mantissa = (magnitude >> np.maximum(segment, 1)) & 0x0F
    return np.asarray(((segment << 4) | mantissa) ^ mask, np.uint8)


def _ulaw_encoding() -> npt.NDArray[np.uint8]:
    sample = _every_sample() >> 2
    mask = np.where(sample >= 0, 0xFF, 0x7F)
    magnitude = np.minimum(np.abs(sample), 8158) + 33
    segment = np.searchsorted(0x40 << np.arange(8), magnitude, side="right")
    mantissa = (magnitude >> (segment + 1)) & 0x0F
    return np.asarray(((segment << 4) | mantissa) ^ mask, np.uint8)


_DECODE = {PCMU.payload_type: _ulaw_decoding(), PCMA.payload_type: _alaw_decoding()}
_ENCODE = {PCMU.payload_type: _ulaw_encoding(), PCMA.payload_type: _alaw_encoding()}

ALAW_TO_ULAW = PCMU.encode(_DECODE[PCMA.payload_type])
ULAW_TO_ALAW = PCMA.encode(_DECODE[PCMU.payload_type])

TRANSLATE = {PCMA.payload_type: ALAW_TO_ULAW, PCMU.payload_type: ULAW_TO_ALAW}
"""By source payload type: the table for `bytes.translate` that gives the other codec."""
