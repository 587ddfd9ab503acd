"""Flows that change while the switchboard runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from callcenter.domain.workdays import DayKind
from callcenter.events.errors import CommandError
from callcenter.flows import FlowError
from callcenter.settings import Settings
from callcenter.switchboard import flow_watch
from callcenter.switchboard.flow_watch import Flows
from tests.support import eventually

FLOW = """
[start]
open = "ring"
[group.front]
agents = ["8001"]
wait = 0
[step.ring]
do = "ring"
group = "front"
"""
GOOD = FLOW.replace("wait = 0", "ring_timeout = 20")
LONGER = FLOW.replace("wait = 0", "ring_timeout = 30")
ROUND = GOOD + 'busy = "other"\n[step.other]\ndo = "desk"\ndesk = "%s"\n'


def site(folder: Path, **flows: str) -> Settings:
    for id, text in flows.items():
        write(folder, id, text)
    desks = [
        {"id": id, "number": f"{80 + index}", "name": id, "flow": folder / f"{id}.toml"}
        for index, id in enumerate(flows)
    ]
    plain = {"id": "plain", "number": "90", "name": "plain", "agents": ["8001"]}
    return Settings(data=folder, desk=[*desks, plain], extension=[{"number": "8001", "password": "x"}])


def write(folder: Path, id: str, text: str) -> None:
    """As an editor does: the whole file anew, under its name in one moment."""
    draft = folder / f"{id}.draft"
    draft.write_text(text, "utf-8")
    os.replace(draft, folder / f"{id}.toml")  # noqa: PTH105 - Path.replace is the same


def timeout(flows: Flows, desk: str = "front") -> float:
    return next(iter(flows.of(desk).groups.values())).ring_timeout


@contextlib.asynccontextmanager
async def watched(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Flows]:
    monkeypatch.setattr(flow_watch, "LOOK_EVERY", 0.02)
    flows = Flows(settings, lambda: ())
    task = asyncio.create_task(flows.watch(), name="flows")
    try:
        yield flows
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_file_that_changes_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(site(tmp_path, front=GOOD), monkeypatch) as flows:
        begun = flows.of("front")
        write(tmp_path, "front", LONGER)
        await eventually(lambda: timeout(flows) == 30)
        assert begun.groups["front"].ring_timeout == 20  # whoever began with it keeps it
        assert flows.of("front").digest != begun.digest
        assert timeout(flows, "plain") == 20


async def test_a_flow_with_a_mistake_is_refused_and_the_running_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with watched(site(tmp_path, front=GOOD), monkeypatch) as flows:
        running = flows.of("front")
        write(tmp_path, "front", FLOW)
        await eventually(lambda: flows.refused)
        why = f"{tmp_path / 'front.toml'}: group.front.wait: Extra inputs are not permitted"
        assert str(flows.refused["front"]) == why
        assert flows.of("front") is running
        assert flows.details() == {"front": f"refused: {why}", "plain": flows.of("plain").digest}
        assert f"flow refused desk=front reason={why}" in caplog.text
        write(tmp_path, "front", LONGER)
        await eventually(lambda: timeout(flows) == 30)
        assert not flows.refused


async def test_a_file_that_is_taken_away_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(site(tmp_path, front=GOOD), monkeypatch) as flows:
        (tmp_path / "front.toml").unlink()
        await eventually(lambda: flows.refused)
        assert "front.toml: file: cannot be read: No such file" in str(flows.refused["front"])
        assert timeout(flows) == 20


async def test_one_desk_s_mistake_does_not_hold_another_s_change_up(tmp_path: Path) -> None:
    flows = Flows(site(tmp_path, front=GOOD, night=GOOD), lambda: ())
    write(tmp_path, "front", FLOW)
    write(tmp_path, "night", LONGER)
    await flows.reload()
    assert (timeout(flows, "front"), timeout(flows, "night")) == (20, 30)
    assert list(flows.refused) == ["front"]


async def test_desks_that_would_lead_round_in_a_circle(tmp_path: Path) -> None:
    flows = Flows(site(tmp_path, front=ROUND % "night", night=GOOD), lambda: ())
    write(tmp_path, "night", ROUND % "front")
    await flows.reload()
    assert "other" not in flows.of("night").steps
    assert "round in a circle" in str(flows.refused["night"])
    write(tmp_path, "front", LONGER)
    await flows.reload()
    assert not flows.refused
    assert "other" in flows.of("night").steps


async def test_the_command_tells_what_runs_and_refuses_a_mistake(tmp_path: Path) -> None:
    flows = Flows(site(tmp_path, front=GOOD), lambda: ())
    write(tmp_path, "front", LONGER)
    assert (await flows.reload_flows({}))["flows"]["front"] == flows.of("front").digest
    assert timeout(flows) == 30
    write(tmp_path, "front", FLOW)
    with pytest.raises(CommandError, match=r"group\.front\.wait: Extra") as caught:
        await flows.reload_flows({})
    assert caught.value.code == "invalid"


async def test_the_calendar_changes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(site(tmp_path, front=GOOD), monkeypatch) as flows:
        write(tmp_path, "calendar", 'holidays = ["2027-03-01"]')
        await eventually(lambda: flows.calendar.day(date(2027, 3, 1)).kind is DayKind.HOLIDAY)
        write(tmp_path, "calendar", 'holidays = ["x"]')
        await eventually(lambda: flows.refused)
        assert "calendar.toml: holidays.0" in flows.details()["calendar"]
        assert flows.calendar.day(date(2027, 3, 1)).kind is DayKind.HOLIDAY


def test_all_mistakes_are_told_at_the_start(tmp_path: Path) -> None:
    settings = site(tmp_path, front=FLOW, night=FLOW)
    with pytest.raises(FlowError) as caught:
        Flows(settings, lambda: ())
    assert len(str(caught.value).splitlines()) == 2
    assert len(caught.value.problems) == 2


def test_what_is_taken_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        flows = Flows(site(tmp_path, front=GOOD), lambda: ())
    assert f"flow taken desk=front digest={flows.of('front').digest}" in caplog.text


def test_a_prompt_that_is_not_there_is_asked_for_each_time(tmp_path: Path) -> None:
    prompts: list[str] = []
    text = GOOD + 'nobody = "sorry"\n[step.sorry]\ndo = "hangup"\nprompt = "sorry"\n'
    with pytest.raises(FlowError, match=r"step\.sorry\.prompt: there is no prompt 'sorry'"):
        Flows(site(tmp_path, front=text), lambda: prompts)
    prompts.append("sorry")
    assert "sorry" in Flows(site(tmp_path, front=text), lambda: prompts).of("front").steps
