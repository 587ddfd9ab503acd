"""Calls over real UDP, as their user sees them: answer, refusal, cancel, hang-up from either side, hold."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sip.aio.agent import UserAgent
from sip.aio.call import Call, CallFailed
from sip.effects import Confirmed, Ended, Ending, Offered, Progress
from sip.errors import StateError
from sip.message import URI, Address
from sip.moment import Moment
from sip.sdp import Description, Direction, answer, offer
from sip.session_table import State
from sip.transactions import T1
from tests.support import eventually
from tests.unit.sip.udp_peer import ME, OFFER, Everybody, Peer, call_out, jump, refuse_all, running


async def test_ringing_and_answer_are_told_with_their_moments() -> None:
    async with running(refuse_all) as (agent, peer, _):
        call = call_out(agent, peer)
        heard: list[int] = []
        call.on_progress = lambda progress, moment: heard.append(progress.code)
        asked = await peer.request("INVITE")
        assert asked.headers.get("User-Agent") == "Sanxiang"
        for code in (100, 183, 180, 180):
            peer.answer(asked, code, agent)
        await eventually(lambda: len(heard) == 3)
        first = call.ringing_at
        peer.answer(asked, 200, agent, body=OFFER)
        assert (await call.answered()).audio is not None
        ack = await peer.request("ACK")
        assert ack.headers["To"].endswith(";tag=they")
        assert heard == [183, 180, 180]
        assert first is not None
        assert call.answered_at is not None
        assert call.invited_at.mono <= first.mono <= call.answered_at.mono
        assert call.ringing_at is first
        peer.answer(asked, 200, agent, body=OFFER)  # as if our ACK had been lost
        await peer.request("ACK")
        call.hangup()
        peer.answer(await peer.request("BYE"), 200, agent)
        assert await call.over() == Ended(Ending.US)
        assert repr(call).endswith("ended>")


async def test_ringing_may_begin_with_183() -> None:
    """SIP_CASES 17."""
    async with running(refuse_all) as (agent, peer, _):
        target = URI("sip", "127.0.0.1", user="x", port=peer.port)
        call = agent.invite(target, OFFER, from_address=ME, ringing_on_183=True)
        progress: list[Progress] = []
        call.on_progress = lambda what, moment: progress.append(what)
        peer.answer(await peer.request("INVITE"), 183, agent, body=OFFER)
        await eventually(lambda: call.ringing_at)
        assert progress[0].description == Description.parse(OFFER)


@pytest.mark.parametrize("code", [404, 408, 480, 486, 488, 503, 603])
async def test_a_refusal_fails_the_call_with_its_status(code: int) -> None:
    """SIP_CASES 8."""
    async with running(refuse_all) as (agent, peer, _):
        call = call_out(agent, peer)
        peer.answer(await peer.request("INVITE"), code, agent)
        with pytest.raises(CallFailed) as caught:
            await call.answered()
        assert (caught.value.ended.code, caught.value.ended.by) == (code, Ending.THEM)
        await peer.request("ACK")


async def test_no_answer_is_cancelled() -> None:
    """SIP_CASES 9."""
    async with running(refuse_all) as (agent, peer, _):
        call = call_out(agent, peer)
        asked = await peer.request("INVITE")
        peer.answer(asked, 180, agent)
        await eventually(lambda: call.ringing_at)
        call.hangup('SIP;cause=200;text="Call completed elsewhere"')
        cancel = await peer.request("CANCEL")
        assert cancel.headers.get("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'
        assert cancel.headers.get("Via") == asked.headers.get("Via")
        peer.answer(cancel, 200, agent)
        peer.answer(asked, 487, agent)
        await peer.request("ACK")
        assert (await call.over()).code == 487


async def test_a_200_that_crosses_the_cancel_is_acknowledged_and_ended() -> None:
    async with running(refuse_all) as (agent, peer, _):
        call = call_out(agent, peer)
        asked = await peer.request("INVITE")
        peer.answer(asked, 180, agent)
        await eventually(lambda: call.ringing_at)
        call.hangup()
        await peer.request("CANCEL")
        peer.answer(asked, 200, agent, body=OFFER)
        await peer.request("ACK")
        await peer.request("BYE")
        assert await call.over() == Ended(Ending.US, 487)


async def test_a_phone_that_dies_after_ringing_does_not_hold_the_call() -> None:
    """RFC 3261 section 9.1: 64·T1 after the CANCEL."""
    async with running(refuse_all) as (agent, peer, clock):
        call = call_out(agent, peer)
        peer.answer(await peer.request("INVITE"), 180, agent)
        await eventually(lambda: call.ringing_at)
        call.hangup()
        jump(agent, clock, 64 * T1 + 1)
        assert (await call.over()).reason == "no answer after the CANCEL"
        assert agent.layer.outstanding == 0


async def test_silence() -> None:
    async with running(refuse_all) as (agent, peer, clock):
        call = call_out(agent, peer)
        await peer.request("INVITE")
        jump(agent, clock, T1)
        await peer.request("INVITE")
        jump(agent, clock, 64 * T1)
        assert await call.over() == Ended(Ending.SILENCE, 408, "no answer from the other side")


async def test_an_answer_without_sdp_fails_the_call() -> None:
    async with running(refuse_all) as (agent, peer, _):
        call = call_out(agent, peer)
        peer.answer(await peer.request("INVITE"), 200, agent)
        with pytest.raises(CallFailed, match="no usable SDP"):
            await call.answered()
        await peer.request("ACK")
        await peer.request("BYE")


async def test_another_branch_of_a_fork_is_released_where_it_stands() -> None:
    """SIP_CASES 16."""
    async with running(refuse_all) as (agent, peer, _):
        other = await Peer().start()
        call = call_out(agent, peer)
        asked = await peer.request("INVITE")
        peer.answer(asked, 200, agent, body=OFFER, tag="a")
        await peer.request("ACK")
        other.answer(asked, 200, agent, body=OFFER, tag="b")
        await other.request("ACK")
        bye = await other.request("BYE")
        assert bye.headers["To"].endswith(";tag=b")
        other.answer(bye, 200, agent)
        assert call.session.state is State.CONFIRMED
        other.transport.close()


# --- two agents of ours ---


class Line:
    """Two agents with a call between them."""

    def __init__(self) -> None:
        self.inside: asyncio.Queue[Call] = asyncio.Queue()
        self.caller = UserAgent(Everybody(), refuse_all)
        self.callee = UserAgent(Everybody(), self.take)

    async def take(self, call: Call) -> None:
        self.inside.put_nowait(call)
        await call.over()

    async def __aenter__(self) -> Line:
        await self.caller.start("127.0.0.1", 0)
        await self.callee.start("127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.caller.stop(grace=0.2)
        await self.callee.stop(grace=0.2)

    async def ringing(self) -> tuple[Call, Call]:
        """The caller's leg and the callee's."""
        target = URI("sip", "127.0.0.1", user="8000", port=self.callee.local.port)
        who = Address(ME.uri, "张三")
        out = self.caller.invite(target, OFFER, from_address=who, headers=(("X-Own", "1"),))
        return out, await self.inside.get()

    async def connected(self) -> tuple[Call, Call]:
        out, into = await self.ringing()
        assert into.remote is not None
        into.answer(bytes(answer(into.remote, "127.0.0.1", 5000)[0]))
        await out.answered()
        await eventually(lambda: into.session.state is State.CONFIRMED)
        return out, into


async def test_the_callee_sees_who_calls_whom() -> None:
    async with Line() as line:
        out, into = await line.ringing()
        assert into.identity == "1001"
        assert into.request_uri.user == "8000"
        assert into.invite.from_address.name == "张三"
        assert into.invite.headers.get("X-Own") == "1"
        assert into.call_id == out.call_id
        into.ring()
        await eventually(lambda: out.ringing_at)
        assert into.ringing_at is not None
        into.reject(486)
        into.reject(500)
        into.ring()
        with pytest.raises(StateError):
            into.answer(OFFER)
        assert (await out.over()).code == 486


@pytest.mark.parametrize("theirs", [False, True])
async def test_either_side_hangs_up(theirs: bool) -> None:
    async with Line() as line:
        out, into = await line.connected()
        first, second = (into, out) if theirs else (out, into)
        first.hangup("Q.850;cause=16")
        first.hangup()
        assert await first.over() == Ended(Ending.US)
        assert await second.over() == Ended(Ending.THEM, None, "Q.850;cause=16")
        assert second.ended_at is not None


async def test_a_hang_up_before_the_ack_comes_to_a_bye() -> None:
    async with Line() as line:
        out, into = await line.ringing()
        into.answer(OFFER)
        into.hangup()
        assert (await out.over()).by is Ending.THEM
        assert (await into.over()).by is Ending.US


async def test_the_ack_is_told() -> None:
    async with Line() as line:
        out, into = await line.ringing()
        told: list[Confirmed] = []
        into.on_confirmed = lambda confirmed, moment: told.append(confirmed)
        into.answer(OFFER)
        await out.answered()
        await eventually(lambda: told)
        assert told == [Confirmed()]


# --- hold ---


@pytest.mark.parametrize(
    ("address", "direction", "wanted"),
    [
        ("127.0.0.1", Direction.SENDONLY, "recvonly"),
        ("127.0.0.1", Direction.INACTIVE, "inactive"),
        ("0.0.0.0", Direction.SENDRECV, "recvonly"),
    ],
)
async def test_hold_and_resume_three_times(address: str, direction: Direction, wanted: str) -> None:
    """SIP_CASES 3."""
    calls: list[Call] = []

    async def take(call: Call) -> None:
        calls.append(call)
        call.on_offer = reply
        call.answer(OFFER)
        await call.over()

    def reply(offered: Offered, moment: Moment) -> bytes | int:
        assert offered.description is not None
        return bytes(answer(offered.description, "127.0.0.1", 5000)[0])

    async with running(take) as (agent, peer, _):
        peer.send(peer.make("INVITE", body=OFFER), agent)
        await peer.response(100)
        to = (await peer.response(200)).headers["To"]
        peer.send(peer.make("ACK", to=to), agent)
        for cseq in range(2, 8):
            held = cseq % 2 == 0
            ours = offer(address if held else "127.0.0.1", 4000, version=cseq)
            media = replace(ours.media[0], direction=direction if held else Direction.SENDRECV)
            peer.send(peer.make("INVITE", to=to, cseq=cseq, body=bytes(replace(ours, media=(media,)))), agent)
            reply_sdp = Description.parse((await peer.response(200)).body)
            assert reply_sdp.media[0].direction.value == (wanted if held else "sendrecv")
            peer.send(peer.make("ACK", to=to, cseq=cseq), agent)
            await eventually(lambda: calls[0].session.deadline is None)
            assert calls[0].remote is not None
            assert calls[0].remote.version == cseq
        assert len(calls) == 1


async def test_an_offer_nobody_handles_is_refused_and_the_call_goes_on() -> None:
    async with running(lambda call: take_and_answer(call)) as (agent, peer, _):
        peer.send(peer.make("INVITE", body=OFFER), agent)
        await peer.response(100)
        to = (await peer.response(200)).headers["To"]
        peer.send(peer.make("ACK", to=to), agent)
        peer.send(peer.make("INVITE", to=to, cseq=2, body=OFFER), agent)
        await peer.response(488)
        peer.send(peer.make("BYE", to=to, cseq=3), agent)
        await peer.response(200)


async def take_and_answer(call: Call) -> None:
    call.answer(OFFER)
    await call.over()
