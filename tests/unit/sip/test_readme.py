"""The answering machine of sip/README.md, as it stands there, called by a telephone."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from sip.aio.agent import UserAgent
from sip.media.g711 import PCMA
from sip.media.wav import Wav
from sip.message import URI
from sip.sdp import offer
from tests.support import eventually, free_port, scaled
from tests.unit.sip.phone import Phone, share
from tests.unit.sip.udp_peer import ME, Everybody, refuse_all

README = Path(__file__).resolve().parents[3] / "sip" / "README.md"


def machine() -> str:
    """The one Python program of the README."""
    (program,) = re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return str(program)


def recorded(folder: Path) -> Path | None:
    return next(iter(folder.glob("*.wav")), None)


async def leave_a_message(target: URI, phone: Phone) -> None:
    agent = UserAgent(Everybody(), refuse_all)
    await agent.start("127.0.0.1", 0)
    try:
        # The INVITE is repeated until the machine is up and hears it.
        call = agent.invite(target, bytes(offer(*phone.addr)), from_address=ME)
        theirs = await asyncio.wait_for(call.answered(), scaled(20))
        assert theirs.audio is not None and theirs.address is not None
        await phone.hum((theirs.address, theirs.audio.port), 1.0)
        call.hangup()
        await asyncio.wait_for(call.over(), scaled(5))
    finally:
        await agent.stop()


async def test_the_answering_machine_beeps_and_records(tmp_path: Path) -> None:
    port = free_port()
    words = ("-c", machine(), "127.0.0.1", str(port), str(tmp_path))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, cwd=README.parents[1], stderr=asyncio.subprocess.PIPE
    )
    phone = Phone(440.0)
    try:
        await leave_a_message(URI("sip", "127.0.0.1", user="anybody", port=port), phone)
        path = await eventually(lambda: recorded(tmp_path))
        await eventually(lambda: Wav.parse(path.read_bytes()).seconds > 0.9)
        assert process.returncode is None  # ready for the next call
    finally:
        phone.close()
        process.kill()
        _, errors = await process.communicate()
    assert errors == b""
    assert share(phone.heard(), 1000.0) > 0.9  # the beep
    assert share(PCMA.decode(Wav.parse(path.read_bytes()).data), 440.0) > 0.9
