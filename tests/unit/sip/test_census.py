"""What a user agent holds, counted."""

from __future__ import annotations

import asyncio

from sip.aio.call import Call
from sip.aio.census import census
from tests.unit.sip.udp_peer import OFFER, running


async def take(call: Call) -> None:
    call.ring()
    await call.over()


async def test_a_call_is_counted_while_it_lasts_and_its_traces_after() -> None:
    async with running(take) as (agent, peer, _):
        assert set(census(agent).values()) == {0}
        peer.send(peer.make("INVITE", branch="z9hG4bKa", body=OFFER), agent)
        await peer.response(100)
        await peer.response(180)
        held = census(agent)
        assert (held["transactions"], held["calls"], held["agent_tasks"]) == (1, 1, 1)
        assert held["calls_over"] == 0
        agent.calls[0].reject(486)
        await peer.response(486)
        for _ in range(5):
            await asyncio.sleep(0)
        held = census(agent)
        assert (held["calls"], held["calls_over"], held["agent_tasks"]) == (1, 1, 0)
