"""What every test may use: one constant that scales every timeout, free ports, polling."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

TIMEOUT_SCALE = float(os.environ.get("TIMEOUT_SCALE", "1"))
"""Multiplies every timeout in the tests; a slow machine sets the environment variable."""


def scaled(seconds: float) -> float:
    """A timeout in seconds for this machine."""
    return seconds * TIMEOUT_SCALE


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM, host: str = "127.0.0.1") -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def free_block(count: int, host: str = "127.0.0.1") -> int:
    """The first of so many UDP ports in a row that nobody uses, of those that nothing else here takes."""
    while True:
        first = random.randrange(10_000, 12_000 - count, 2)
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + count):
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                probe = stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
                probe.bind((host, port))
            return first


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
