"""From studio sound to what a telephone line carries: band, level, silence around it.

Arrays are one-dimensional float64 in -1…1. Loudness is ITU-R BS.1770-4 (LUFS), gated, for one channel.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]

LINE_RATE = 8_000
"""Hz, of G.711."""

BAND = (300.0, 3400.0)
"""Hz, the telephone band (ITU-T G.712)."""

TARGET_LUFS = -19.0
PEAK = 10 ** (-2.0 / 20)
"""No sample is louder than -2 dBFS: a gateway's own gain must not clip."""

LINE_NOISE = 10 ** (-66.0 / 20)
"""RMS of the noise under everything: one step of A-law."""

_TAPS = 961
_FADE_SECONDS = 0.005


def band_limited(samples: Samples, rate: int) -> Samples:
    """The telephone band at 8 kHz; `rate` is a multiple of 8000 Hz. Linear phase, its delay taken out.

    The band-pass at the input's rate is also the anti-alias filter, so decimation is a plain slice.
    """
    if rate % LINE_RATE:
        raise ValueError(f"rate {rate} Hz is not a multiple of {LINE_RATE} Hz")
    low, high = BAND
    kernel = _low_pass(high, rate) - _low_pass(low, rate)
    return np.asarray(np.convolve(samples, kernel, mode="same")[:: rate // LINE_RATE], dtype=np.float64)


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    """The same sound at another rate (Hz), by its spectrum, without what the lower cannot carry."""
    if rate == wanted:
        return samples
    step = rate // math.gcd(rate, wanted)  # so many samples are a whole number at both rates
    before = math.ceil(rate / 20 / step) * step  # the spectrum goes round: the end must not meet the start
    padded = np.pad(samples, (before, before + -len(samples) % step))
    size = len(padded) * wanted // rate
    found = np.fft.irfft(np.fft.rfft(padded)[: size // 2 + 1], size) * (size / len(padded))
    edge = before * wanted // rate
    return np.asarray(found[edge : edge + round(len(samples) * wanted / rate)])


def _low_pass(cutoff: float, rate: int) -> Samples:
    """A windowed sinc, -6 dB at `cutoff` Hz; at 24 kHz it falls 70 dB within about 110 Hz."""
    position = np.arange(_TAPS) - (_TAPS - 1) / 2
    return np.asarray(2 * cutoff / rate * np.sinc(2 * cutoff / rate * position) * np.kaiser(_TAPS, 7.0))


def trimmed(samples: Samples, rate: int, floor_db: float = -45.0) -> Samples:
    """The sound without the silence before and after it (`edges`)."""
    first, last = edges(samples, rate, floor_db)
    return samples[first:last]


def edges(samples: Samples, rate: int, floor_db: float = -45.0) -> tuple[int, int]:
    """Where the sound begins and ends: silence is what is `floor_db` under the loudest 10 ms.

    Raises ValueError where all is silent.
    """
    frame = rate // 100
    count = max(1, math.ceil(len(samples) / frame))
    padded = np.pad(samples, (0, count * frame - len(samples)))
    power = np.mean(padded.reshape(count, frame) ** 2, axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (floor_db / 10))
    if not loud.size:
        raise ValueError("there is no sound to keep")
    return max(0, int(loud[0]) - 1) * frame, min((int(loud[-1]) + 2) * frame, len(samples))


def quietest(samples: Samples, about: int, rate: int) -> int:
    """The middle of the quietest 20 ms whose middle is within 25 ms of the sample `about`."""
    frame, reach = rate // 50, rate // 40
    first = max(0, about - reach - frame // 2)
    window = samples[first : about + reach + frame // 2]
    if len(window) < frame:
        return min(max(about, 0), len(samples))
    power = np.convolve(window**2, np.ones(frame), mode="valid")
    return first + int(np.argmin(power)) + frame // 2


def faded(samples: Samples) -> Samples:
    """Without a click at either end, at 8 kHz."""
    length = min(int(_FADE_SECONDS * LINE_RATE), len(samples) // 2)
    fade = np.linspace(0.0, 1.0, length)
    result = samples.copy()
    result[:length] *= fade
    result[len(result) - length :] *= fade[::-1]
    return result


def with_silence(samples: Samples, before: float, after: float, whole: bool = True) -> Samples:
    """`before` and `after` seconds of a quiet line at 8 kHz, in whole 20 ms packets unless it is a part.

    Digital silence sounds like a dead line, and makes a recogniser hear words: noise at -66 dBFS fills it.
    """
    padded = np.pad(faded(samples), (round(before * LINE_RATE), round(after * LINE_RATE)))
    if whole:
        padded = np.pad(padded, (0, -len(padded) % (LINE_RATE // 50)))
    return padded + np.random.default_rng(len(padded)).normal(0.0, LINE_NOISE, len(padded))


def levelled(samples: Samples, rate: int = LINE_RATE) -> Samples:
    """At -19 LUFS; syllables that would pass the peak are turned down, each for itself."""
    level = TARGET_LUFS
    for _ in range(4):
        limited = _limited(samples * 10 ** ((level - loudness(samples, rate)) / 20), rate)
        level += TARGET_LUFS - loudness(limited, rate)
    return limited


def _limited(samples: Samples, rate: int) -> Samples:
    """A look-ahead limiter: the gain is the least needed within 10 ms either way, smoothed over them."""
    reach = rate // 100
    needed = np.minimum(1.0, PEAK / np.maximum(np.abs(samples), 1e-9))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(needed, reach, mode="edge"), 2 * reach + 1)
    lowest = np.pad(windows.min(axis=1), reach, mode="edge")
    window = np.hanning(2 * reach + 3)[1:-1]
    return np.asarray(samples * np.convolve(lowest, window / window.sum(), mode="valid"))


def loudness(samples: Samples, rate: int = LINE_RATE) -> float:
    """LUFS by ITU-R BS.1770-4: K-weighted power of 400 ms blocks, gated at -70 LUFS and 10 LU under the mean.

    Sound shorter than a block counts as one block of its own length.
    """
    weighted = _k_weighted(samples, rate)
    block = min(len(weighted), int(0.4 * rate))
    power = np.array(
        [
            np.mean(weighted[at : at + block] ** 2)
            for at in range(0, len(weighted) - block + 1, max(1, block // 4))
        ]
    )
    power = power[power > _power(-70.0)]
    if not power.size:
        return -math.inf
    return _lufs(float(np.mean(power[power > np.mean(power) / 10])))


def _lufs(power: float) -> float:
    return -0.691 + 10 * math.log10(power)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def _k_weighted(samples: Samples, rate: int) -> Samples:
    """BS.1770's two filters as a curve over the spectrum, so that any rate will do."""
    size = 2 * len(samples)
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    spectrum = np.fft.rfft(samples, size) * _shelf(z, rate) * _high_pass(z, rate)
    return np.asarray(np.fft.irfft(spectrum, size)[: len(samples)])


def _shelf(z: npt.NDArray[np.complex128], rate: int) -> npt.NDArray[np.complex128]:
    """Stage 1: +4 dB above 1.68 kHz; the analogue prototype of BS.1770's 48 kHz coefficients."""
    k, q, gain = (
        math.tan(math.pi * 1681.974450955533 / rate),
        0.7071752369554196,
        10 ** (3.999843853973347 / 20),
    )
    knee = gain**0.4996667741545416
    numerator = gain + knee * k / q + k * k, 2 * (k * k - gain), gain - knee * k / q + k * k
    return _biquad(z, numerator, (1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k))


def _high_pass(z: npt.NDArray[np.complex128], rate: int) -> npt.NDArray[np.complex128]:
    """Stage 2: what the ear does not weigh, under 38 Hz."""
    k, q = math.tan(math.pi * 38.13547087602444 / rate), 0.5003270373238773
    scale = 1 + k / q + k * k
    return _biquad(z, (scale, -2 * scale, scale), (scale, 2 * (k * k - 1), 1 - k / q + k * k))


def _biquad(
    z: npt.NDArray[np.complex128],
    numerator: tuple[float, float, float],
    denominator: tuple[float, float, float],
) -> npt.NDArray[np.complex128]:
    (b0, b1, b2), (a0, a1, a2) = numerator, denominator
    return np.asarray((b0 + b1 * z + b2 * z * z) / (a0 + a1 * z + a2 * z * z))
