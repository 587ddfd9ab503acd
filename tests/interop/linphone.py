"""linphonec as a phone: driven by lines on its stdin, in a home of its own."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from tests.support import eventually, free_port, scaled


class Linphone:
    """Answers, plays a file, records what it hears to `linphone-heard.wav`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._tasks = [asyncio.create_task(self._read())]

    @classmethod
    async def start(cls, folder: Path, play: Path, *, srtp: bool) -> Linphone:
        home = folder / "linphone"
        (home / ".local/share/linphone").mkdir(parents=True)  # without it the core never starts
        encryption = "media_encryption=srtp\nmedia_encryption_mandatory=1\n" if srtp else ""
        (home / "rc").write_text(
            f"[sip]\nsip_port={free_port()}\nsip_tcp_port=0\nsip_tls_port=0\n{encryption}"
            f"[rtp]\naudio_rtp_port={free_port()}\n[video]\nenabled=0\n"
        )
        process = await asyncio.create_subprocess_exec(
            *("stdbuf", "-oL", "linphonec", "-c", str(home / "rc")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "HOME": str(home), "TERM": "dumb"},
        )
        phone = cls(process)
        phone.do("soundcard use files")
        phone.do(f"play {play}")
        phone.do(f"record {folder / 'linphone-heard.wav'}")
        return phone

    def do(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")

    async def register(self, user: str, password: str, server: tuple[str, int]) -> None:
        address = f"{server[0]}:{server[1]}"
        self.do(f"register sip:{user}@{address} sip:{address} {password}")

        def registered() -> bool:
            self.do("status registered")
            return any("registered, identity=" in line for line in self.lines)

        await eventually(registered, 15, message=f"not registered: {self.lines[-20:]}")

    def answer_next(self) -> None:
        """Takes the next call as soon as it comes."""
        self._tasks.append(asyncio.create_task(self._answer()))

    async def stop(self) -> None:
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
        await eventually(lambda: any("new incoming call" in line for line in self.lines), 20)
        self.do("answer")
