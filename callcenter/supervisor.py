"""`callcenter up`: the roles and the embedded broker, each a process, started again when it dies."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callcenter import SUPERVISED
from callcenter.settings import split_host_port

log = logging.getLogger(__name__)

BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds before a role that died is started again, after the first time in a row, the second, …"""
STEADY = 20.0
"""Seconds of life after which a role's earlier deaths are forgotten."""
GRACE = 15.0
"""Seconds a role has to end by itself."""
MISCONFIGURED = 2
"""Exit status of a role that cannot work as configured; starting it again would not help."""


BEHIND = {"scribe": 5}
"""Roles whose whole session is nicer than the others', by as much as the scribe's workers are."""


@dataclass(slots=True)
class _Child:
    name: str
    command: tuple[str, ...]
    process: asyncio.subprocess.Process | None = None
    deaths: int = 0


class Supervisor:
    """Runs `roles`, each as `python -m callcenter ROLE FLAGS`, until SIGTERM or SIGINT."""

    def __init__(self, roles: Sequence[str], flags: Sequence[str], environment: Mapping[str, str]) -> None:
        base = (sys.executable, "-m", "callcenter")
        self._children = [_Child(role, (*base, role, *flags)) for role in roles]
        self._environment = {**os.environ, SUPERVISED: "1", **environment}
        self._stop = asyncio.Event()
        self._status = 0

    async def run(self) -> int:
        """Returns the exit status: 0 when it was told to stop, 2 where a role cannot work as configured."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        async with asyncio.TaskGroup() as tasks:
            for child in self._children:
                tasks.create_task(self._keep(child), name=f"keep {child.name}")
        return self._status

    async def _keep(self, child: _Child) -> None:
        while not self._stop.is_set():
            born = time.monotonic()
            status = await self._live(child)
            if self._stop.is_set():
                return
            if status == MISCONFIGURED:
                log.error("role misconfigured role=%s; everything is stopped", child.name)
                self._status = MISCONFIGURED
                self._stop.set()
                return
            child.deaths = 0 if time.monotonic() - born > STEADY else child.deaths
            wait = BACKOFF[min(child.deaths, len(BACKOFF) - 1)]
            child.deaths += 1
            log.error("role died role=%s status=%s again_in=%.1f", child.name, status, wait)
            await self._rest(wait)

    async def _live(self, child: _Child) -> int:
        """One life of a role, from start to exit; returns its exit status."""
        child.process = await asyncio.create_subprocess_exec(
            *child.command, env=self._environment, start_new_session=True
        )
        log.info("role started role=%s pid=%d", child.name, child.process.pid)
        if child.name in BEHIND:
            put_behind(child.process.pid, BEHIND[child.name])
        dead = asyncio.create_task(child.process.wait(), name=f"exit of {child.name}")
        stopped = asyncio.create_task(self._stop.wait(), name=f"stop {child.name}")
        await asyncio.wait({dead, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not dead.done():
            child.process.terminate()
            await asyncio.wait({dead}, timeout=GRACE)
        if not dead.done():
            log.error("role does not stop role=%s pid=%d; killed", child.name, child.process.pid)
            child.process.kill()
        return await dead

    async def _rest(self, seconds: float) -> None:
        sleeping = asyncio.create_task(self._stop.wait(), name="rest")
        await asyncio.wait({sleeping}, timeout=seconds)
        sleeping.cancel()


def put_behind(pid: int, niceness: int) -> None:
    """Makes the session that process `pid` leads so much nicer than others.

    Where the kernel groups processes by session (sched(7), autogroup) a process's own niceness counts within
    its session only: recognition would have as much of a busy machine as the calls. Elsewhere it counts
    everywhere, and there is nothing to do.
    """
    group = Path(f"/proc/{pid}/autogroup")
    try:
        group.write_text(f"{niceness}\n", "ascii")
    except FileNotFoundError:
        return
    except OSError as error:
        log.warning("session not put behind pid=%d error=%s", pid, error.strerror)


def embedded_broker(listen: str) -> str:
    """`listen` with a port of its own where it says 0: chosen once, so that a new broker is found again."""
    host, port = split_host_port(listen)
    if port == 0:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.bind((host, 0))
            port = probe.getsockname()[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
