"""The web role: serves the application until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import Callable, Iterator

import uvicorn
from sqlalchemy import Engine

from callcenter.settings import ConfigError, Settings, split_host_port
from callcenter.web.app import create_app
from callcenter.web.ports import Commands, LiveBus

log = logging.getLogger(__name__)

GRACE = 5
"""Seconds that requests under way have to end."""


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handlers: the application stops its roles itself."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def loopback_address(listen: str) -> tuple[str, int]:
    """Host and port to listen on. Raises ConfigError for an address that other machines reach."""
    host, port = split_host_port(listen)
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise ConfigError(
            f"http.listen = {listen!r} can be reached from other machines, and the pages have no log-in yet; "
            "write 127.0.0.1:PORT, and use an SSH tunnel from elsewhere"
        )
    return host, port


def open_socket(listen: str) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises ConfigError where it cannot be had."""
    host, port = loopback_address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigError(f"cannot listen on http.listen = {listen!r}: {error.strerror}") from None
    return listener


async def run(
    settings: Settings,
    engine: Engine,
    commands: Commands | None,
    bus: LiveBus | None,
    stop: asyncio.Event,
    *,
    on_ready: Callable[[str], None] | None = None,
    committed: Callable[[], None] = lambda: None,
) -> None:
    """Serves on `settings.http.listen` until `stop` is set; `on_ready` is told the address of the page,
    `committed` that there may be events to publish.

    Raises ConfigError where it may not or cannot listen.
    """
    listener = open_socket(settings.http.listen)
    try:
        app = create_app(settings, engine, commands=commands, bus=bus, committed=committed)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="web-server")
        ready = asyncio.create_task(_announce(server, _address(listener), on_ready), name="web-ready")
        stopping = asyncio.create_task(stop.wait(), name="web-stop")
        try:
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            app.state.context.closing.set()  # ends the open streams
            server.should_exit = True
            ready.cancel()
            stopping.cancel()
            await serving
            log.info("web stopped")
    finally:
        listener.close()


async def _announce(server: _Server, address: str, on_ready: Callable[[str], None] | None) -> None:
    await server.ready.wait()
    log.info("web listening url=%s", address)
    if on_ready is not None:
        on_ready(address)


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
