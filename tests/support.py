"""What every test may use: one constant that scales every timeout, free ports, polling."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from typing import TypeVar

T = TypeVar("T")

TIMEOUT_SCALE = float(os.environ.get("TIMEOUT_SCALE", "1"))
"""Multiplies every timeout in the tests; a slow machine sets the environment variable."""


def scaled(seconds: float) -> float:
    """A timeout in seconds for this machine."""
    return seconds * TIMEOUT_SCALE


FIRST_PORT, LAST_PORT = 61_400, 65_500
"""Ports that the system gives to nobody who does not ask for them: those are 32768 to 60999."""


def _own_ports() -> Iterator[int]:
    """This test process's share of them, again and again from somewhere on: what is free when it is looked
    for is still free when it is used, though others look as well."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    size = (LAST_PORT - FIRST_PORT) // workers
    begin = FIRST_PORT + worker * size
    share = deque(range(begin, begin + size))
    share.rotate(random.randrange(size))
    return cycle(share)


_ports = _own_ports()


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody uses at this moment, for UDP nor TCP."""
    return free_block(1, host)


def free_block(count: int, host: str = "127.0.0.1") -> int:
    """The first of so many ports in a row that nobody uses, for UDP nor TCP; of several it is an even one."""
    while True:
        block = list(islice(_ports, count))
        if block[-1] - block[0] != count - 1 or (count > 1 and block[0] % 2):
            next(_ports)
            continue
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            for port in block:
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    family = socket.AF_INET6 if ":" in host else socket.AF_INET
                    stack.enter_context(socket.socket(family, kind)).bind((host, port))
            return block[0]


def wait_for(what: Callable[[], T | None], timeout: float = 10.0, *, message: str = "") -> T:
    """Polls until `what()` is truthy and returns it; fails after `timeout` (scaled) seconds."""
    deadline = time.monotonic() + scaled(timeout)
    while True:
        if found := what():
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(message or f"{what} stayed false for {scaled(timeout)} s")
        time.sleep(0.02)


async def eventually(
    what: Callable[[], T | None],
    timeout: float = 10.0,  # noqa: ASYNC109 - it polls, and says what it waited for
    *,
    message: str = "",
) -> T:
    """`wait_for` for coroutines."""
    deadline = time.monotonic() + scaled(timeout)
    while True:
        if found := what():
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(message or f"{what} stayed false for {scaled(timeout)} s")
        await asyncio.sleep(0.02)
