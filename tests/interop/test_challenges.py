"""SIP_CASES 10: somebody else's registrar and proxy (Kamailio) challenges us, with MD5 and with SHA-256."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    called,
    receive,
    refer,
    respond_inside,
    ring,
    scenario,
    take_reinvite,
    wait_bye,
)
from sip.aio.agent import UserAgent
from sip.aio.call import Call, CallFailed
from sip.aio.trunk import Trunk
from sip.digest import Credentials, DigestClient
from sip.message import URI, Address
from sip.registration import Account, TrunkState
from tests.interop.challenger import HOST, PASSWORD, Challenger, challenger
from tests.interop.peers import Sipp
from tests.interop.site import OFFER
from tests.interop.test_session_features import HOLD
from tests.support import eventually
from tests.unit.sip.udp_peer import refuse_all, running

ALGORITHMS = pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])


def trunk_at(
    agent: UserAgent, carrier: Challenger, password: str = PASSWORD
) -> tuple[Trunk, list[TrunkState]]:
    states: list[TrunkState] = []
    account = Account(URI("sip", HOST, port=carrier.port), Credentials("0755", password))
    trunk = Trunk(agent, account, lambda one: states.append(one.state))
    trunk.start()
    return trunk, states


def call(agent: UserAgent, carrier: Challenger, password: str = PASSWORD) -> Call:
    return agent.invite(
        URI("sip", HOST, user="13800138000", port=carrier.port),
        OFFER,
        from_address=Address(URI("sip", HOST, user="0755")),
        digest=DigestClient(Credentials("0755", password)),
    )


@ALGORITHMS
@pytest.mark.parametrize("stale", [0, 1], ids=["fresh", "stale"])
async def test_row_10_kamailio_challenges_our_register(tmp_path: Path, algorithm: str, stale: int) -> None:
    with challenger(tmp_path, algorithm, stale) as carrier:
        async with running(refuse_all) as (agent, _, _):
            trunk, states = trunk_at(agent, carrier)
            await eventually(lambda: trunk.state is TrunkState.REGISTERED)
            assert states == [TrunkState.TRYING, TrunkState.REGISTERED]
            # RFC 3608: its way is kept.
            assert [hop.uri.port for hop in trunk.registration.service_route] == [carrier.port]
            trunk.stop()
            await agent.stop()


@ALGORITHMS
async def test_row_10_a_wrong_password_at_kamailio_is_a_state(tmp_path: Path, algorithm: str) -> None:
    with challenger(tmp_path, algorithm) as carrier:
        async with running(refuse_all) as (agent, _, _):
            trunk, _ = trunk_at(agent, carrier, "wrong")
            await eventually(lambda: trunk.state is TrunkState.REFUSED)
            assert trunk.registration.why == "wrong user name or password"
            assert trunk.registration.deadline is not None
            assert trunk.registration.deadline - agent.now().mono > 290
            trunk.stop()


@ALGORITHMS
async def test_row_10_kamailio_challenges_what_we_send_in_a_call(tmp_path: Path, algorithm: str) -> None:
    """INVITE, re-INVITE, INFO and BYE, each answered once with credentials."""
    with challenger(tmp_path, algorithm) as carrier:
        info = receive("INFO") + respond_inside(200, "OK")
        steps = scenario(
            *(called(), ring(300), answer(), acknowledged(), take_reinvite("recvonly", 2), info, wait_bye())
        )
        phone = Sipp.start(tmp_path, steps, (HOST, 9), service="far", port=carrier.phone, host=HOST)
        await asyncio.to_thread(phone.listening)
        async with running(refuse_all) as (agent, _, _):
            ours = call(agent, carrier)
            await ours.answered()
            await ours.reinvite(HOLD)
            ours.press("5")
            await eventually(lambda: "Signal=5" in phone.messages())
            ours.hangup()
            await asyncio.to_thread(phone.succeeded)


@ALGORITHMS
async def test_row_10_a_wrong_password_fails_the_call(tmp_path: Path, algorithm: str) -> None:
    with challenger(tmp_path, algorithm) as carrier:
        async with running(refuse_all) as (agent, _, _):
            with pytest.raises(CallFailed) as failed:
                await call(agent, carrier, "wrong").answered()
            assert failed.value.ended.code == 407


@ALGORITHMS
async def test_row_10_kamailio_challenges_our_notify(tmp_path: Path, algorithm: str) -> None:
    """A carrier's phone transfers; our NOTIFYs are challenged as everything else of ours is."""
    with challenger(tmp_path, algorithm) as carrier:
        steps = scenario(
            *(called(), ring(300), answer(), acknowledged(), refer(1, "<sip:8002@[remote_ip]>"), wait_bye())
        )
        phone = Sipp.start(tmp_path, steps, (HOST, 9), service="far", port=carrier.phone, host=HOST)
        await asyncio.to_thread(phone.listening)
        async with running(refuse_all) as (agent, _, _):
            ours = call(agent, carrier)
            ours.on_refer = lambda refer, moment: 202
            await ours.answered()
            await eventually(lambda: ours.session.referrals.active)
            ours.notify_transfer(180)
            ours.notify_transfer(200)
            await ours.transfer_told()
            assert "SIP/2.0 200 OK" in phone.messages()
            ours.hangup()
            await asyncio.to_thread(phone.succeeded)
