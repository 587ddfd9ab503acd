"""`python -m callcenter.healthcheck ROLE…`: asks running roles, by their own protocols, whether they work.

The switchboard is asked by a SIP OPTIONS (RFC 3261 section 11), the scribe by its status on MQTT, the web
role by `/healthz`. Exit status 0 where all work, 1 where one does not, 2 where the question is wrong: what
container engines and service managers understand.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from callcenter.app import broker_url
from callcenter.domain.topics import status_topic
from callcenter.events.client import MqttClient
from callcenter.events.errors import AddressError
from callcenter.settings import ConfigError, Settings, load_settings, split_host_port

GOOD, BAD, USAGE = 0, 1, 2
PATIENCE = 4.0
"""Seconds that a role has to answer."""
FRESH = timedelta(seconds=30)
"""A status is told every 5 seconds; one that is older than this is a role that hangs."""
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class Unhealthy(Exception):
    """The role does not work; the message says what was asked and what came back."""


def check_switchboard(settings: Settings, patience: float = PATIENCE) -> str:
    """Sends OPTIONS to where SIP listens, again after 0.5, 1 and 2 s; returns the status line.

    Raises Unhealthy.
    """
    host, port = _reachable(settings.sip.listen)
    waits = _retransmissions(patience)
    try:
        with _connected(host, port) as channel:
            request = _options(host, port, channel.getsockname()[1])
            for wait in waits:
                channel.send(request)
                channel.settimeout(wait)
                try:
                    return _status_line(channel.recv(65535))
                except TimeoutError:
                    continue
    except OSError as error:
        raise Unhealthy(f"SIP {host}:{port}: {error.strerror or error}") from None
    raise Unhealthy(f"SIP {host}:{port}: no answer to OPTIONS within {patience:.0f} s")


def check_scribe(settings: Settings, patience: float = PATIENCE) -> str:
    """Reads the retained status from the broker; returns when it was told. Raises Unhealthy."""
    return asyncio.run(_read_status(settings, "scribe", patience))


def check_web(settings: Settings, patience: float = PATIENCE) -> str:
    """Asks `/healthz`; returns its status. Raises Unhealthy."""
    host, port = _reachable(settings.http.listen)
    url = f"http://[{host}]:{port}/healthz" if ":" in host else f"http://{host}:{port}/healthz"
    try:
        answer = httpx.get(url, timeout=patience, trust_env=False)
    except httpx.HTTPError as error:
        raise Unhealthy(f"{url}: {error or type(error).__name__}") from None
    if answer.status_code != 200:
        raise Unhealthy(f"{url}: {answer.status_code} {answer.text[:200]}")
    return f"{answer.json()['status']}"


CHECKS: dict[str, Callable[[Settings], str]] = {
    "switchboard": check_switchboard,
    "scribe": check_scribe,
    "web": check_web,
}


async def _read_status(settings: Settings, role: str, patience: float) -> str:
    client = MqttClient(broker_url(settings), site=settings.site)
    connection = asyncio.create_task(client.run(), name="mqtt")
    try:
        async with asyncio.timeout(patience), client.subscribe(status_topic(settings.site, role)) as said:
            async for message in said:
                return _fresh(role, message.payload, datetime.now(UTC))
    except TimeoutError:
        reached = "it has said nothing of itself" if client.connections else "the broker does not answer"
        raise Unhealthy(f"{role} at {client.address}: {reached}") from None
    finally:
        connection.cancel()
        await asyncio.gather(connection, return_exceptions=True)
    raise Unhealthy(f"{role} at {client.address}: the subscription ended")


def _fresh(role: str, payload: bytes, now: datetime) -> str:
    """When the role last said that it is there. Raises Unhealthy where that is long ago or it is offline."""
    try:
        status = json.loads(payload)
        state, at = str(status["state"]), datetime.fromisoformat(status["at"])
    except (ValueError, KeyError, TypeError):
        raise Unhealthy(f"{role}: its status cannot be read: {payload[:100]!r}") from None
    if state != "online" or now - at > FRESH:
        raise Unhealthy(f"{role}: {state} since {at:%Y-%m-%dT%H:%M:%SZ}")
    return f"{state} {at:%Y-%m-%dT%H:%M:%SZ}"


def _reachable(listen: str) -> tuple[str, int]:
    host, port = split_host_port(listen)
    return ANY_ADDRESS.get(host, host), port


@contextmanager
def _connected(host: str, port: int) -> Iterator[socket.socket]:
    """A datagram socket that hears of a closed port (ECONNREFUSED) as well as of an answer."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as channel:
        channel.connect((host, port))
        yield channel


def _retransmissions(patience: float) -> Iterator[float]:
    """Timer E of a request that is no INVITE (RFC 3261 section 17.1.2.2), until `patience` is over."""
    end, wait = time.monotonic() + patience, 0.5
    while (left := end - time.monotonic()) > 0:
        yield min(wait, left)
        wait *= 2


def _options(host: str, port: int, own_port: int) -> bytes:
    where = f"[{host}]" if ":" in host else host
    lines = (
        f"OPTIONS sip:{where}:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP {where}:{own_port};rport;branch=z9hG4bK{secrets.token_hex(8)}",
        "Max-Forwards: 70",
        f"From: <sip:healthcheck@{where}>;tag={secrets.token_hex(4)}",
        f"To: <sip:{where}:{port}>",
        f"Call-ID: {secrets.token_hex(8)}@healthcheck",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:healthcheck@{where}:{own_port}>",
        "Content-Length: 0",
    )
    return "\r\n".join((*lines, "", "")).encode()


def _status_line(answer: bytes) -> str:
    line = answer.partition(b"\r\n")[0].decode("utf-8", "replace")
    if not line.startswith("SIP/2.0 200"):
        raise Unhealthy(f"OPTIONS was answered with {line!r}")
    return line


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a line for each role and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m callcenter.healthcheck", description=__doc__)
    parser.add_argument("roles", nargs="+", choices=sorted(CHECKS), metavar="ROLE")
    parser.add_argument("--config", type=Path, default=Path("callcenter.toml"), help="[callcenter.toml]")
    options = parser.parse_args(arguments)
    try:
        settings = load_settings(options.config if options.config.exists() else None)
        good = [_tell(role, settings) for role in options.roles]
    except (ConfigError, AddressError) as error:
        print(f"callcenter: {error}", file=sys.stderr)
        return USAGE
    return GOOD if all(good) else BAD


def _tell(role: str, settings: Settings) -> bool:
    try:
        print(f"{role} healthy: {CHECKS[role](settings)}")
    except Unhealthy as error:
        print(f"{role} unhealthy: {error}")
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
