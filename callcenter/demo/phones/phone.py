"""Starts a phone as a process, waits for what it tells, sends it commands, and stops it by its own id."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import random
import shutil
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

SCRIPTS = Path(__file__).parent
BLOCK = 40
"""Ports that belong to one phone: SIP at +0 (and +1 for baresip's TLS), RTP from +10 to +30."""
BLOCKS = range(24000, 31960, BLOCK)


class PhoneError(Exception):
    """A phone did not do what was asked; the message says which, and where its log is."""


class PhoneMissing(PhoneError):
    """No software for a phone is installed; the message says what to install."""


@dataclass(frozen=True)
class Line:
    """An account at a server. `server` is HOST:PORT."""

    user: str
    password: str
    server: str


@dataclass
class Phone:
    """A phone's process. `events` holds all that it told, in order."""

    name: str
    process: asyncio.subprocess.Process
    log: Path
    events: list[dict[str, Any]] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _taken: set[int] = field(default_factory=set)
    _silent: bool = False
    _reader: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, name: str, script: str, arguments: Iterable[object], folder: Path) -> Self:
        """Runs a script of this folder; its stderr goes to NAME.log in `folder`."""
        log = folder / f"{name}.log"
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *_how_to_run(script),
                *map(str, arguments),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                start_new_session=True,  # Ctrl-C in the terminal is for the demo, which then stops the phones
            )
        phone = cls(name, process, log)
        phone._reader = asyncio.create_task(phone._read(), name=f"phone-{name}")
        return phone

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            if not line.startswith(b"{"):
                continue  # a library's own chatter
            async with self._changed:
                self.events.append(json.loads(line))
                self._changed.notify_all()
        async with self._changed:
            self._silent = True
            self._changed.notify_all()

    async def wait(self, event: str, within: float) -> dict[str, Any]:
        """The next `event`, each given once. Raises PhoneError if none comes `within` seconds."""
        try:
            async with asyncio.timeout(within), self._changed:
                while (found := self._take(event)) is None:
                    if self._silent:
                        raise PhoneError(f"phone {self.name} ended before {event!r}; see {self.log}")
                    await self._changed.wait()
        except TimeoutError:
            told = [told["event"] for told in self.events]
            raise PhoneError(
                f"phone {self.name}: no {event!r} within {within:.0f} s, only {told}; see {self.log}"
            ) from None
        return self._good(found)

    def _take(self, event: str) -> dict[str, Any] | None:
        for index, told in enumerate(self.events):
            if index not in self._taken and told["event"] in (event, "failed"):
                self._taken.add(index)
                return told
        return None

    def _good(self, told: dict[str, Any]) -> dict[str, Any]:
        if told["event"] == "failed":
            raise PhoneError(f"phone {self.name}: {told.get('why')}; see {self.log}")
        return told

    async def send(self, line: str) -> None:
        if self.process.stdin is None or self.process.returncode is not None:
            raise PhoneError(f"phone {self.name} is gone; see {self.log}")
        self.process.stdin.write(line.encode() + b"\n")
        await self.process.stdin.drain()

    async def stop(self, grace: float = 3.0) -> None:
        """Asks it to quit, ends it if it does not; by its own process id."""
        if self.process.returncode is None:
            if self.process.stdin is not None:
                self.process.stdin.close()
            for end in (self.process.terminate, self.process.kill):
                try:
                    await asyncio.wait_for(self.process.wait(), grace)
                    break
                except TimeoutError:
                    end()
            await self.process.wait()
        if self._reader is not None:
            await self._reader


def _how_to_run(script: str) -> list[str]:
    # The sipp phone uses our scenarios and so is run as a module; the others know nothing of the project.
    module = "callcenter.demo.phones.sipp_agent"
    return ["-m", module] if script == "sipp_agent.py" else ["-W", "ignore", str(SCRIPTS / script)]


def agent_script() -> str:
    """The phone to be an agent on this machine. Raises PhoneMissing."""
    if importlib.util.find_spec("baresip") is not None:
        return "baresip_agent.py"
    if shutil.which("sipp") is not None:
        return "sipp_agent.py"
    raise PhoneMissing(
        "no phone for the agents: on Python 3.11 `pip install baresip-python==0.5.2a3`, "
        "on any other `apt install sip-tester`"
    )


def caller_script() -> str:
    """The phone to be a caller. Raises PhoneMissing."""
    if importlib.util.find_spec("pyVoIP") is None:
        raise PhoneMissing("no phone for the callers: `pip install pyVoIP==1.6.8` (with the extra `phones`)")
    return "pyvoip_caller.py"


def line_arguments(line: Line, port: int) -> list[object]:
    login = ["--user", line.user, "--password", line.password]
    return [*login, "--server", line.server, "--port", port]


class Ports:
    """Hands out blocks of UDP ports that nobody uses; a fresh one for each phone, never the same twice."""

    def __init__(self) -> None:
        blocks = list(BLOCKS)
        start = random.randrange(len(blocks))
        self._blocks = iter(blocks[start:] + blocks[:start])

    def block(self) -> int:
        """The first port of a free block. Raises PhoneError if there is none left."""
        for base in self._blocks:
            if all(_free(base + offset) for offset in (0, 1, 10, 11, 20, 30)):
                return base
        raise PhoneError(f"no free UDP ports from {BLOCKS.start} to {BLOCKS.stop}")


def _free(port: int, kind: socket.SocketKind = socket.SOCK_DGRAM) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
