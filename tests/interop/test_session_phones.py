"""Our own re-INVITE and session timer against telephones of other makers: baresip and linphone."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callcenter.demo.phones.phone import Line, Phone, Ports, line_arguments
from sip.aio.agent import UserAgent
from sip.aio.call import Call
from sip.effects import Ending, Offered
from sip.media.g711 import PCMA, Samples
from sip.media.tones import sine
from sip.media.wav import build
from sip.message import URI
from sip.moment import Moment
from sip.sdp import answer as sdp_answer
from sip.sdp import offer
from sip.session_table import State
from sip.session_timer import Refresher
from tests.interop.linphone import Linphone
from tests.interop.site import ME
from tests.interop.test_phones import tone
from tests.support import eventually, scaled
from tests.unit.sip.udp_peer import Clock, Everybody, jump, refuse_all


class Ear(asyncio.DatagramProtocol):
    """A media port that counts the RTP packets it gets."""

    def __init__(self) -> None:
        self.heard = 0
        self.port = 0

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard += 1

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Ear]:
        loop = asyncio.get_running_loop()
        transport, ear = await loop.create_datagram_endpoint(
            cls, local_addr=("127.0.0.1", 0), family=socket.AF_INET
        )
        ear.port = transport.get_extra_info("sockname")[1]
        try:
            yield ear
        finally:
            transport.close()

    def sdp(self, version: int = 1, direction: str = "sendrecv") -> bytes:
        return bytes(offer("127.0.0.1", self.port, version=version)).replace(
            b"a=sendrecv", f"a={direction}".encode()
        )

    def take(self, offered: Offered, moment: Moment) -> bytes:
        """Answers a re-INVITE of the phone's own: baresip sends one as soon as the call is up."""
        assert offered.description is not None
        return bytes(sdp_answer(offered.description, "127.0.0.1", self.port)[0])

    async def hears(self, packets: int = 20) -> None:
        before = self.heard
        await eventually(lambda: self.heard > before + packets)

    async def hears_nothing(self) -> None:
        """Until no packet came for 300 ms, which is fifteen of them."""
        before, since = self.heard, asyncio.get_running_loop().time()

        def quiet() -> bool:
            nonlocal before, since
            now = asyncio.get_running_loop().time()
            if self.heard != before:
                before, since = self.heard, now
            return now - since > 0.3

        await eventually(quiet)


@asynccontextmanager
async def server(
    story: Callable[[Call], Awaitable[None]] = refuse_all,
) -> AsyncIterator[tuple[UserAgent, Clock, Everybody]]:
    policy, clock = Everybody(), Clock()
    agent = UserAgent(policy, story, clock=clock)
    await agent.start("127.0.0.1", 0)
    try:
        yield agent, clock, policy
    finally:
        await agent.stop()


async def hold_and_resume(call: Call, ear: Ear) -> None:
    """Three times; each time the phone falls silent, and is heard again."""
    for version in (2, 4, 6):
        held = await call.reinvite(ear.sdp(version, "sendonly"))
        assert b"a=recvonly" in bytes(held) or b"a=inactive" in bytes(held)
        await ear.hears_nothing()
        await call.reinvite(ear.sdp(version + 1))
        await ear.hears()


async def test_row_3_baresip_is_held_and_resumed_by_our_reinvite(tmp_path: Path) -> None:
    sound = tmp_path / "hum.wav"
    samples: Samples = sine(440.0, 20.0)
    sound.write_bytes(build(PCMA, PCMA.encode(samples)))
    async with server() as (agent, clock, policy), Ear.open() as ear:
        line = Line("1001", "unit-test-secret", f"127.0.0.1:{agent.local.port}")
        arguments = [*line_arguments(line, Ports().block()), "--ring", "0.2", "--play", str(sound)]
        arguments += ["--record", str(tmp_path / "heard.wav")]
        phone = await Phone.start("anna", "baresip_agent.py", arguments, tmp_path)
        try:
            await phone.wait("registered", scaled(10))
            (binding,) = policy.registrar.lookup("1001", clock())
            call = agent.invite(binding.contact, ear.sdp(), from_address=ME, flow=binding.flow)
            call.on_offer = ear.take
            await call.answered()
            await ear.hears()
            await hold_and_resume(call, ear)
            call.hangup()
            await phone.wait("ended", scaled(10))
        finally:
            await phone.stop()


def linear_hum(folder: Path) -> Path:
    """What linphone plays: 16-bit WAV."""
    return tone(folder / "hum.wav", 440, 30)


def session_timer(refresher: Refresher) -> str:
    """linphone's settings to ask for one; `refresher` is whom it names when it calls us."""
    role = 1 if refresher is Refresher.US else 2  # its numbers for "uas" and "uac"
    return f"session_expires_enabled=1\nsession_expires_value=200\nsession_expires_refresher_value={role}\n"


async def test_row_3_linphone_is_held_and_resumed_by_our_reinvite(tmp_path: Path) -> None:
    hum = linear_hum(tmp_path)
    async with server() as (agent, _, _), Ear.open() as ear, Linphone.start(tmp_path, hum) as phone:
        target = URI("sip", "127.0.0.1", user="lin", port=phone.port)
        call = agent.invite(target, ear.sdp(), from_address=ME)
        call.on_offer = ear.take
        await eventually(lambda: call.ringing_at)
        phone.do("answer")
        await call.answered()
        await ear.hears()
        await hold_and_resume(call, ear)
        call.hangup()


@pytest.mark.parametrize("refresher", [Refresher.US, Refresher.THEM])
async def test_row_18_linphone_asks_for_a_session_timer(tmp_path: Path, refresher: Refresher) -> None:
    """We refresh and linphone grants it; or linphone ought to, does not in that time, and the call ends."""
    calls: list[Call] = []

    async with Ear.open() as ear:

        async def story(call: Call) -> None:
            calls.append(call)
            call.on_offer = ear.take
            assert call.remote is not None
            call.answer(bytes(sdp_answer(call.remote, "127.0.0.1", ear.port)[0]))
            await call.over()

        settings, hum = session_timer(refresher), linear_hum(tmp_path)
        async with (
            server(story) as (agent, clock, _),
            Linphone.start(tmp_path, hum, settings=settings) as phone,
        ):
            phone.do(f"call sip:1001@127.0.0.1:{agent.local.port}")
            await eventually(lambda: calls and calls[0].session.state is State.CONFIRMED)
            timer = calls[0].session.features.timer
            assert (timer.interval, timer.refresher) == (200, refresher)
            before = timer.deadline or 0.0
            if refresher is Refresher.US:
                jump(agent, clock, 101)
                await eventually(lambda: (timer.deadline or 0) > before + 90)
                assert not calls[0].is_over
            else:
                jump(agent, clock, 169)
                assert (await calls[0].over()).by is Ending.SILENCE
            calls[0].hangup()
