"""The working calendar of a site: what was published, what ships with us, what the site itself knows."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from callcenter.domain.workdays import Calendar, DayKind, published
from callcenter.flows.errors import FlowError, Problem, parse, read_text

FILE = "calendar.toml"


def _day(value: object) -> object:
    """Days in quotes, or TOML's own dates."""
    return date.fromisoformat(value) if isinstance(value, str) else value


Days = frozenset[Annotated[date, BeforeValidator(_day)]]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    years: frozenset[Annotated[int, Field(ge=2004, le=2199)]] = Field(default=frozenset(), strict=False)
    holidays: Days = Field(default=frozenset(), strict=False)
    working: Days = Field(default=frozenset(), strict=False)
    weekends: Days = Field(default=frozenset(), strict=False)


def site_file(data: Path) -> Path:
    """Where a site writes the days that it knows."""
    return data / FILE


def load_calendar(data: Path) -> Calendar:
    """The calendar of the site with this data folder; the site's file need not be there. Raises FlowError."""
    shipped = files("callcenter.flows").joinpath(FILE).read_text("utf-8")
    calendar = parse_calendar(shipped, FILE, published())
    own = site_file(data)
    return parse_calendar(read_text(own), str(own), calendar) if own.exists() else calendar


def parse_calendar(text: str, where: str, known: Calendar) -> Calendar:
    """`known` with what `text` says, which goes first. Raises FlowError."""
    file = parse(_File, text, where)
    kinds = {DayKind.HOLIDAY: file.holidays, DayKind.WORKING: file.working, DayKind.WEEKEND: file.weekends}
    named = [day for days in kinds.values() for day in days]
    if twice := sorted({day for day in named if named.count(day) > 1}):
        raise FlowError(where, [Problem("file", f"{twice[0]} is written as two kinds of day")])
    return known.extended({day: kind for kind, days in kinds.items() for day in days}, file.years)
