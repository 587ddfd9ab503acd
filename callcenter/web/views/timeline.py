"""The picture of a call's ringing: each leg from INVITE to BYE, its rings, and the limit.

Ringing takes seconds and talk takes minutes, so the axis runs at full scale while a leg is ringing and is
squeezed in between; a squeezed stretch is marked as a break.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from callcenter.domain.rings import CHINA, Cadence, limit_seconds
from callcenter.store.tables import Call, Leg

WIDTH = 1000.0
"""Units of the picture's axis."""
QUIET_LIMIT = 6.0
"""Seconds' worth of width that a squeezed stretch gets at most."""
_NOBODY_RUNG = ("caller", "supervisor")
"""Roles whose telephones nobody waits for."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A ring, in axis units from `x` on; `late`: it began past the limit."""

    x: float
    width: float
    late: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One leg; positions in axis units, None where it did not happen."""

    leg: Leg
    invite: float
    ringing: float | None
    answered: float | None
    ended: float
    open: bool
    rings: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """`bound` is where the call's limit lies; `breaks` are the middles of squeezed stretches."""

    rows: tuple[Row, ...] = ()
    ticks: tuple[Tick, ...] = ()
    breaks: tuple[float, ...] = ()
    bound: float | None = None
    bound_seconds: float = 0.0


@dataclass(slots=True)
class Axis:
    """Seconds to units, piecewise: (from, to, where it begins, units a second)."""

    pieces: list[tuple[float, float, float, float]] = field(default_factory=list)

    def __call__(self, second: float) -> float:
        for start, end, at, scale in self.pieces:
            if second <= end:
                return round(at + max(0.0, second - start) * scale, 2)
        return WIDTH


def draw(call: Call, legs: Sequence[Leg], now: datetime, cadence: Cadence = CHINA) -> Timeline:
    """The picture at `now` (which ends what still lasts)."""
    if not legs:
        return Timeline()
    spans = [_Span.of(leg, call.started_at, now) for leg in legs]
    bound_rings = next((leg.bound for leg in legs if leg.bound), 3)
    bound_seconds = limit_seconds(bound_rings, cadence)
    first = (call.first_ringing_at - call.started_at).total_seconds() if call.first_ringing_at else None
    bound = first + bound_seconds if first is not None else None
    total = max([0.1] + [span.ended for span in spans] + ([bound + 1] if bound else []))
    busy = [(span.invite, span.quiet_from) for span in spans if span.leg.role not in _NOBODY_RUNG]
    axis, breaks = _axis(busy + ([(0.0, bound + 1)] if bound else []), total)
    rows = tuple(span.row(axis, span.limit(call, bound_seconds), cadence) for span in spans)
    position = axis(bound) if bound is not None else None
    return Timeline(rows, _ticks(axis), breaks, position, bound_seconds)


@dataclass(frozen=True, slots=True)
class _Span:
    """A leg in seconds from the call's first INVITE."""

    leg: Leg
    invite: float
    ringing: float | None
    answered: float | None
    ended: float

    @classmethod
    def of(cls, leg: Leg, zero: datetime, now: datetime) -> _Span:
        def since(instant: datetime | None) -> float | None:
            return None if instant is None else max(0.0, (instant - zero).total_seconds())

        ended = since(leg.ended_at)
        return cls(
            leg,
            since(leg.invite_at) or 0.0,
            since(leg.ringing_at),
            since(leg.answered_at),
            since(now) or 0.0 if ended is None else ended,
        )

    @property
    def quiet_from(self) -> float:
        """When the leg stops being interesting second by second."""
        return (self.ended if self.answered is None else self.answered) + 0.5

    def limit(self, call: Call, bound_seconds: float) -> float | None:
        """From when on a ring is late: the call's limit, or the leg's own once the call had been answered."""
        if self.ringing is None or call.first_ringing_at is None:
            return None
        first = (call.first_ringing_at - call.started_at).total_seconds()
        answered = call.answered_at is not None and self.leg.invite_at >= call.answered_at
        return (self.ringing if answered else first) + bound_seconds

    def row(self, axis: Axis, bound: float | None, cadence: Cadence) -> Row:
        def at(second: float | None) -> float | None:
            return None if second is None else axis(second)

        return Row(
            self.leg,
            axis(self.invite),
            at(self.ringing),
            at(self.answered),
            axis(self.ended),
            self.leg.ended_at is None,
            tuple(self._rings(axis, bound, cadence)),
        )

    def _rings(self, axis: Axis, bound: float | None, cadence: Cadence) -> list[Mark]:
        if self.ringing is None or self.leg.role in _NOBODY_RUNG:
            return []
        until = self.ended if self.answered is None else self.answered
        marks: list[Mark] = []
        start = self.ringing
        while start < until and len(marks) < 60:
            x = axis(start)
            width = axis(min(start + cadence.tone, until)) - x
            marks.append(Mark(x, width, bound is not None and start >= bound))
            start += cadence.period
        return marks


def _axis(busy: Sequence[tuple[float, float]], total: float) -> tuple[Axis, tuple[float, ...]]:
    """Full scale within `busy`, squeezed outside; with the middles of the squeezed stretches."""
    pieces: list[tuple[float, float, float]] = []  # from, to, weight in seconds
    position = 0.0
    for start, end in sorted(busy):
        if start > position:
            pieces.append((position, start, min(start - position, QUIET_LIMIT)))
        if end > position:
            pieces.append((max(position, start), end, end - max(position, start)))
            position = end
    if total > position:
        pieces.append((position, total, min(total - position, QUIET_LIMIT)))
    units = WIDTH / max(sum(weight for _, _, weight in pieces), 0.001)
    axis, at, breaks = Axis(), 0.0, []
    for start, end, weight in pieces:
        axis.pieces.append((start, end, at, weight * units / max(end - start, 0.001)))
        if weight < end - start:
            breaks.append(round(at + weight * units / 2, 2))
        at += weight * units
    return axis, tuple(breaks)


def _ticks(axis: Axis) -> tuple[Tick, ...]:
    """A tick every five seconds where the axis runs at full scale and there is room."""
    ticks: list[Tick] = []
    end = axis.pieces[-1][1]
    full = max(scale for *_, scale in axis.pieces)
    for start, finish, _, scale in axis.pieces:
        second = -(-start // 5) * 5
        while scale >= full * 0.999 and second <= min(finish, end):
            x = axis(second)
            if not ticks or x - ticks[-1].x > 38:
                ticks.append(Tick(x, f"{second:.0f}"))
            second += 5
    return tuple(ticks)
