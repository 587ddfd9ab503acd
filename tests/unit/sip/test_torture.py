"""SIP_CASES 24: every torture message at a running user agent over UDP, as RFC 4475 says for that message."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sip.aio.agent import Admission, UserAgent
from sip.aio.call import Call
from sip.digest import DigestServer
from sip.message import Request, Response
from sip.registrar import Registrar
from tests.support import eventually
from tests.unit.sip.torture import FOLDER, TABLE, Torture, messages

README = Path(__file__).resolve().parents[3] / "sip" / "README.md"


class Desk:
    """Rings at every call; registers everybody, but whoever brings credentials must bring good ones."""

    def __init__(self) -> None:
        self.registrar = Registrar()
        self.digest = DigestServer("torture")

    def admit(self, request: Request, source: tuple[str, int], now: float) -> Admission:
        if request.headers.get("Authorization") is None:
            return Admission(identity="anybody")
        return Admission(status=401, challenges=tuple(self.digest.challenges(now)))

    def register(self, identity: str, request: Request, source: tuple[str, int], now: float) -> Response:
        return self.registrar.register(identity, request, source, now)

    async def __call__(self, call: Call) -> None:
        call.ring()
        await call.over()


class Sender(asyncio.DatagramProtocol):
    """Has an address of its own, so that the ports that a Via names are free there."""

    def __init__(self) -> None:
        self.got: list[bytes] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.got.append(data)

    async def answers(self, count: int) -> None:
        await eventually(lambda: len(self.got) >= count, 5, message=f"{len(self.got)} answers, not {count}")


@contextlib.asynccontextmanager
async def sender() -> AsyncIterator[tuple[Sender, asyncio.DatagramTransport]]:
    """Listens at 5060, 5050 and 5070, where the messages' Vias want their answers; sends from 5060."""
    loop = asyncio.get_running_loop()
    made = Sender()
    host = f"127.{random.randrange(10, 250)}.{random.randrange(1, 250)}.{random.randrange(1, 250)}"
    transports = []
    for port in (5060, 5050, 5070):
        transport, _ = await loop.create_datagram_endpoint(lambda: made, local_addr=(host, port))
        transports.append(transport)
    try:
        yield made, transports[0]
    finally:
        for transport in transports:
            transport.close()


_PROBE = (
    b"OPTIONS sip:desk@example.com SIP/2.0\r\nVia: SIP/2.0/UDP host;branch=z9hG4bKprobe\r\n"
    b"From: <sip:p@host>;tag=p\r\nTo: <sip:desk@example.com>\r\nCall-ID: probe\r\nCSeq: 1 OPTIONS\r\n\r\n"
)


@pytest.mark.parametrize("message", list(messages()), ids=str)
async def test_row_24_a_torture_message_gets_the_answer_that_rfc_4475_wants(message: Torture) -> None:
    desk = Desk()
    agent = UserAgent(desk, desk)
    await agent.start("127.0.0.1", 0)
    try:
        async with sender() as (peer, transport):
            transport.sendto(message.data, ("127.0.0.1", agent.local.port))
            await peer.answers({"none": 0, "180": 2}.get(message.answer, 1))
            # Whatever it was, the next request is answered, and nothing else came before.
            transport.sendto(_PROBE, ("127.0.0.1", agent.local.port))
            await peer.answers(len(peer.got) + 1)
            *answers, probe = peer.got
    finally:
        await agent.stop(grace=0.02)
    assert probe.startswith(b"SIP/2.0 200 ") and b"Call-ID: probe" in probe
    codes = [answer.split(b" ", 2)[1].decode() for answer in answers]
    wanted: list[str] = {"none": [], "180": ["100", "180"]}.get(message.answer, [message.answer])
    assert codes == wanted
    assert not message.has or re.search(message.has, answers[-1].decode(), re.DOTALL), answers[-1]
    assert agent.layer.counters["internal_error"] == 0


def table() -> str:
    """The section "RFC 4475" of sip/README.md."""
    lines = ["| message | section | wanted | our answer |", "| --- | --- | --- | --- |"]
    lines += [f"| `{row['name']}` | {row['section']} | {row['wanted']} | {_told(row)} |" for row in TABLE]
    return "\n".join(lines)


def _told(row: dict[str, Any]) -> str:
    answer = {"none": "silence", "180": "100, 180: accepted"}.get(row["answer"], row["answer"])
    return f"{answer} ({row['why']})" if "why" in row else answer


def test_the_readme_tells_our_answer_to_every_message() -> None:
    assert table() in README.read_text("utf-8"), f"sip/README.md, section RFC 4475, is to hold:\n{table()}"


def test_no_message_is_left_out() -> None:
    names = {row["name"] for row in TABLE}
    assert len(names) == 49
    if FOLDER.exists():
        assert names == {path.stem for path in FOLDER.rglob("*.dat")}
