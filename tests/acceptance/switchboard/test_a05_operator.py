"""A5: somebody asks the desk for a number outside; the desk calls it, says who calls, connects the two."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    called,
    refuse,
    respond,
    ring,
    wait_bye,
)
from callcenter.events.errors import CommandError, ErrorCode
from tests.acceptance.switchboard.stage import AGENT, CALLER, TARGET, Stage, settings_of, staged
from tests.humming import Baresip, Scripted

FAR = "01066668888"
HOST = "127.0.0.2"
ANSWERS = (called(), ring(300), answer(), acknowledged(), wait_bye())


@contextlib.asynccontextmanager
async def asking(folder: Path, *steps: str) -> AsyncIterator[tuple[Stage, Scripted, Scripted, Baresip]]:
    """The far party, who asks for them, and the agent with whom they talk."""
    async with Scripted.carrier(folder, TARGET, HOST, *steps) as far:
        line = {"id": "long-distance", "mode": "ip", "server": f"{HOST}:{far.run.port}", "ping": 0}
        async with staged(folder, settings_of(folder, agents=("1",), trunks=[line])) as stage:
            agent = await stage.phone("1", AGENT)
            requester = await stage.caller(CALLER, number="4", account="4")
            await requester.hears(AGENT)
            await agent.hears(CALLER)
            yield stage, far, requester, agent


async def operator(stage: Stage, **args: str) -> None:
    (call,) = stage.calls()
    await stage.here.command("operator", by="1", call_id=call.id, **args)


async def test_the_far_party_hears_who_calls_and_both_are_connected(tmp_path: Path) -> None:
    """「您好，这里是深圳长途，请稍等」"""
    async with asking(tmp_path, *ANSWERS) as (stage, far, requester, agent):
        await operator(stage, number=FAR, place="深圳")
        await requester.hears(TARGET, timeout=30.0)
        await far.hears(CALLER)
        await agent.wait("CALL_CLOSED")
        assert stage.heard_prompt(far, "long-distance", place="深圳")
        requester.run.nudge()
        await far.succeeded()
        (call,) = await stage.ended()
    assert requester.story() == [{AGENT}, {TARGET}]
    assert (agent.ever(), far.story()) == ({CALLER}, [{CALLER}])
    assert (call.outcome, call.transfer_to, call.hung_up_by) == ("answered", FAR, "caller")
    assert [leg.party for leg in stage.legs(call)] == ["4", "1", FAR]


@pytest.mark.parametrize(
    ("steps", "prompt"),
    [
        ((called(), refuse(486, "Busy Here")), "busy-to-desk"),
        ((called(), respond(180, "Ringing"), refuse(480, "Temporarily Unavailable")), "no-answer-to-desk"),
    ],
    ids=["busy", "no answer"],
)
async def test_who_asked_is_told_and_comes_back(tmp_path: Path, steps: tuple[str, ...], prompt: str) -> None:
    async with asking(tmp_path, *steps) as (stage, far, requester, agent):
        await operator(stage, number=FAR)
        await far.succeeded()
        await requester.hears()
        await requester.hears(AGENT, timeout=30.0)
        await agent.hears(CALLER, call=2)
        assert stage.heard_prompt(requester, prompt)
        requester.run.nudge()
        (call,) = await stage.ended()
    assert (call.outcome, call.transfer_to) == ("answered", FAR)
    assert requester.story() == [{AGENT}]


async def test_only_who_may_call_outside(tmp_path: Path) -> None:
    async with asking(tmp_path, *ANSWERS) as (stage, far, requester, _):
        (call,) = stage.calls()
        with pytest.raises(CommandError) as refused:
            await stage.here.command("operator", by="4", call_id=call.id, number=FAR)
        assert refused.value.code is ErrorCode.FORBIDDEN
        await requester.hears(AGENT)
        requester.run.nudge()
        await stage.ended()
        assert "INVITE" not in far.run.messages()
