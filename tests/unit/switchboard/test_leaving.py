"""Callers whom nobody takes: a callback that keeps their place, a message."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import Session, select

from callcenter.store.tables import Callback, Message
from tests.board import Phone
from tests.support import eventually
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


MESSAGE = """
[start]
open = "message"
[step.message]
do = "message"
prompt = "mailbox-ask"
next = "bye"
[step.bye]
do = "hangup"
"""


async def speaking(on: Floor) -> Phone:
    """A caller who hums after the tone: their message is being recorded."""
    caller = await on.caller()
    await caller.dial("8000", caller="13900139000")
    await caller.connected()
    live = await on.desk.live()
    await eventually(lambda: live.caller.track is not None and live.caller.track.seconds > 0.5, 30)
    return caller


def messages(on: Floor) -> list[Message]:
    with Session(on.desk.engine) as session:
        return list(session.exec(select(Message)))


async def test_a_message_that_a_key_ends(tmp_path: Path) -> None:
    async with floor(tmp_path, MESSAGE) as on:
        caller = await speaking(on)
        assert caller.stream is not None
        caller.stream.press("#")
        await caller.call.over()
        row = await on.desk.row()
        assert (row.outcome, row.hung_up_by) == ("message", "system")
        await on.desk.board.ledger.flush()
        (kept,) = messages(on)
        assert (kept.call_id, kept.mailbox) == (row.id, "front")
        assert kept.seconds > 0.3 and kept.recording_id is not None
        await eventually(lambda: on.desk.board.pool.in_use == 0)


async def test_a_message_of_who_hangs_up_is_one(tmp_path: Path) -> None:
    async with floor(tmp_path, MESSAGE) as on:
        caller = await speaking(on)
        caller.call.hangup()
        row = await on.desk.row()
        assert (row.outcome, row.hung_up_by) == ("message", "caller")
        await on.desk.board.ledger.flush()
        assert len(messages(on)) == 1


async def test_an_extension_with_a_mailbox(tmp_path: Path) -> None:
    async with floor(tmp_path, FLOW, mailboxes=("3",)) as on:
        one = await on.phone("1")
        await one.dial("3")  # which is not registered
        await one.connected()
        live = await on.desk.live()
        await eventually(lambda: live.caller.track is not None and live.caller.track.seconds > 0.5, 30)
        one.call.hangup()
        assert (await on.desk.row()).outcome == "message"
        await on.desk.board.ledger.flush()
        assert [kept.mailbox for kept in messages(on)] == ["3"]
