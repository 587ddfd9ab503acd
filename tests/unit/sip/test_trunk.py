"""A trunk over real UDP: the registration machine run by an agent, against a carrier written by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from sip.aio.agent import UserAgent
from sip.aio.trunk import Trunk
from sip.digest import Check, Credentials, DigestServer
from sip.message import URI, Request
from sip.registration import Account, TrunkState
from tests.support import eventually
from tests.unit.sip.udp_peer import Clock, Peer, jump, refuse_all, running

CARRIER = DigestServer("carrier")


class Site:
    """A trunk, the states it went through, and its carrier."""

    def __init__(self, agent: UserAgent, carrier: Peer, clock: Clock) -> None:
        self.agent, self.carrier, self.clock = agent, carrier, clock
        self.states: list[TrunkState] = []
        registrar = URI("sip", "127.0.0.1", port=carrier.port)
        account = Account(registrar, Credentials("0755", "secret"), expires=300)
        self.trunk = Trunk(agent, account, lambda trunk: self.states.append(trunk.state))

    def challenge(self, asked: Request) -> None:
        self.carrier.answer(asked, 401, self.agent, extra=f"WWW-Authenticate: {CARRIER.challenges(0.0)[0]}")

    async def register(self) -> Request:
        """Challenged and accepted."""
        self.trunk.start()
        self.challenge(await self.carrier.request("REGISTER"))
        asked = await self.carrier.request("REGISTER")
        assert CARRIER.check(asked, "secret", 1.0) is Check.GOOD
        self.carrier.answer(asked, 200, self.agent, extra="Expires: 120")
        await eventually(lambda: self.trunk.state is TrunkState.REGISTERED)
        return asked


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with running(refuse_all) as (agent, carrier, clock):
        site = Site(agent, carrier, clock)
        yield site
        site.trunk.stop()


async def test_it_registers_and_takes_itself_away_again(site: Site) -> None:
    await site.register()
    assert site.states == [TrunkState.TRYING, TrunkState.REGISTERED]
    assert site.trunk.since.mono <= site.agent.now().mono
    assert site.trunk._timer is not None
    site.trunk.stop()
    assert site.trunk._timer is None
    removal = await site.carrier.request("REGISTER")
    assert removal.headers.get("Expires") == "0"
    site.challenge(removal)
    again = await site.carrier.request("REGISTER")
    assert again.headers.get("Expires") == "0"
    assert CARRIER.check(again, "secret", 1.0) is Check.GOOD


async def test_it_refreshes(site: Site) -> None:
    first = await site.register()
    site.clock.ahead += 61
    site.trunk._tick()
    second = await site.carrier.request("REGISTER")
    assert second.cseq.sequence == first.cseq.sequence + 1
    assert second.call_id == first.call_id


async def test_a_wrong_password_is_a_state_and_not_a_loop(site: Site) -> None:
    """SIP_CASES 10."""
    site.trunk.start()
    for _ in range(2):
        site.challenge(await site.carrier.request("REGISTER"))
    await eventually(lambda: site.trunk.state is TrunkState.REFUSED)
    assert site.trunk.registration.why == "wrong user name or password"
    await asyncio.sleep(0)
    assert site.carrier.got.empty()


async def test_a_silent_carrier_is_tried_again_later(site: Site) -> None:
    site.trunk.start()
    await site.carrier.request("REGISTER")
    jump(site.agent, site.clock, 40)
    await eventually(lambda: site.trunk.state is TrunkState.UNREACHABLE)
    assert site.trunk.registration.why == "no answer"
    assert site.trunk._timer is not None


async def test_stopping_the_agent_waits_for_the_removal(site: Site) -> None:
    await site.register()
    site.trunk.stop()
    stopping = asyncio.create_task(site.agent.stop(grace=5))
    removal = await site.carrier.request("REGISTER")
    assert not stopping.done()
    site.carrier.answer(removal, 200, site.agent)
    await asyncio.wait_for(stopping, 5)
