"""A flow that changes while somebody is in it: they go on as they began, the next has the new one."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from callcenter.events.errors import CommandError
from tests.unit.switchboard.flows import floor

BEFORE = """
[start]
open = "menu"
[step.menu]
do = "menu"
prompt = "menu-main"
keys = { "1" = "ring" }
[step.ring]
do = "ring"
group = "front"
"""
AFTER = """
[start]
open = "closed"
[step.closed]
do = "hangup"
prompt = "closed-goodbye"
"""


async def test_who_is_in_the_menu_goes_on_and_who_comes_next_has_the_new_flow(tmp_path: Path) -> None:
    async with floor(tmp_path, BEFORE) as on:
        agent, early, late = await on.phone("1"), await on.caller(), await on.caller()
        await early.dial("8000", caller="13900139001")
        await early.connected()
        (tmp_path / "front.toml").write_text(AFTER, "utf-8")
        await on.desk.board.flows.reload()
        await late.dial("8000", caller="13900139002")
        await late.call.over()
        assert early.stream is not None
        early.stream.press("1")
        await early.hears(1000.0)
        await agent.hears(440.0)
        early.call.hangup()
        first, second = await on.desk.row("13900139001"), await on.desk.row("13900139002")
        assert [edge["target"] for edge in first.path] == ["menu", "ring", "ring", "1"]
        assert [edge["target"] for edge in second.path] == ["closed"]
        assert (first.outcome, second.outcome) == ("answered", "closed")


@pytest.mark.parametrize("wrong", ["gone", "queue-position"])  # the second wants a number to say
async def test_a_mistake_is_refused_and_the_next_caller_has_the_flow_that_was(
    tmp_path: Path, wrong: str
) -> None:
    async with floor(tmp_path, AFTER) as on:
        (tmp_path / "front.toml").write_text(dedent(AFTER).replace("closed-goodbye", wrong), "utf-8")
        flows = on.desk.board.flows
        with pytest.raises(
            CommandError, match=rf"front\.toml: step\.closed\.prompt: there is no prompt '{wrong}'"
        ):
            await flows.reload_flows({})
        assert "refused: " in on.desk.board.details()["flows"]["front"]
        caller = await on.caller()
        await caller.dial("8000", caller="13900139001")
        await caller.call.over()
        assert (await on.desk.row()).outcome == "closed"
