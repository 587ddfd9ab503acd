"""linphonec as a phone: driven by lines on its stdin, in a home of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support import eventually, free_block, free_port, scaled
from tests.unit.sip.certificates import Made

ENCRYPTED = "media_encryption=srtp\nmedia_encryption_mandatory=1\n"
"""SRTP or nothing, for `settings`."""


class Linphone:
    """Plays a file; what it hears is in `heard`."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, heard: Path) -> None:
        self.process, self.port, self.heard = process, port, heard
        self.lines: list[str] = []
        self._tasks = [asyncio.create_task(self._read())]

    @classmethod
    @asynccontextmanager
    async def start(
        cls, folder: Path, play: Path | None = None, *, made: Made | None = None, settings: str = ""
    ) -> AsyncIterator[Linphone]:
        """`settings` go into its `[sip]`; it trusts the certificate `made`."""
        home = folder / "linphone"
        (home / ".local/share/linphone").mkdir(parents=True)  # without it the core never starts
        port = free_port()
        (home / "rc").write_text(_rc(port, made, settings))
        process = await asyncio.create_subprocess_exec(
            *("stdbuf", "-oL", "linphonec", "-c", str(home / "rc")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "HOME": str(home), "TERM": "dumb"},
        )
        phone = cls(process, port, folder / "linphone-heard.wav")
        phone.do("soundcard use files")
        phone.do(f"record {phone.heard}")
        if play:
            phone.do(f"play {play}")
        phone.do("status registered")
        try:
            await phone.wait("registered")  # it answers: its core is up
            yield phone
        finally:
            await phone._stop()

    def do(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")

    async def wait(self, text: str, timeout: float = 15) -> None:  # noqa: ASYNC109 - it says what it waited for
        try:
            await eventually(lambda: any(text in line for line in self.lines), timeout)
        except TimeoutError:
            raise TimeoutError(f"no {text!r} in {self.lines[-20:]}") from None

    async def register(self, user: str, password: str, server: str) -> None:
        """At `server`, HOST:PORT with parameters; returns when it is registered."""
        self.do(f"register sip:{user}@{server.partition(';')[0]} sip:{server} {password}")

        def registered() -> bool:
            self.do("status registered")
            return any("registered, identity=" in line for line in self.lines)

        await eventually(registered, 15, message=f"not registered: {self.lines[-20:]}")

    def answer_next(self) -> None:
        """Takes the next call as soon as it comes."""
        self._tasks.append(asyncio.create_task(self._answer()))

    async def _stop(self) -> None:
        if self.process.returncode is None:
            self.do("quit")
            try:
                await asyncio.wait_for(self.process.wait(), scaled(5))
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").strip())

    async def _answer(self) -> None:
        await self.wait("new incoming call", 20)
        self.do("answer")


def _rc(port: int, made: Made | None, settings: str) -> str:
    tls = f"sip_tls_port={free_port()}\nroot_ca={made.certificate}\n" if made else "sip_tls_port=0\n"
    return (
        f"[sip]\nsip_port={port}\nsip_tcp_port=0\n{tls}verify_server_certs=1\nverify_server_cn=1\n"
        f"{settings}[rtp]\naudio_rtp_port={free_block(2)}\n[video]\nenabled=0\n"
    )
