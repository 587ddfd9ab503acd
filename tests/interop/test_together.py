"""Row 22 of SIP_CASES: all of a desk's phones ring at once (sipp is the agents), and one has the call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    called,
    receive,
    respond,
    respond_inside,
    ring,
    scenario,
    sdp,
    wait_bye,
)
from tests.board import PASSWORD, TRUNK, Phone, Switchboard, settings_for, switchboard
from tests.interop.peers import Sipp, sipp_register
from tests.interop.site import ended_well
from tests.support import free_port
from tests.unit.sip.phone import pool

MakeAgent = Callable[..., Coroutine[Any, Any, Sipp]]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    async with switchboard(settings_for(tmp_path / "data", ring_timeout=10, ring="together")) as running:
        yield running


@pytest.fixture
async def caller(desk: Switchboard) -> AsyncIterator[Phone]:
    made = Phone(TRUNK, 440.0, pool())
    await made.start(desk.address, register=False)
    yield made
    await made.stop()


@pytest.fixture
def agent(desk: Switchboard, tmp_path: Path) -> Iterator[MakeAgent]:
    """`await agent(number, *steps)`: sipp as an extension that does `steps` when it is called."""
    runs: list[Sipp] = []

    async def make(number: str, *steps: str) -> Sipp:
        port = free_port()
        run = Sipp.start(tmp_path, scenario(called(), *steps), desk.address, service=number, port=port)
        runs.append(run)
        await asyncio.to_thread(run.listening)
        await asyncio.to_thread(sipp_register, tmp_path, desk.address, number, PASSWORD, port)
        return run

    yield make
    for run in runs:
        run.stop()


async def test_row_22_the_others_learn_that_the_call_was_completed_elsewhere(
    desk: Switchboard, caller: Phone, agent: MakeAgent
) -> None:
    winner = await agent("2", ring(500), answer(), acknowledged(), wait_bye())
    loser = await agent("1", ring(30000), answer())
    await caller.dial("8000")
    await caller.connected()
    await ended_well(loser)
    caller.call.hangup()
    await ended_well(winner)
    row = await desk.row()
    assert (row.outcome, row.three_rings) == ("answered", "pass")
    legs = {leg.party: leg for leg in desk.legs()}
    assert (legs["1"].final_status, legs["1"].hung_up_by) == (487, "system")
    assert legs["1"].verdict == "not_applicable"
    assert (legs["2"].final_status, legs["2"].verdict) == (200, "pass")
    cancel = loser.messages().split("CANCEL sip:")[1]
    assert 'Reason: SIP;cause=200;text="Call completed elsewhere"' in cancel


async def test_row_22_two_agents_answer_in_one_moment(
    desk: Switchboard, caller: Phone, agent: MakeAgent
) -> None:
    """The loser's 200 crosses our CANCEL: it is acknowledged, and the phone hears BYE at once."""
    winner = await agent("2", ring(500), answer(), acknowledged(), wait_bye())
    crossing = respond(200, "OK", cseq="CSeq: [last_cseq_number] INVITE", body=sdp())
    cancelled = (receive("CANCEL"), respond_inside(200, "OK"), crossing)
    loser = await agent("1", respond(180, "Ringing"), *cancelled, acknowledged(), wait_bye())
    await caller.dial("8000")
    await caller.connected()
    await ended_well(loser)
    assert desk.board.pool.in_use == 2  # only the two that talk
    caller.call.hangup()
    await ended_well(winner)
    row = await desk.row()
    assert (row.outcome, row.three_rings, row.hung_up_by) == ("answered", "pass", "caller")
    legs = {leg.party: leg for leg in desk.legs()}
    assert (legs["1"].verdict, legs["2"].verdict) == ("not_applicable", "pass")
    assert sum(leg.role == "agent" for leg in desk.legs()) == 2
