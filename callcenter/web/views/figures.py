"""Times and figures as people read them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo


class LegFigures(Protocol):
    """What is measured of a leg's media; None where it was not."""

    @property
    def loss(self) -> float | None: ...

    @property
    def jitter_seconds(self) -> float | None: ...

    @property
    def rtt_seconds(self) -> float | None: ...


def clock(instant: datetime | None, zone: ZoneInfo) -> str:
    """14:03:22"""
    return f"{instant.astimezone(zone):%H:%M:%S}" if instant else "–"


def moment(instant: datetime | None, zone: ZoneInfo) -> str:
    """2026-11-21 14:03"""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}" if instant else "–"


def duration(seconds: float | None) -> str:
    """2:05, or 1:02:05 from an hour on"""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def seconds(value: float | None, digits: int = 1) -> str:
    """7.2"""
    return "–" if value is None else f"{value:.{digits}f}"


def media(leg: LegFigures) -> str:
    """0.2 % · 3 ms · 41 ms"""
    loss = "–" if leg.loss is None else f"{100 * leg.loss:.1f} %"
    return " · ".join([loss, *(_milliseconds(value) for value in (leg.jitter_seconds, leg.rtt_seconds))])


def _milliseconds(value: float | None) -> str:
    return "–" if value is None else f"{1000 * value:.0f} ms"


def percent(rate: float | None) -> str:
    """96%; a rate that is not quite whole never reads 100%"""
    if rate is None:
        return "–"
    return "99%" if 0.99 < rate < 1 else f"{rate * 100:.0f}%"
