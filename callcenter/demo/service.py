"""The service under demonstration: its configuration, its process, and what it tells over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from callcenter.demo.script import NAMES, STANDARD, DemoCall

BUSY_NUMBER = "8100"
"""The extension that calls are transferred to, and that is always busy."""
PASSWORD = "demo-only"  # noqa: S105 - accounts of a service that listens on loopback
HTTP_PORT = 8080
PATIENCE = 15.0
"""Seconds that a desk lets a phone ring beyond what the script says."""
CONFIG = """# Written by `callcenter demo`.
site = "demo"

[sip]
listen = "127.0.0.1:{sip}"
rtp_ports = [{rtp}, {rtp_end}]

[http]
listen = "127.0.0.1:{http}"

[mqtt]
embedded = "127.0.0.1:{mqtt}"

[[extension]]
number = "{busy}"
name = "工程部"
password = "{password}"
"""
HOTLINE = "8899"
HOTLINE_AGENT = "8091"
HOTLINE_CALLERS = ("10000000091", "10000000092", "10000000093")
"""Numbers that nobody has, as those of the calls."""
HOTLINE_FLOW = """# Written by `callcenter demo`: who finds the agent busy waits, or presses 1 for a callback.
[start]
open = "queue"

[hold]
warn_agent = 20
warn_supervisor = 30

[group.hotline]
order = "in_turn"
agents = ["8091"]
ring_timeout = 15
missed = "keep"

[step.queue]
do = "queue"
group = "hotline"
offer = "queue-offer"
offer_after = 60
keys = {"1" = "callback"}
overflow = "bye"
nobody = "bye"

[step.callback]
do = "callback"
keep_place = false
next = "bye"

[step.bye]
do = "hangup"
"""
HOTLINE_CONFIG = """
[[desk]]
id = "hotline"
number = "{number}"
name = "万科物业"
flow = "hotline.toml"

[[extension]]
number = "{agent}"
name = "热线坐席"
password = "{password}"
outside = true
"""
LINE = """
[[trunk]]
id = "line-{id}"
mode = "account"
username = "{caller}"
password = "{password}"
number = "{desk_number}"
outgoing = {outgoing}
"""
"""A caller's line. Calls out go over that of who is to be called back: it leads to them."""
CALL = """
[[desk]]
id = "{desk}"
number = "{desk_number}"
name = "{name}"
standard = "{standard}"
agents = ["{agent}"]
ring_timeout = {ring_timeout}

[[extension]]
number = "{agent}"
name = "坐席{number}"
password = "{password}"

"""


class ServiceError(Exception):
    """The service does not run, or does not answer; the message says where its log is."""


@dataclass(frozen=True)
class Ports:
    sip: int
    http: int
    mqtt: int
    rtp: int

    @classmethod
    def free(cls) -> Ports:
        """Ports that nobody uses now; HTTP is 8080 if that is free."""
        http = HTTP_PORT if _can_bind(HTTP_PORT) else _free_port(socket.SOCK_STREAM)
        rtp = random.randrange(14000, 22000, 400)
        return cls(_free_port(socket.SOCK_DGRAM), http, _free_port(socket.SOCK_STREAM), rtp)

    @property
    def server(self) -> str:
        return f"127.0.0.1:{self.sip}"

    @property
    def page(self) -> str:
        return f"http://127.0.0.1:{self.http}/"


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def config_text(calls: list[DemoCall], ports: Ports) -> str:
    """`callcenter.toml` of the demo: for each call a desk with one agent, and an account for its caller; and
    the hotline."""
    text = CONFIG.format(
        sip=ports.sip,
        http=ports.http,
        mqtt=ports.mqtt,
        rtp=ports.rtp,
        rtp_end=ports.rtp + 399,
        busy=BUSY_NUMBER,
        password=PASSWORD,
    )
    return text + "".join(_call_text(call) for call in calls) + _hotline_text()


def _hotline_text() -> str:
    lines = [_line_text(f"hotline-{index}", caller, HOTLINE) for index, caller in enumerate(HOTLINE_CALLERS)]
    return HOTLINE_CONFIG.format(number=HOTLINE, agent=HOTLINE_AGENT, password=PASSWORD) + "".join(lines)


def _line_text(id: str, caller: str, desk_number: str) -> str:
    outgoing = "true" if caller == HOTLINE_CALLERS[-1] else "false"
    return LINE.format(id=id, caller=caller, password=PASSWORD, desk_number=desk_number, outgoing=outgoing)


