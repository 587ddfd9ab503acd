"""200 callers into a queue with 20 agents: in order, none lost, none rung twice, wait figures right.

All are sipp's: one process calls 200 times, another is the telephone of every agent. What happened is read
from the store, and from the packets by tshark.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    answered,
    authenticated_invite,
    bye,
    called,
    pause,
    respond,
    scenario,
    wait_bye,
)
from callcenter.store.tables import Call, Leg
from callcenter.switchboard.role import _allow_many_files
from tests.acceptance.switchboard.stage import TRUNK, Stage, settings_of, staged
from tests.board import PASSWORD
from tests.interop.call_capture import Dialog, dialogs, read_messages
from tests.interop.peers import Sipp, capture, sipp_register
from tests.support import eventually, free_port, scaled

CALLERS = int(os.environ.get("QUEUE_CALLERS", "200"))
AGENTS = int(os.environ.get("QUEUE_AGENTS", "20"))
TALK = 600
"""Milliseconds that each conversation lasts."""
RATE = 40
"""Calls a second: three times as many as the agents can take."""
AS_READ = 0.5
"""Seconds by which a busy machine may see a datagram later than the capture does."""
AS_WRITTEN = 0.001
"""Seconds to which the capture's times are read."""
TO_THE_QUEUE = 3.0
"""Seconds after the answer in which a busy machine has put a caller into the queue."""
FLOW = """
[start]
open = "queue"
[group.desk]
order = "longest_idle"
agents = [{agents}]
ring_timeout = 60
missed = "keep"
[step.queue]
do = "queue"
group = "desk"
announce_every = 0
longest = 0
"""


async def agents(stage: Stage, numbers: Iterable[str]) -> None:
    """All at one telephone, which rings for a moment, answers, talks and hangs up."""
    port = free_port()
    steps = (
        called(),
        respond(180, "Ringing"),
        pause(50),
        answer(),
        acknowledged(),
        pause(TALK),
        bye(1),
    )
    run = Sipp.start(
        stage.folder,
        scenario(*steps),
        stage.here.address,
        service="agent",
        port=port,
        calls=3 * CALLERS,  # it is there till the end, whatever goes wrong with one call
        timeout=240,
    )
    stage.ending.callback(run.stop)
    await asyncio.to_thread(run.listening)
    address = stage.here.address
    for number in numbers:
        await asyncio.to_thread(sipp_register, stage.folder, address, number, PASSWORD, port)
    await eventually(lambda: all(stage.here.board.agents.available(number) for number in numbers))


def callers(stage: Stage) -> Sipp:
    """Each with a number of their own; they are hung up on."""
    text = scenario(authenticated_invite(TRUNK, PASSWORD), answered(2), wait_bye())
    run = Sipp.start(
        stage.folder,
        text.replace("sip:[user]@", "sip:139[call_number]@"),
        stage.here.address,
        service="8000",
        calls=CALLERS,
        rate=RATE,
        login=(TRUNK, PASSWORD),
        timeout=240,
    )
    stage.ending.callback(run.stop)
    return run


def on_record(stage: Stage) -> list[tuple[Call, Leg, Leg]]:
    """Each call with its caller's leg and the only one of an agent, in the order in which they came."""
    with Session(stage.here.engine) as session:
        calls = session.exec(select(Call).order_by(col(Call.started_at))).all()
        legs: dict[str, list[Leg]] = {}
        for leg in session.exec(select(Leg).order_by(col(Leg.position))):
            legs.setdefault(leg.call_id, []).append(leg)
    for call in calls:
        told = [(leg.role, leg.party, leg.final_status) for leg in legs[call.id]]
        assert [role for role, *_ in told] == ["caller", "agent"], f"{call.caller} was rung for twice: {told}"
    return [(call, *legs[call.id]) for call in calls]  # type: ignore[misc]


def seconds(since: datetime | None, until: datetime | None) -> float:
    assert since is not None and until is not None
    return (until - since).total_seconds()


def check_order(found: list[tuple[Call, Leg, Leg]]) -> None:
    """Who came first was rung first; nobody was rung while they talked."""
    rung = sorted(found, key=lambda each: each[2].invite_at)
    assert [call.caller for call, *_ in rung] == [call.caller for call, *_ in found]
    by_agent: dict[str, list[Leg]] = {}
    for _, _, leg in rung:
        by_agent.setdefault(leg.party, []).append(leg)
    assert len(by_agent) == AGENTS
    for legs in by_agent.values():
        assert all(seconds(one.ended_at, next.invite_at) >= 0 for one, next in pairwise(legs))


def check_waits(found: list[tuple[Call, Leg, Leg]], wire: dict[str, Dialog]) -> None:
    """How long each waited, and in the queue, as the packets have it."""
    for call, caller, agent in found:
        mine, theirs = wire[caller.sip_call_id], wire[agent.sip_call_id]
        assert theirs.answered_at is not None and theirs.ringing_at is not None
        on_wire = theirs.answered_at - mine.invited_at
        assert call.wait_seconds == pytest.approx(on_wire, abs=scaled(AS_READ))
        for wait in call.waits:
            assert mine.answered_at is not None
            assert wait["kind"] == "queue"
            since, until = (
                datetime.fromisoformat(wait[key]).timestamp() for key in ("started_at", "ended_at")
            )
            assert -AS_WRITTEN <= since - mine.answered_at < scaled(TO_THE_QUEUE)
            assert until == pytest.approx(theirs.ringing_at, abs=scaled(AS_READ))
        assert len(call.waits) <= 1


async def test_in_order_none_lost_none_rung_twice(tmp_path: Path) -> None:
    _allow_many_files()
    numbers = [f"1{at:03}" for at in range(AGENTS)]
    low = random.randrange(46000, 58000, 1000)
    sip = {
        "rtp_ports": (low, low + 1999),
        "media_timeout": 300,
        "guard": {"calls": 20_000, "burst": 10_000, "rate": 10_000},
    }
    flow = FLOW.format(agents=", ".join(f'"{number}"' for number in numbers))
    settings = settings_of(tmp_path, flow=flow, numbers=numbers, sip=sip)
    async with staged(tmp_path, settings) as stage:
        port = stage.here.address[1]
        with capture(tmp_path / "calls.pcapng", f"udp port {port}") as packets:
            await agents(stage, numbers)
            calling = callers(stage)
            await asyncio.to_thread(calling.succeeded, 240)
            await eventually(lambda: not stage.here.board.calls)
            await stage.here.board.ledger.flush()
        found = on_record(stage)
    assert [call.outcome for call, *_ in found] == ["answered"] * CALLERS
    assert len({call.caller for call, *_ in found}) == CALLERS
    check_order(found)
    check_waits(found, dialogs(read_messages(packets, (port,))))
    assert max(call.queue_seconds for call, *_ in found) > 1.0
