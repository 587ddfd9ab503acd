"""Prompts, menus and languages: keys count, also into the prompt, and a wrong one is said to be wrong."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.board import Phone
from tests.support import eventually
from tests.unit.switchboard.flows import Floor, floor

FLOW = """
[start]
open = "menu"
[step.menu]
do = "menu"
prompt = "menu-main"
keys = {"1" = "ring", "9" = "bye"}
timeout = 0.4
tries = 2
otherwise = "bye"
[step.ring]
do = "ring"
group = "front"
[step.bye]
do = "hangup"
prompt = "menu-goodbye"
"""


@contextlib.asynccontextmanager
async def at_the_menu(folder: Path, flow: str = FLOW) -> AsyncIterator[tuple[Floor, Phone, Phone]]:
    async with floor(folder, flow) as on:
        agent, caller = await on.phone("1"), await on.caller()
        await caller.dial("8000")
        await caller.connected()
        yield on, agent, caller


def said(on: Floor) -> list[str]:
    live = next(iter(on.desk.board.calls.values()), None)
    return [each.prompt for each in live.book.facts.announcements] if live else []


@pytest.mark.parametrize("way", ["rtp", "info"])
async def test_a_key_into_the_prompt(tmp_path: Path, way: str) -> None:
    async with at_the_menu(tmp_path) as (on, _, caller):
        if way == "rtp":
            assert caller.stream is not None
            caller.stream.press("1")
        else:
            caller.call.press("1")
        await caller.hears(1000.0)
        assert said(on) == ["menu-main"]
        caller.call.hangup()
        row = await on.desk.row()
        assert (row.outcome, [wait["kind"] for wait in row.waits]) == ("answered", ["menu"])
        keys = [
            (edge["source"], edge["target"], edge["result"]) for edge in row.path if edge["kind"] == "key"
        ]
        assert keys == [("menu", "ring", "1")]


async def test_a_wrong_key_then_none(tmp_path: Path) -> None:
    async with at_the_menu(tmp_path) as (on, agent, caller):
        assert caller.stream is not None
        caller.stream.press("5")
        await eventually(lambda: said(on) == ["menu-main", "menu-wrong-key", "menu-main"], 60)
        row = await on.desk.row()
        assert (row.outcome, row.hung_up_by) == ("closed", "system")
        assert not agent.calls


async def test_a_caller_who_leaves_the_menu(tmp_path: Path) -> None:
    async with at_the_menu(tmp_path) as (on, _, caller):
        caller.call.hangup()
        row = await on.desk.row()
        assert (row.outcome, row.hung_up_by, row.rings) == ("abandoned", "caller", 0)
        await eventually(lambda: on.desk.board.pool.in_use == 0)


async def test_a_language(tmp_path: Path) -> None:
    flow = """
    [start]
    open = "language"
    [step.language]
    do = "language"
    prompt = "menu-language"
    keys = {"2" = "en"}
    next = "hello"
    [step.hello]
    do = "say"
    prompt = "transfer-wait"
    next = "ring"
    [step.ring]
    do = "ring"
    group = "front"
    """
    async with at_the_menu(tmp_path, flow) as (on, _, caller):
        assert caller.stream is not None
        caller.stream.press("2")
        await caller.hears(1000.0)
        caller.call.hangup()
        assert (await on.desk.row()).language == "en"
