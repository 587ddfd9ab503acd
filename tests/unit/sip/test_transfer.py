"""REFER and Replaces over real UDP, as the user of a call sees them (SIP_CASES 1 and 19)."""

from __future__ import annotations

import asyncio

import pytest

from sip.aio.agent import UserAgent
from sip.aio.call import Call
from sip.errors import StateError
from sip.message import Request, tag_of
from sip.refer import Refer, Replaces
from tests.support import scaled
from tests.unit.sip.udp_peer import OFFER, Peer, running


class Answering:
    """Answers every call and keeps it."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def __call__(self, call: Call) -> None:
        self.calls.append(call)
        call.answer(OFFER)
        await call.over()


async def connect(peer: Peer, agent: UserAgent, call_id: str = "call-1", extra: str = "") -> str:
    """A call from the peer, answered and acknowledged; our To."""
    peer.send(peer.make("INVITE", call_id=call_id, extra=extra, body=OFFER), agent)
    await peer.response(100)
    to = (await peer.response(200)).headers["To"]
    peer.send(peer.make("ACK", to=to, call_id=call_id), agent)
    return to


def refer(peer: Peer, to: str, cseq: int, extra: str = "Refer-To: <sip:8002@127.0.0.1>") -> bytes:
    return peer.make("REFER", to=to, cseq=cseq, extra=extra)


async def notified(peer: Peer, agent: UserAgent, line: str) -> Request:
    notify = await peer.request("NOTIFY")
    assert notify.body.decode().startswith(line)
    peer.answer(notify, 200, agent)
    return notify


async def test_a_refer_is_followed_and_told_of() -> None:
    user = Answering()
    async with running(user) as (agent, peer, _):
        to = await connect(peer, agent)
        asked: list[Refer] = []
        user.calls[0].on_refer = lambda refer, moment: asked.append(refer) or 202  # type: ignore[func-returns-value]
        peer.send(refer(peer, to, 2), agent)
        accepted = await peer.response(202)
        assert accepted.headers.get("Contact")
        first = await notified(peer, agent, "SIP/2.0 100 Trying")
        assert tag_of(first.from_address) == tag_of(accepted.to_address)
        assert asked[0].target.user == "8002"
        user.calls[0].notify_transfer(180)
        await notified(peer, agent, "SIP/2.0 180 Ringing")
        user.calls[0].notify_transfer(486)
        last = await notified(peer, agent, "SIP/2.0 486 Busy Here")
        assert last.headers["Subscription-State"].startswith("terminated")
        await asyncio.wait_for(user.calls[0].transfer_told(), scaled(2))
        with pytest.raises(StateError):
            user.calls[0].notify_transfer(200)


async def test_whoever_does_not_transfer_declines() -> None:
    user = Answering()
    async with running(user) as (agent, peer, _):
        to = await connect(peer, agent)
        peer.send(refer(peer, to, 2), agent)
        await peer.response(603)
        peer.send(refer(peer, to, 3, extra=""), agent)
        await peer.response(400)
        with pytest.raises(StateError):
            user.calls[0].notify_transfer(100)


async def test_a_refer_that_requires_what_we_know() -> None:
    user = Answering()
    async with running(user) as (agent, peer, _):
        to = await connect(peer, agent)
        required = "Refer-To: <sip:8002@127.0.0.1>\nRequire: norefersub, replaces"
        peer.send(refer(peer, to, 2, required), agent)
        await peer.response(603)
        peer.send(refer(peer, to, 3, f"{required}, multiple-refer"), agent)
        refused = await peer.response(420)
        assert refused.headers.get("Unsupported") == "multiple-refer"


async def test_an_invite_names_the_call_that_it_replaces() -> None:
    user = Answering()
    async with running(user) as (agent, peer, _):
        to = await connect(peer, agent)
        replaces = Replaces("call-1", to.partition("tag=")[2], "peer")
        await connect(peer, agent, "call-2", f"Replaces: {replaces}")
        assert user.calls[1].replaced is user.calls[0]
        assert user.calls[0].replaced is None


async def test_an_invite_that_replaces_nothing_is_refused() -> None:
    user = Answering()
    async with running(user) as (agent, peer, _):
        for extra, code in (
            ("Replaces: gone;to-tag=a;from-tag=b", 481),
            ("Replaces: nonsense", 400),
            ("Replaces: a;to-tag=a;from-tag=b\nReplaces: b;to-tag=a;from-tag=b", 400),
        ):
            peer.send(peer.make("INVITE", call_id=f"call-{code}", extra=extra, body=OFFER), agent)
            await peer.response(code)
            peer.send(peer.make("ACK", call_id=f"call-{code}"), agent)
        assert user.calls == []
