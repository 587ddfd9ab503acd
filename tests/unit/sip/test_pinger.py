"""OPTIONS at an interval over real UDP."""

from __future__ import annotations

import pytest

from sip.aio.pinger import Pinger
from sip.message import URI
from tests.support import eventually
from tests.unit.sip.udp_peer import refuse_all, running


async def test_a_peer_comes_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sip.ping.PATIENCE", 0.2)
    told: list[bool | None] = []
    async with running(refuse_all) as (agent, peer, _):
        target = URI("sip", "127.0.0.1", port=peer.port)
        pinger = Pinger(agent, target, 0.05, lambda: told.append(pinger.ping.reachable))
        pinger.start()
        peer.answer(await peer.request("OPTIONS"), 200, agent)
        await eventually(lambda: told == [True])
        began = pinger.since
        await peer.request("OPTIONS")  # and nothing comes back
        await eventually(lambda: told == [True, False])
        assert pinger.since.mono > began.mono
        while told[-1] is False:
            peer.answer(await peer.request("OPTIONS"), 404, agent)
            await eventually(lambda: told[-1] or not peer.got.empty())
        pinger.stop()
        assert pinger._timer is None


async def test_a_name_that_leads_nowhere_is_not_reachable() -> None:
    told: list[bool | None] = []
    async with running(refuse_all) as (agent, _, _):
        target = URI.parse("sip:127.0.0.1:9;transport=tcp")
        pinger = Pinger(agent, target, 60.0, lambda: told.append(pinger.ping.reachable))
        pinger.start()
        await eventually(lambda: told == [False])
        pinger.stop()
