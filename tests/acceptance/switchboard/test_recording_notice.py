"""The recording notice: who hears it, and that nothing is kept of whom it was not told, or who objects."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import Session, select

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    answered,
    bye,
    called,
    pause,
    receive,
    request,
    ring,
    wait_bye,
)
from callcenter.store.tables import Call, Recording
from tests.acceptance.switchboard.stage import AGENT, CALLER, TARGET, Stage, settings_of, staged
from tests.humming import Scripted
from tests.interop.peers import nudged
from tests.spectrum import Tones, ever, read
from tests.support import eventually

FLOW = """
[notice]
mode = "{mode}"
prompt = "{prompt}"
version = "2026-1"
objection_key = "*"
[start]
open = "ring"
[group.desk]
order = "in_turn"
agents = ["1"]
ring_timeout = 30
[step.ring]
do = "ring"
group = "desk"
"""
NOTICE, OBJECTION = "recording-notice", "recording-notice-objection"
HOST = "127.0.0.4"
PRESSES_STAR = (
    request("INFO", 3, "\nSignal=*\nDuration=120\n", "Content-Type: application/dtmf-relay\n", "uac"),
    receive(200),
)


def recordings(stage: Stage, call: Call) -> dict[str, Recording]:
    """By the role of their leg."""
    roles = {leg.id: leg.role for leg in stage.legs(call)}
    with Session(stage.here.engine) as session:
        return {roles[each.leg_id]: each for each in session.exec(select(Recording))}


def growing(stage: Stage) -> list[Tones]:
    """What there is to hear in each file that is being recorded."""
    return [ever(read(file)) for file in stage.here.board.settings.recordings.rglob("*") if file.is_file()]


async def over(stage: Stage, caller: Scripted) -> Call:
    caller.run.nudge()
    await caller.succeeded()
    (call,) = await stage.ended()
    await stage.at_rest()
    await stage.here.board.ledger.flush()
    return call


def outcomes(call: Call) -> list[str]:
    return [notice["outcome"] for notice in call.notices]


async def test_early_it_is_heard_while_the_phone_rings_and_all_is_recorded(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, flow=FLOW.format(mode="early", prompt=NOTICE))
    async with staged(tmp_path, settings) as stage:
        agent = await stage.phone("1", AGENT, "8")
        caller = await stage.caller(
            CALLER, receive(100, 'optional="true"'), receive(183), receive(180), *_till_nudged()
        )
        await caller.hears(AGENT, timeout=30.0)
        await agent.hears(CALLER)
        assert stage.heard_prompt(caller, NOTICE)
        assert not stage.heard_prompt(agent, NOTICE)
        call = await over(stage, caller)
        kept = recordings(stage, call)
    assert outcomes(call) == ["heard"] and call.notices[0]["version"] == "2026-1"
    assert {role: each.offset_seconds for role, each in kept.items()} == {"caller": 0, "agent": 0}
    assert call.answered_at is not None
    assert call.notices[0]["ended_at"] < call.answered_at.isoformat()


def _till_nudged() -> tuple[str, ...]:
    return answered(2), nudged(), bye(3, "uac")


async def test_an_agent_who_is_quicker_does_not_cut_it_short_and_the_caller_is_recorded_later(
    tmp_path: Path,
) -> None:
    settings = settings_of(tmp_path, flow=FLOW.format(mode="early", prompt=NOTICE))
    async with staged(tmp_path, settings) as stage:
        agent = await stage.phone("1", AGENT, "1")
        caller = await stage.caller()
        await agent.hears(CALLER)
        await caller.hears(AGENT, timeout=30.0)
        await eventually(lambda: {CALLER} in growing(stage))
        assert stage.heard_prompt(caller, NOTICE)
        call = await over(stage, caller)
        kept = recordings(stage, call)
        own = read(stage.here.board.settings.recordings / kept["caller"].path)
    assert outcomes(call) == ["heard"]
    assert kept["agent"].offset_seconds == 0 and kept["caller"].offset_seconds > 1
    assert kept["caller"].started_at.isoformat()[:19] >= call.notices[0]["ended_at"][:19]
    assert ever(own) == {CALLER}


async def test_who_objects_while_it_is_said_is_not_recorded_and_talks_all_the_same(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, flow=FLOW.format(mode="answered", prompt=OBJECTION))
    async with staged(tmp_path, settings) as stage:
        await stage.phone("1", AGENT, "0.2")
        steps = (answered(2), pause(2500), *PRESSES_STAR, nudged(), bye(4, "uac"))
        caller = await stage.caller(CALLER, *steps)
        await caller.hears(AGENT, timeout=30.0)
        assert stage.heard_prompt(caller, "recording-off")
        call = await over(stage, caller)
        kept = recordings(stage, call)
        files = [file for file in stage.here.board.settings.recordings.rglob("*") if file.is_file()]
    assert outcomes(call) == ["objected"]
    assert kept == {} and files == []
    assert call.outcome == "answered"


async def test_a_target_outside_hears_it_and_an_agent_does_not(tmp_path: Path) -> None:
    steps = (called(), ring(300), answer(), acknowledged(), wait_bye())
    async with Scripted.carrier(tmp_path, TARGET, HOST, *steps) as far:
        line = {"id": "out", "mode": "ip", "server": f"{HOST}:{far.run.port}", "ping": 0}
        settings = settings_of(tmp_path, flow=FLOW.format(mode="answered", prompt=NOTICE), trunks=[line])
        first, *others = settings.extensions
        may = first.model_copy(update={"transfers_outside": True})
        settings = settings.model_copy(update={"extensions": (may, *others)})
        async with staged(tmp_path, settings) as stage:
            agent = await stage.phone("1", AGENT, "0.2")
            caller = await stage.caller()
            await caller.hears(AGENT, timeout=30.0)
            await stage.transfer(stage.calls()[0], "13900139000")
            await caller.hears(TARGET)
            await far.hears(CALLER, timeout=30.0)
            assert stage.heard_prompt(far, NOTICE)
            assert not stage.heard_prompt(agent, NOTICE)
            live = await stage.here.live()
            await eventually(lambda: any(leg.track.seconds > 1.0 for leg in live.legs[1:] if leg.track))
            call = await over(stage, caller)
            kept = recordings(stage, call)
            target = read(stage.here.board.settings.recordings / kept["target"].path)
    assert outcomes(call) == ["heard", "heard"]
    assert kept.keys() == {"caller", "agent", "target"}
    assert ever(target) == {TARGET}