def _call_text(call: DemoCall) -> str:
    return _line_text(str(call.number), call.caller_number, call.desk_number) + CALL.format(
        desk=call.desk,
        desk_number=call.desk_number,
        name=NAMES.get(call.standard, NAMES[STANDARD]),
        standard=call.standard,
        agent=call.agent_number,
        ring_timeout=call.ring_seconds + PATIENCE,
        number=call.number,
        password=PASSWORD,
    )


class Service:
    """`callcenter up` in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, ports: Ports, log: Path) -> None:
        self.process, self.ports, self.log = process, ports, log
        self.http = httpx.AsyncClient(base_url=ports.page, timeout=15, trust_env=False)

    @classmethod
    async def start(cls, calls: list[DemoCall], data: Path) -> Service:
        """Starts the service on free ports of loopback. Its log is `service.log` in the data folder."""
        ports = Ports.free()
        config, log = data / "callcenter.toml", data / "service.log"
        config.write_text(config_text(calls, ports), "utf-8")
        (data / "hotline.toml").write_text(HOTLINE_FLOW, "utf-8")
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "callcenter", "up", "--data", str(data), "--config", str(config)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for the demo, which then ends the service in order
            )
        return cls(process, ports, log)

    async def ready(self, within: float) -> None:
        """Waits until /healthz says that all is well. Raises ServiceError."""
        deadline, health = time.monotonic() + within, "no answer"
        while time.monotonic() < deadline:
            if self.process.returncode is not None:
                raise ServiceError(f"the service ended with {self.process.returncode}:\n{self.last_words()}")
            try:
                response = await self.http.get("healthz")
                if response.status_code == 200:
                    return
                health = response.text
            except httpx.TransportError as error:
                health = str(error) or type(error).__name__
            await asyncio.sleep(0.1)
        raise ServiceError(f"the service is not ready after {within:.0f} s ({health}); its log is {self.log}")

    def last_words(self) -> str:
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return "\n".join(lines[-8:]) + f"\n(the whole log is {self.log})"

    async def find_call(self, caller: str, since: datetime) -> dict[str, Any] | None:
        """The newest call of a caller that began at `since` or later."""
        page = await self._get("api/v1/calls", q=caller, size=50)
        for item in page["items"]:
            if item["caller"] == caller and datetime.fromisoformat(item["started_at"]) >= since:
                return await self.call(item["id"])
        return None

    async def call(self, id: str) -> dict[str, Any]:
        return await self._get(f"api/v1/calls/{id}")

    async def transfer(self, id: str, target: str) -> None:
        """Raises ServiceError where the service refuses."""
        await self._answer(self.http.post(f"api/v1/calls/{id}/transfer", json={"target": target}))

    async def do(self, id: str, name: str, by: str) -> None:
        """One of the agent's commands about a call that goes on. Raises ServiceError."""
        await self._answer(self.http.post(f"api/v1/calls/{id}/do/{name}", json={"by": by}))

    async def hang_up(self, id: str) -> None:
        await self._answer(self.http.post(f"api/v1/calls/{id}/hangup"))

    async def callback(self, number: str, state: str = "open") -> dict[str, Any] | None:
        """The callback of a number that is in this state."""
        page = await self._get("api/v1/callbacks", state=state)
        return next((each for each in page["items"] if each["number"] == number), None)

    async def call_back(self, id: int, by: str) -> dict[str, Any]:
        """Calls back: the agent's phone first. Returns the switchboard's answer."""
        done = await self._answer(self.http.post(f"api/v1/callbacks/{id}/call", json={"by": by}))
        result: dict[str, Any] = done["result"]
        return result

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """The events of calls as the pages get them."""
        async with self.http.stream("GET", "api/v1/stream", timeout=None) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    yield json.loads(line.removeprefix("data: "))

    async def _get(self, path: str, **query: str | int) -> dict[str, Any]:
        return await self._answer(self.http.get(path, params=query))

    async def _answer(self, request: Any) -> dict[str, Any]:
        try:
            response: httpx.Response = await request
            response.raise_for_status()
        except httpx.HTTPStatusError as error:
            told = error.response.text[:300]
            raise ServiceError(
                f"{error.request.method} {error.request.url.path}: {error.response.status_code} {told}"
            ) from None
        except httpx.TransportError as error:
            raise ServiceError(f"the service does not answer ({error!r}); its log is {self.log}") from None
        value: dict[str, Any] = response.json()
        return value

    async def stop(self, grace: float = 15.0) -> None:
        """Ends the service as an operator would (SIGTERM), and insists after `grace` seconds."""
        await self.http.aclose()
        if self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), grace)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    self.process.kill()
                await self.process.wait()
