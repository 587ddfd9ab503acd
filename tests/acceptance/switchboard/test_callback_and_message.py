"""Who does not want to wait: a key in the menu, a key in the queue, then a callback, once; or a message."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import Session, select

from callcenter.demo.phones.scenarios import acknowledged, answer, answered, called, ring, wait_bye
from callcenter.events.errors import CommandError, ErrorCode
from callcenter.store.tables import Callback, Message, Recording
from tests.acceptance.switchboard.stage import (
    AGENT,
    CALLER,
    NUMBER,
    OTHER,
    TARGET,
    Stage,
    settings_of,
    staged,
)
from tests.humming import Scripted
from tests.spectrum import ever, read
from tests.support import eventually

FLOW = """
[start]
open = "menu"
[group.desk]
order = "in_turn"
agents = ["1"]
ring_timeout = 5
[step.menu]
do = "menu"
prompt = "menu-main"
keys = {"1" = "queue", "2" = "message"}
timeout = 10
[step.queue]
do = "queue"
group = "desk"
announce_every = 0
offer = "queue-offer"
keys = {"1" = "callback"}
[step.callback]
do = "callback"
keep_place = false
[step.message]
do = "message"
"""
HOST = "127.0.0.3"
HUNG_UP_ON = (answered(2), wait_bye())


@pytest.fixture
async def far(tmp_path: Path) -> AsyncIterator[Scripted]:
    """The telephone company, which reaches the caller."""
    steps = (called(), ring(300), answer(), acknowledged(), wait_bye())
    async with Scripted.carrier(tmp_path, TARGET, HOST, *steps) as carrier:
        yield carrier


@pytest.fixture
async def stage(tmp_path: Path, far: Scripted) -> AsyncIterator[Stage]:
    line = {"id": "out", "mode": "ip", "server": f"{HOST}:{far.run.port}", "ping": 0}
    async with staged(tmp_path, settings_of(tmp_path, flow=FLOW, trunks=[line])) as here:
        yield here


def callbacks(stage: Stage) -> list[Callback]:
    with Session(stage.here.engine) as session:
        return list(session.exec(select(Callback)))


async def in_the_menu(stage: Stage, key: str, *steps: str, hertz: int = CALLER) -> Scripted:
    """A caller who has pressed a key in the menu."""
    caller = await stage.caller(hertz, *steps)
    await eventually(lambda: caller.sound().seconds > 0.5)
    caller.press(key)
    return caller


async def test_a_key_in_the_queue_and_one_callback_with_the_agents_phone_first(
    stage: Stage, far: Scripted
) -> None:
    """The place is that of the queue; while one agent calls back, nobody else can."""
    agent, inside = await stage.phone("1", AGENT), await stage.phone("3", OTHER)
    await inside.dial("1")
    await inside.hears(AGENT)
    for _ in range(2):  # whoever calls again is called back once
        caller = await in_the_menu(stage, "1", *HUNG_UP_ON)
        await eventually(stage.here.board.distribution.waiting)
        caller.press("1")
        await caller.succeeded()
        assert caller.ever() == set()
    await inside.do("hangup")
    calls = await stage.ended(3)
    assert [call.outcome for call in calls[1:]] == ["callback", "callback"]
    (wanted,) = await eventually(lambda: callbacks(stage))
    waits = calls[1].waits
    assert (wanted.number, wanted.state, wanted.reason) == (NUMBER, "open", "requested")
    assert [wait["kind"] for wait in waits] == ["menu", "queue", "prompt"]
    assert calls[1].started_at < wanted.created_at < calls[2].started_at
    await eventually(lambda: stage.here.board.agents.available("1"))
    await stage.here.command("callback", by="1", id=wanted.id)
    with pytest.raises(CommandError) as refused:
        await stage.here.command("callback", by="3", id=wanted.id)
    assert refused.value.code is ErrorCode.CONFLICT
    await far.hears(AGENT)
    await agent.hears(TARGET, call=2)
    await agent.do("hangup")
    await far.succeeded()
    call = (await stage.ended(4))[-1]
    assert (call.direction, call.outcome, call.callee) == ("outbound", "answered", NUMBER)
    assert far.story() == [{AGENT}]


async def test_a_message_is_what_the_caller_said(stage: Stage) -> None:
    caller = await in_the_menu(stage, "2", *HUNG_UP_ON)
    live = await stage.here.live()
    await eventually(lambda: live.caller.track is not None and live.caller.track.seconds > 1.5, 40.0)
    caller.press("#")
    await caller.succeeded()
    (call,) = await stage.ended()
    assert (call.outcome, call.hung_up_by) == ("message", "system")
    await stage.here.board.ledger.flush()
    with Session(stage.here.engine) as session:
        (left,) = session.exec(select(Message)).all()
        kept = session.get(Recording, left.recording_id)
    assert kept is not None and left.mailbox == "front"
    assert ever(read(stage.here.board.settings.recordings / kept.path)) == {CALLER}
    assert 1.0 < left.seconds < 30.0
