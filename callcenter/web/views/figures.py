"""Times and figures as people read them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


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


def percent(rate: float | None) -> str:
    """96%; a rate that is not quite whole never reads 100%"""
    if rate is None:
        return "–"
    return "99%" if 0.99 < rate < 1 else f"{rate * 100:.0f}%"
