"""Callers whom nobody takes: a callback that keeps their place, a message."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import Session, select

from callcenter.store.tables import Callback
from tests.unit.switchboard.flows import Floor, floor

FLOW = """
[start]
open = "callback"
[step.callback]
do = "callback"
next = "bye"
no_number = "sorry"
[step.bye]
do = "hangup"
[step.sorry]
do = "hangup"
prompt = "desk-unavailable"
"""


def callbacks(on: Floor) -> list[tuple[str, str, str]]:
    with Session(on.desk.engine) as session:
        return [(row.number, row.desk or "", row.reason) for row in session.exec(select(Callback))]


async def test_a_callback_that_the_caller_wants(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW) as on:
        caller = await on.caller()
        await caller.dial("8000", caller="13900139000")
        await caller.connected()
        await caller.call.over()
        row = await on.desk.row()
        assert (row.outcome, row.hung_up_by) == ("callback", "system")
        await on.desk.board.ledger.flush()
        assert callbacks(on) == [("13900139000", "front", "requested")]


async def test_a_number_that_cannot_be_called(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW) as on:
        caller = await on.caller()
        await caller.dial("8000", caller="anonymous")
        await caller.connected()
        await caller.call.over()
        row = await on.desk.row()
        assert [edge["target"] for edge in row.path] == ["callback", "sorry"]
