"""ITU-T G.711 as tables: A-law to linear and back, and A-law to the µ-law octet of the nearest value."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def _alaw_value(code: int) -> int:
    """One A-law octet as a 16-bit linear value (G.711 table 1, 13 bits at the top of 16)."""
    bits = code ^ 0x55
    exponent, mantissa = (bits >> 4) & 7, bits & 15
    magnitude = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return magnitude if bits & 0x80 else -magnitude


def _ulaw_value(code: int) -> int:
    """One µ-law octet as a 16-bit linear value (G.711 table 2, 14 bits at the top of 16)."""
    bits = ~code & 0xFF
    magnitude = ((((bits & 15) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84
    return -magnitude if bits & 0x80 else magnitude


ALAW_VALUES = np.array([_alaw_value(code) for code in range(256)], dtype=np.int16)
ULAW_VALUES = np.array([_ulaw_value(code) for code in range(256)], dtype=np.int16)


def _nearest(value: int, values: npt.NDArray[np.int16]) -> int:
    return int(np.argmin(np.abs(values.astype(np.int32) - value)))


ALAW_TO_ULAW = bytes(_nearest(int(value), ULAW_VALUES) for value in ALAW_VALUES)
"""For each A-law octet the µ-law octet whose value is nearest."""


def alaw_to_ulaw(alaw: bytes) -> bytes:
    """The same sound in µ-law."""
    return alaw.translate(ALAW_TO_ULAW)


def alaw_to_linear(alaw: bytes) -> npt.NDArray[np.float64]:
    """Samples in -1…1 (1 is 32768)."""
    return ALAW_VALUES[np.frombuffer(alaw, dtype=np.uint8)] / 32768.0


def linear_to_alaw(samples: npt.NDArray[np.float64]) -> bytes:
    """The A-law octets nearest to samples in -1…1; what is louder becomes the loudest octet."""
    order = np.argsort(ALAW_VALUES, kind="stable")
    values = ALAW_VALUES[order].astype(np.float64)
    codes = np.searchsorted((values[1:] + values[:-1]) / 2, samples * 32768.0)
    return order[codes].astype(np.uint8).tobytes()
