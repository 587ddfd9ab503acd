"""Flows that change while the switchboard runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from callcenter.events.errors import CommandError
from callcenter.flows import FlowError
from callcenter.flows.calendar import site_file
from callcenter.settings import Settings
from callcenter.switchboard import flow_watch
from callcenter.switchboard.flow_watch import CALENDAR, Flows
from tests.support import eventually
from tests.unit.switchboard.flows import floor

RING = '[start]\nopen = "ring"\n[group.all]\nagents = ["1"]\n[step.ring]\ndo = "ring"\ngroup = "all"\n'
GOOD = RING + "[after]\nwrap_up = 7\n"
WRONG = RING.replace('open = "ring"', 'open = "gone"')


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_watch, "LOOK_EVERY", 0.02)


def site(folder: Path, **texts: str) -> Settings:
    """A desk for each text, in a file of its name."""
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    desks = [
        {"id": name, "number": f"80{number}", "name": name, "flow": folder / f"{name}.toml"}
        for number, name in enumerate(texts)
    ]
    return Settings(data=folder, desk=desks, extension=[{"number": "1", "password": "x"}])


def flows_of(settings: Settings) -> Flows:
    return Flows(settings, lambda: ())


@asynccontextmanager
async def watched(flows: Flows) -> AsyncIterator[None]:
    watching = asyncio.create_task(flows.watch())
    yield
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


def test_a_flow_that_is_wrong_from_the_start_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FlowError) as caught:
        flows_of(site(tmp_path, a=RING, b=WRONG, c=WRONG))
    lines = str(caught.value).splitlines()
    assert [Path(line.split(": ")[0]).name for line in lines if "start.open" in line] == ["b.toml", "c.toml"]


async def test_a_changed_file_is_taken(tmp_path: Path) -> None:
    flows = flows_of(site(tmp_path, front=RING))
    before = flows.of("front")
    async with watched(flows):
        (tmp_path / "front.toml").write_text(GOOD, "utf-8")
        await eventually(lambda: flows.of("front").after.wrap_up == 7)
    assert flows.details() == {"front": flows.of("front").digest}
    assert before.after.wrap_up == 0  # who began with it keeps it


async def test_a_mistake_is_refused_with_file_key_and_reason(tmp_path: Path) -> None:
    flows = flows_of(site(tmp_path, front=RING))
    before = flows.of("front")
    async with watched(flows):
        (tmp_path / "front.toml").write_text(WRONG, "utf-8")
        await eventually(lambda: flows.refused)
        assert flows.of("front") is before
        told = flows.details()["front"]
        assert told.startswith("refused: ")
        assert "front.toml: start.open: there is no [step.gone]; there are: ring" in told
        (tmp_path / "front.toml").write_text(GOOD, "utf-8")
        await eventually(lambda: flows.of("front").after.wrap_up == 7)
    assert not flows.refused


async def test_a_file_that_is_taken_away_is_refused(tmp_path: Path) -> None:
    flows = flows_of(site(tmp_path, front=RING))
    (tmp_path / "front.toml").unlink()
    await flows.reload()
    assert "front.toml: file: cannot be read" in flows.details()["front"]
    assert flows.of("front").start.open == "ring"


async def test_one_desks_mistake_does_not_keep_anothers_change(tmp_path: Path) -> None:
    flows = flows_of(site(tmp_path, a=RING, b=RING))
    (tmp_path / "a.toml").write_text(WRONG, "utf-8")
    (tmp_path / "b.toml").write_text(GOOD, "utf-8")
    await flows.reload()
    assert list(flows.refused) == ["a"]
    assert flows.of("b").after.wrap_up == 7


async def test_a_change_that_closes_a_circle_of_desks_is_refused(tmp_path: Path) -> None:
    to = '[start]\nopen = "on"\n[step.on]\ndo = "desk"\ndesk = "{}"\n'
    flows = flows_of(site(tmp_path, a=to.format("b"), b=RING))
    (tmp_path / "b.toml").write_text(to.format("a"), "utf-8")
    await flows.reload()
    assert list(flows.refused) == ["b"]
    assert "circle through other desks" in flows.details()["b"]
    assert flows.of("b").start.open == "ring"


async def test_the_calendar_is_watched_too(tmp_path: Path) -> None:
    flows = flows_of(site(tmp_path, front=RING))
    async with watched(flows):
        site_file(tmp_path).write_text('holidays = ["never"]\n', "utf-8")
        await eventually(lambda: CALENDAR in flows.refused)
        assert "calendar.toml: holidays.0" in flows.details()[CALENDAR]
        site_file(tmp_path).write_text("years = [2031]\n", "utf-8")
        await eventually(lambda: 2031 in flows.calendar.years)
    assert not flows.refused


async def test_the_command_says_what_runs_or_why_not(tmp_path: Path) -> None:
    flows = flows_of(site(tmp_path, front=RING))
    assert await flows.reload_flows({}) == {"flows": {"front": flows.of("front").digest}}
    (tmp_path / "front.toml").write_text("[start", "utf-8")
    with pytest.raises(CommandError, match=r"front\.toml: file: is not valid TOML"):
        await flows.reload_flows({})


async def test_a_call_under_way_keeps_the_flow_it_began_with(tmp_path: Path) -> None:
    """The first caller rings 1 and goes on to 2 as the flow said then; the next meets the new one."""
    then = """
    [start]
    open = "first"
    [group.first]
    order = "in_order"
    missed = "keep"
    ring_timeout = 1
    agents = ["1"]
    [group.second]
    missed = "keep"
    agents = ["2"]
    [step.first]
    do = "ring"
    group = "first"
    no_answer = "second"
    [step.second]
    do = "ring"
    group = "second"
    """
    async with floor(tmp_path, then) as here, watched(here.desk.board.flows):
        flows = here.desk.board.flows
        one, two, three = [await here.phone(number) for number in ("1", "2", "3")]
        one.ring_seconds = None
        caller = await here.caller()
        await caller.dial("8000", caller="13800138000")
        await eventually(lambda: one.calls)
        (tmp_path / "front.toml").write_text(RING.replace('"1"', '"4"'), "utf-8")  # a mistake first
        await eventually(lambda: "4 is no [[extension]]" in here.desk.board.details()["flows"]["front"])
        (tmp_path / "front.toml").write_text(RING.replace('"1"', '"3"'), "utf-8")
        await eventually(lambda: "all" in flows.of("front").groups)
        await caller.connected()
        assert (len(two.calls), len(three.calls)) == (1, 0)
        again = await here.phone("city", 700.0, register=False)
        await again.dial("8000", caller="13900139000")
        await again.connected()
        assert (len(two.calls), len(three.calls)) == (1, 1)
        caller.call.hangup()
        again.call.hangup()
