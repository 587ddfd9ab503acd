"""Debian's baresip as a phone, driven over its control socket (netstrings of JSON)."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from callcenter.demo.phones.phone import Ports
from tests.interop.peers import port_open, stop
from tests.support import eventually, free_port
from tests.unit.sip.certificates import Made

_CONFIG = """sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
{certificate}
rtp_ports {rtp}-{last}
audio_source {source}
audio_player aubridge,sink
audio_alert aubridge,sink
ringback_disabled yes
statmode_default off
ctrl_tcp_listen 127.0.0.1:{control}
module_path /usr/lib/baresip/modules
module g711.so
module aubridge.so
module aufile.so
module srtp.so
module uuid.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
"""


class Baresip:
    """`events` are what it told, in order."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.events: list[dict[str, Any]] = []
        self._log = folder / "log"
        self._writer: asyncio.StreamWriter
        self._reading: asyncio.Task[None]

    @classmethod
    @asynccontextmanager
    async def start(
        cls, folder: Path, *, made: Made | None = None, play: Path | None = None
    ) -> AsyncIterator[Baresip]:
        """Trusts the certificate `made` and has it; plays a 16-bit WAV of 8 kHz."""
        home = folder / "baresip"
        home.mkdir()
        control = free_port()
        (home / "config").write_text(_config(control, made, play))
        (home / "accounts").write_text("")
        phone = cls(home, _run(home))
        try:
            await eventually(lambda: port_open(control, "tcp"), message=phone.log())
            reader, phone._writer = await asyncio.open_connection("127.0.0.1", control)
            phone._reading = asyncio.create_task(phone._read(reader))
            yield phone
            phone._reading.cancel()
            phone._writer.close()
        finally:
            await asyncio.to_thread(stop, phone.process)

    def log(self) -> str:
        return self._log.read_text("utf-8", "replace") if self._log.exists() else "no log"

    def do(self, command: str, params: str = "") -> None:
        body = json.dumps({"command": command, "params": params, "token": command}).encode()
        self._writer.write(b"%d:%s," % (len(body), body))

    async def register(self, user: str, password: str, server: str, options: str = "") -> None:
        """At `server`, HOST:PORT with parameters; answers every call."""
        account = f"<sip:{user}@{server}>;auth_pass={password};answermode=auto;audio_codecs=PCMA{options}"
        self.do("uanew", account)
        await eventually(lambda: self.told("REGISTER_OK") or self.told("REGISTER_FAIL"))
        if self.told("REGISTER_FAIL"):
            # It knows no SHA-256 and takes the offer of it for an error; the next time there is none.
            self.do("uadel", f"sip:{user}@{server}")
            self.do("uanew", account)
        await self.wait("REGISTER_OK")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while size := await reader.read(1):
            while not size.endswith(b":"):
                size += await reader.readexactly(1)
            body = await reader.readexactly(int(size[:-1]) + 1)
            self.events.append(json.loads(body[:-1]))

    def told(self, kind: str) -> int:
        return [event.get("type") for event in self.events].count(kind)

    async def wait(self, kind: str, count: int = 1) -> None:
        """Until it has told of `count` events of a kind."""

        try:
            await eventually(lambda: self.told(kind) >= count)
        except TimeoutError:
            raise TimeoutError(f"no {kind} in {self.events}: {self.log()}") from None


def _run(home: Path) -> subprocess.Popen[bytes]:
    with (home / "log").open("wb") as log:
        command = ["baresip", "-4", "-f", str(home)]
        return subprocess.Popen(command, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _config(control: int, made: Made | None, play: Path | None) -> str:
    block = Ports().block()
    return _CONFIG.format(
        port=block,
        certificate=f"sip_certificate {made.both}\nsip_cafile {made.certificate}" if made else "",
        rtp=block + 10,
        last=block + 30,
        source=f"aufile,{play}" if play else "aubridge,sink",
        control=control,
    )
