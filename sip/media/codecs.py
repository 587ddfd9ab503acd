"""Codecs beyond G.711 as SDP and RTP know them: G.722 (ITU-T G.722) and Opus (RFC 6716, RTP in RFC 7587)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sip.media.g711 import BY_NAME, FRAME, SAMPLE_RATE
from sip.media.g711 import Codec as G711

_SILK_TICKS = (480, 960, 1920, 2880)
_HYBRID_TICKS = (480, 960)
_CELT_TICKS = (120, 240, 480, 960)

LONGEST_OPUS = 5760
"""Ticks of the longest Opus packet, 120 ms (RFC 6716 section 3.2.5, R5)."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A codec that cannot be translated byte by byte: it is passed on as it is, or decoded."""

    name: str
    """Encoding name in SDP: "G722" or "opus"."""
    payload_type: int
    """What the peer wants to get it as: 9 for G.722 (RFC 3551 table 4), agreed in SDP for Opus."""
    clock_rate: int
    """RTP timestamp units a second."""

    def ticks(self, payload: bytes) -> int:
        """How long a packet's sound lasts, in timestamp units; 0 where it holds none that can be read."""
        # RFC 3551 section 4.5.2: 64 kbit/s of G.722 count 8000 a second, though sampled at 16 kHz.
        return len(payload) if self.name == G722.name else opus_ticks(payload)

    def named(self, payload_type: int) -> Packed:
        """The same codec under another payload type."""
        return replace(self, payload_type=payload_type)


G722 = Packed("G722", 9, 8000)
OPUS = Packed("opus", 111, 48000)

Codec = G711 | Packed
"""What a stream may speak."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """Under which payload types a peer sends, which may be others than it wants to get (RFC 3264 5.1)."""

    codec: int
    event: int = -1
    """Of telephone-event; -1: it sends none."""
    event_clock: int = SAMPLE_RATE
    """Units a second that an event's duration counts."""

    @classmethod
    def like(cls, codec: Codec, dtmf_pt: int | None) -> Numbering:
        """That of a peer who sends as it wants to be sent to."""
        return cls(codec.payload_type, -1 if dtmf_pt is None else dtmf_pt)


NAMES = ("PCMA", "PCMU", "G722", "opus")
"""Every codec there is, by its name in SDP."""


def codec_of(name: str, payload_type: int) -> Codec:
    """The codec of that name (any case) under that payload type. Raises `KeyError` for one we do not have."""
    if name.upper() in BY_NAME:
        return BY_NAME[name.upper()]
    return {"G722": G722, "OPUS": OPUS}[name.upper()].named(payload_type)


def clock_rate(codec: Codec) -> int:
    """RTP timestamp units a second."""
    return codec.clock_rate if isinstance(codec, Packed) else SAMPLE_RATE


def frame_ticks(codec: Codec) -> int:
    """RTP timestamp units in 20 ms."""
    return clock_rate(codec) // 50 if isinstance(codec, Packed) else FRAME


def opus_ticks(payload: bytes) -> int:
    """How long an Opus packet lasts, in units of 1/48000 s (RFC 6716 section 3.1); 0 for a malformed one."""
    if not payload:
        return 0
    config, code = payload[0] >> 3, payload[0] & 3
    if config < 12:
        one = _SILK_TICKS[config & 3]
    elif config < 16:
        one = _HYBRID_TICKS[config & 1]
    else:
        one = _CELT_TICKS[config & 3]
    frames = (1, 2, 2, payload[1] & 0x3F if len(payload) > 1 else 0)[code]  # section 3.2.5: code 3 counts
    total = one * frames
    return total if total <= LONGEST_OPUS else 0
