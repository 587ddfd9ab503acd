"""`callcenter rejudge`: orders that stored calls are judged again, and shows how far a scribe is with it."""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from callcenter.domain.reviews import Person
from callcenter.settings import ConfigError, Settings
from callcenter.standards import load_standard
from callcenter.store import migrate, rejudgings
from callcenter.store.engine import make_engine, session
from callcenter.store.rejudgings import UNFINISHED, Wanted
from callcenter.store.verdict_tables import Rejudging

POLL = 0.5
"""Seconds between two looks at how far it is."""


def wanted_of(settings: Settings, standard: str, desk: str, since: datetime | None) -> Wanted:
    """What the command line names; `since` is a time of the site's zone.

    Raises StandardError, ConfigError for what there is not.
    """
    if standard:
        load_standard(standard)
    if desk and settings.desk(desk) is None:
        known = ", ".join(each.id for each in settings.desks) or "none"
        raise ConfigError(f"there is no desk {desk!r}; there are: {known}")
    begun = since.replace(tzinfo=ZoneInfo(settings.timezone)).astimezone(UTC) if since else None
    return Wanted(standard or None, desk or None, begun)


def rejudge(
    settings: Settings,
    wanted: Wanted,
    console: Console,
    *,
    wait: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Orders it, and with `wait` follows it to its end; whether it ended well. Raises RejudgingError."""
    migrate.upgrade(settings.database_url)
    engine = make_engine(settings.database_url)
    person = Person(f"cli:{getpass.getuser()}", "admin")
    try:
        with session(engine) as db:
            made = rejudgings.order(db, wanted, person, datetime.now(UTC))
        console.print(f"已下达 ordered: {made.id}", highlight=False)
        if not wait:
            return True

        def look() -> Rejudging:
            with session(engine) as db:
                return rejudgings.get(db, made.id or 0)

        return _follow(look, console, sleep)
    finally:
        engine.dispose()


def _follow(look: Callable[[], Rejudging], console: Console, sleep: Callable[[float], None]) -> bool:
    """Draws the bar until the order has ended; breaking off leaves it to the scribe."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("等待转写服务 waiting for a scribe", total=None)
        while (row := look()).state in UNFINISHED:
            doing = f"{rejudgings.progress(row, datetime.now(UTC)).rate or 0:.0f}/s"
            known = doing if row.started_at else "等待转写服务 waiting for a scribe"
            bar.update(task, completed=row.done, total=row.total, description=known)
            sleep(POLL)
    rate = rejudgings.progress(row, datetime.now(UTC)).rate or 0.0
    console.print(
        f"{row.state}: {row.done}/{row.total} 通 calls, {row.judged} 重判 judged again, "
        f"{row.changed} 有变化 changed, {rate:.0f}/s",
        highlight=False,
        soft_wrap=True,
    )
    if row.error:
        console.print(row.error, highlight=False, markup=False, soft_wrap=True)
    return row.state == "done"
