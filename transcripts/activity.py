"""Voice activity: where somebody speaks, so that silence costs no recognition.

Energy against a noise floor that follows the line: the least level of the last seconds (minimum statistics,
R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics", IEEE
Trans. Speech and Audio Processing 9 (2001) 504). `Gate` goes with the sound as it comes and lets through too
much rather than too little; `speech_spans` looks at all of it afterwards and is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transcripts.voice import Span

Samples = NDArray[np.int16]
Levels = NDArray[np.float64]
"""dBov of each frame: 0 is the power of the largest square wave, as P.56 counts."""

FRAME = 0.025
"""Seconds of one frame."""
SMOOTH = 3
"""Frames whose mean power is one frame's level."""
SILENCE = -90.0
"""The level of nothing at all."""
QUIETEST = -60.0
"""Speech on a telephone is louder than this, however soft; comfort noise (RFC 3389) is mostly not."""
MARGIN = 4.0
"""dB above the noise floor from which on a frame may be speech: noise alone stays within 3."""
FLOOR_SECONDS = 4.0
"""Within such a time everybody pauses for a moment."""
BEFORE, AFTER = 0.4, 0.6
"""Seconds let through before and after speech. Together longer than the pause that ends an utterance."""
CUT = 0.75
"""Seconds; what is left out is a multiple of it. Kaldi looks at the sound in steps of 30 ms, and for the end
of an utterance every 250 ms: so it takes the same steps over the same speech as if nothing had been cut."""

SPEECH_MARGIN = 6.0
JOIN = 0.3
"""Seconds of quiet within speech: between words, and while a stop is closed."""
BLIP = 0.1
"""Seconds; what is shorter is a click."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Sound that was let through; `start` is the place of its first sample in the whole. Without samples:
    quiet has come, and some of it will be left out."""

    start: int
    samples: Samples


class Gate:
    """Lets speech through, and a little around it, as the sound comes in. Deterministic: how the sound was
    divided when it came makes no difference."""

    def __init__(self, rate: int) -> None:
        """`rate` in Hz."""
        self._frame = round(rate * FRAME)
        self._held: Samples = np.empty(0, np.int16)
        self._held_at = 0
        self._seen = self._passed = 0
        self._open_until = -1
        self._last: list[float] = []
        self._floor = _Floor()

    def feed(self, samples: Samples) -> list[Piece]:
        """What of the sound so far is let through now, and was not before; in order of time."""
        self._held = np.concatenate((self._held, samples))
        known = (len(self._held) - (self._seen * self._frame - self._held_at)) // self._frame
        begin = self._seen * self._frame - self._held_at
        powers = frame_powers(self._held[begin : begin + known * self._frame], self._frame)
        runs: list[tuple[int, int]] = []
        for power in powers.tolist():
            self._look(power, runs)
        pieces = [self._cut(first * self._frame, end * self._frame) for first, end in runs]
        self._forget()
        return pieces

    def finish(self) -> list[Piece]:
        """The last few milliseconds, where speech reached into them."""
        if self._open_until < self._seen or self._passed < self._seen:
            return []
        rest = self._cut(self._seen * self._frame, self._held_at + len(self._held))
        return [rest] if len(rest.samples) else []

    def _look(self, power: float, runs: list[tuple[int, int]]) -> None:
        """Takes the next frame into account; what is let through by it is added to `runs`."""
        number, self._seen = self._seen, self._seen + 1
        self._last = [*self._last[1 - SMOOTH :], power]
        level = to_level(sum(self._last) / len(self._last))
        if level > max(QUIETEST, self._floor.follow(level) + MARGIN):
            self._open_until = number + round(AFTER / FRAME)
        if number > self._open_until:
            if number - self._passed == round((BEFORE + CUT) / FRAME):
                runs.append((self._passed, self._passed))
            return
        quiet = max(0, number - round(BEFORE / FRAME) - self._passed)
        first = self._passed + quiet - quiet % round(CUT / FRAME)
        if runs and runs[-1][0] < runs[-1][1] == first:
            first = runs.pop()[0]
        runs.append((first, number + 1))
        self._passed = number + 1

    def _cut(self, start: int, end: int) -> Piece:
        return Piece(start, self._held[start - self._held_at : end - self._held_at])

    def _forget(self) -> None:
        """Keeps what may still be let through."""
        kept = round((BEFORE + CUT) / FRAME)
        oldest = max(self._passed, self._seen - kept) * self._frame
        if oldest > self._held_at:
            self._held = self._held[oldest - self._held_at :].copy()
            self._held_at = oldest


class _Floor:
    """The least level of the last FLOOR_SECONDS; before anything was heard, silence."""

    PARTS = 8

    def __init__(self) -> None:
        self._parts = [SILENCE] * self.PARTS
        self._least, self._count = 0.0, 0
        self._each = round(FLOOR_SECONDS / FRAME / self.PARTS)

    def follow(self, level: float) -> float:
        self._least = min(self._least, level)
        self._count += 1
        floor = min(*self._parts, self._least)
        if self._count == self._each:
            self._parts = [*self._parts[1:], self._least]
            self._least, self._count = 0.0, 0
        return floor


def frame_powers(samples: Samples, frame: int) -> NDArray[np.float64]:
    """The mean square of each whole frame of `frame` samples, of full scale."""
    whole = samples[: len(samples) // frame * frame].reshape(-1, frame).astype(np.float64)
    powers: NDArray[np.float64] = np.mean(np.square(whole / 32768.0), axis=1) if len(whole) else np.empty(0)
    return powers


def to_level(power: float) -> float:
    """A power (of full scale) in dBov, at least SILENCE."""
    return max(SILENCE, 10.0 * float(np.log10(power))) if power > 0.0 else SILENCE


def frame_levels(samples: Samples, rate: int) -> Levels:
    """The level of each whole frame."""
    powers = frame_powers(samples, round(rate * FRAME))
    levels: Levels = 10.0 * np.log10(np.maximum(powers, 10.0 ** (SILENCE / 10.0)))
    return levels


def speech_spans(samples: Samples, rate: int) -> tuple[Span, ...]:
    """From second to second, where somebody speaks: without what lies around it, pauses of JOIN within."""
    levels = frame_levels(samples, rate)
    if not len(levels):
        return ()
    loud = levels > np.maximum(QUIETEST, _noise_floor(levels) + SPEECH_MARGIN)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], loud, [False])).astype(np.int8)))
    spans: list[Span] = []
    for start, end in (edges.reshape(-1, 2) * FRAME).tolist():
        if spans and start - spans[-1][1] < JOIN:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple((round(start, 3), round(end, 3)) for start, end in spans if end - start >= BLIP)


def _noise_floor(levels: Levels) -> Levels:
    """For each frame the least (smoothed) level within FLOOR_SECONDS before and after it."""
    smooth = np.convolve(np.pad(levels, SMOOTH // 2, mode="edge"), np.ones(SMOOTH) / SMOOTH, "valid")
    reach = round(FLOOR_SECONDS / FRAME)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(smooth, reach, constant_values=np.inf), 2 * reach + 1
    )
    least: Levels = windows.min(axis=1)
    return least
