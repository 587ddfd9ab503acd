"""A caller's walk through a flow: which step follows which, and what is on record of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callcenter.domain.numbers import Numbers
from callcenter.domain.workdays import published
from callcenter.flows.loader import parse_flow
from callcenter.flows.schema import AnyStep
from callcenter.switchboard.dialling import Miss, Missed
from callcenter.switchboard.walk import exit_of, handled, ringing_step, start_of
from tests.support import eventually
from tests.unit.switchboard.flows import GROUP, floor

MENU = """
[start]
open = "menu"
closed = "night"
always_through = ["13800138000"]
through = "ring"
[hours]
working_days = ["09:00-17:00"]
[step.menu]
do = "menu"
prompt = "menu-main"
keys = {"0" = "ring"}
[step.ring]
do = "ring"
group = "front"
[step.night]
do = "hangup"
prompt = "closed"
"""
SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = published()
NOON, EVENING = datetime(2026, 5, 11, 4, 0, tzinfo=UTC), datetime(2026, 5, 11, 12, 0, tzinfo=UTC)


def test_every_kind_of_step_has_its_coroutine() -> None:
    assert set(handled()) == set(AnyStep.__args__)


def test_the_start_is_by_the_hour_except_for_those_who_always_ring_through() -> None:
    flow = parse_flow(MENU + GROUP, "test")
    assert start_of(flow, "13900139000", Numbers(), NOON, SHANGHAI, CALENDAR) == "menu"
    assert start_of(flow, "13900139000", Numbers(), EVENING, SHANGHAI, CALENDAR) == "night"
    assert start_of(flow, "13800138000", Numbers(), EVENING, SHANGHAI, CALENDAR) == "ring"


def test_who_comes_back_has_heard_the_menu() -> None:
    flow = parse_flow(MENU + GROUP, "test")
    assert ringing_step(flow, "menu") == "ring"
    assert ringing_step(flow, "night") == "night"


@pytest.mark.parametrize(
    ("why", "exit"),
    [
        (Miss.BUSY, "a"),
        (Miss.UNREACHABLE, "b"),
        (Miss.NO_ANSWER, "c"),
        (Miss.REJECTED, "c"),
    ],
)
def test_the_exits_of_a_step_that_rings(why: Miss, exit: str) -> None:
    class Step:
        busy, nobody, no_answer = "a", "b", "c"

    assert exit_of(Step, Missed(why)) == exit


async def test_from_a_prompt_to_an_agent(tmp_path: Path) -> None:
    flow = """
    [start]
    open = "hello"
    [step.hello]
    do = "say"
    prompt = "transfer-wait"
    next = "ring"
    [step.ring]
    do = "ring"
    group = "front"
    """
    async with floor(tmp_path, flow) as on:
        agent, caller = await on.phone("1"), await on.caller()
        agent.ring_seconds = 0.3
        await caller.dial("8000", caller="13900139000")
        await caller.connected()
        await caller.hears(1000.0)
        await agent.hears(440.0)
        caller.call.hangup()
        row = await on.desk.row()
        assert (row.outcome, row.three_rings, row.rings) == ("answered", "pass", 1)
        assert [wait["kind"] for wait in row.waits] == ["prompt"]
        assert row.ring_seconds is not None and row.wait_seconds - row.ring_seconds > 0.5
        assert [(edge["kind"], edge["target"], edge["result"]) for edge in row.path] == [
            ("step", "hello", ""),
            ("step", "ring", ""),
            ("ring", "1", "answered"),
        ]
        await eventually(lambda: on.desk.board.pool.in_use == 0)


async def test_a_step_follows_when_nobody_answers(tmp_path: Path) -> None:
    flow = """
    [start]
    open = "ring"
    [step.ring]
    do = "ring"
    group = "front"
    no_answer = "sorry"
    busy = "sorry"
    nobody = "sorry"
    [step.sorry]
    do = "hangup"
    prompt = "desk-unavailable"
    """
    async with floor(tmp_path, flow) as on:
        agent, caller = await on.phone("1"), await on.caller()
        agent.ring_seconds = None
        await caller.dial("8000")
        ended = await caller.call.over()
        assert caller.call.answered_at is not None  # for the announcement
        row = await on.desk.row()
        assert (row.outcome, row.hung_up_by) == ("no_answer", "system")
        assert [edge["target"] for edge in row.path] == ["ring", "1", "sorry"]
        assert ended.code is None or ended.code < 300


async def test_a_flow_that_ends_without_an_answer_refuses_the_call(tmp_path: Path) -> None:
    flow = """
    [start]
    open = "ring"
    [step.ring]
    do = "ring"
    group = "front"
    """
    async with floor(tmp_path, flow) as on:
        agent, caller = await on.phone("1"), await on.caller()
        agent.refuse = 486
        await caller.dial("8000")
        assert (await caller.call.over()).code == 486
        assert (await on.desk.row()).outcome == "busy"


def test_a_number_that_is_always_through_may_be_written_in_any_form() -> None:
    flow = parse_flow(MENU.replace('"13800138000"', '"+8613800138000"') + GROUP, "menu.toml")
    assert start_of(flow, "13800138000", Numbers(), EVENING, SHANGHAI, CALENDAR) == "ring"
