"""What `callcenter doctor` asks of the desks' flows and of the working calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.check import Check
from callcenter.flows import (
    Flow,
    FlowError,
    check_flow,
    check_site,
    flow_of,
    load_calendar,
    load_flow,
)
from callcenter.flows.calendar import site_file
from callcenter.settings import Settings
from prompts.languages import load_catalogues
from prompts.schema import CatalogueError

DAYS: Final = 60
"""How far ahead the calendar is wanted: what is published later can still be written down in time."""


def whole(path: Path, settings: Settings) -> Flow:
    """The flow in a file, good in itself and at this site. Raises FlowError, and CatalogueError."""
    flow = load_flow(path)
    if problems := check_flow(flow, settings, load_catalogues(settings.prompts).whole):
        raise FlowError(str(path), problems)
    return flow


def flows(settings: Settings) -> Iterator[Check]:
    """Each desk that has a file: whether its flow is good, at this site and beside the others."""
    good: dict[str, Flow] = {}
    for desk in settings.desks:
        what = f"流程 flow {desk.id}"
        try:
            good[desk.id] = whole(desk.flow, settings) if desk.flow else flow_of(desk)
        except (FlowError, CatalogueError) as error:
            yield Check(what, False, str(error), "correct the line named; `callcenter flow check FILE`")
            continue
        if desk.flow:
            yield Check(what, True, f"{desk.flow}, {good[desk.id].digest}")
    for id, problems in check_site(good).items():
        yield Check(f"流程 flow {id}", False, "; ".join(map(str, problems)), "change one of these desks")


def calendar(settings: Settings, now: datetime | None = None) -> Iterator[Check]:
    """Whether the days ahead are known: holidays, and the weekends that are worked for them."""
    what = "工作日历 calendar"
    try:
        known = load_calendar(settings.data)
    except FlowError as error:
        yield Check(what, False, str(error), "correct the line named")
        return
    today = (now or datetime.now(UTC)).astimezone(ZoneInfo(settings.timezone)).date()
    days = list(known.provisional_days(today, DAYS))
    if not days:
        yield Check(what, True, f"known for {DAYS} days")
        return
    found = f"{len(days)} of the next {DAYS} days are provisional, from {days[0]}: weekdays count as worked"
    mend = f"pip install -U chinesecalendar, or write them to {site_file(settings.data)} (docs/flows.md)"
    yield Check(what, False, found, mend, warns=True)
