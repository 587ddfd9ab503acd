"""A whole service for tests: `callcenter up` with many small desks, its API, its database, its roles' pids.

Every test takes a desk of its own (`take_desk`), so that tests share one service without meeting.
"""

from __future__ import annotations

import itertools
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.interop.peers import stop
from tests.speech import speech_model
from tests.support import free_port, scaled, wait_for

PASSWORD = "test-only-secret"
DESKS = 40

_CONFIG = """
site = "test"
[sip]
listen = "127.0.0.1:{sip}"
rtp_ports = [{rtp}, {rtp_end}]
[http]
listen = "127.0.0.1:{http}"
[mqtt]
embedded = "127.0.0.1:{mqtt}"
[[trunk]]
id = "city"
username = "city"
password = "{password}"
"""
_DESK = """
[[desk]]
id = "desk-{n}"
number = "9{n:03}"
name = "万科物业"
agents = ["1{n:03}", "2{n:03}"]
ring_timeout = 3
"""
_EXTENSION = """
[[extension]]
number = "{number}"
password = "{password}"
"""


@dataclass(frozen=True)
class TestDesk:
    """A desk's number and its two agents, in the order in which they are rung; `other` is on no desk."""

    __test__ = False
    id: str
    number: str
    first: str
    second: str
    other: str


def _desk(n: int) -> TestDesk:
    return TestDesk(f"desk-{n}", f"9{n:03}", f"1{n:03}", f"2{n:03}", f"3{n:03}")


@dataclass
class RunningService:
    """`process` is the supervisor; the roles are its children."""

    folder: Path
    config: Path
    sip: tuple[str, int]
    mqtt: tuple[str, int]
    http: httpx.Client
    process: subprocess.Popen[bytes]
    _desks: Iterator[int] = field(default_factory=itertools.count)

    def take_desk(self) -> TestDesk:
        n = next(self._desks)
        assert n < DESKS, "more tests than desks: raise DESKS"
        return _desk(n)

    @property
    def log(self) -> str:
        return (self.folder / "service.log").read_text("utf-8", "replace")

    def get(self, path: str, **query: str | int) -> Any:
        response = self.http.get(f"/api/v1/{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def calls(self, desk: TestDesk) -> list[dict[str, Any]]:
        """The desk's calls, oldest first."""
        items: list[dict[str, Any]] = self.get("calls", desk=desk.id, size=100)["items"]
        return items[::-1]

    def ended_call(self, desk: TestDesk, count: int = 1, timeout: float = 20) -> dict[str, Any]:
        """The desk's newest call, once `count` of them have ended."""

        def look() -> dict[str, Any] | None:
            calls = self.calls(desk)
            ended = [call for call in calls if call["outcome"] is not None]
            return calls[-1] if len(ended) == count == len(calls) else None

        return wait_for(look, timeout, message=f"no {count} ended calls at {desk}: {self.log[-3000:]}")

    def judged_call(self, desk: TestDesk, timeout: float = 90) -> dict[str, Any]:
        """The desk's newest call, once it has findings."""

        def look() -> dict[str, Any] | None:
            calls = self.calls(desk)
            return calls[-1] if calls and calls[-1]["findings"] else None

        return wait_for(look, timeout, message=f"no judged call at {desk}: {self.log[-3000:]}")

    def role(self, name: str) -> psutil.Process:
        """The process that runs a role now."""

        def look() -> psutil.Process | None:
            for child in psutil.Process(self.process.pid).children():
                try:
                    if child.cmdline()[3:4] == [name]:
                        return child
                except (psutil.NoSuchProcess, psutil.ZombieProcess):
                    continue
            return None

        return wait_for(look, 20, message=f"role {name} does not run")

    def kill(self, name: str) -> None:
        """kill -9 of a role; returns when another one has been started in its place."""
        victim = self.role(name)
        victim.send_signal(signal.SIGKILL)
        wait_for(lambda: self.role(name).pid != victim.pid, 20, message=f"{name} was not started again")

    def healthy(self, timeout: float = 60) -> None:
        def look() -> bool:
            assert self.process.poll() is None, f"the service ended: {self.log[-3000:]}"
            try:
                return self.http.get("/healthz").status_code == 200
            except httpx.TransportError:
                return False

        wait_for(look, timeout, message=f"the service is not healthy: {self.log[-3000:]}")


@contextmanager
def running_service(
    folder: Path, extra: str = "", environment: dict[str, str] | None = None
) -> Iterator[RunningService]:
    """A service in `folder`, healthy; `extra` is appended to its configuration."""
    speech_model()
    folder.mkdir(parents=True, exist_ok=True)
    sip, http, mqtt = free_port(), free_port(), free_port()
    rtp = random.randrange(12000, 30000, 400)
    config = folder / "callcenter.toml"
    desks = [_desk(n) for n in range(DESKS)]
    numbers = [number for desk in desks for number in (desk.first, desk.second, desk.other)]
    config.write_text(
        _CONFIG.format(sip=sip, http=http, mqtt=mqtt, rtp=rtp, rtp_end=rtp + 399, password=PASSWORD)
        + "".join(_DESK.format(n=n) for n in range(DESKS))
        + "".join(_EXTENSION.format(number=number, password=PASSWORD) for number in numbers)
        + extra,
        "utf-8",
    )
    command = [
        sys.executable,
        "-m",
        "callcenter",
        "up",
        "--config",
        str(config),
        "--data",
        str(folder / "data"),
    ]
    with (folder / "service.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    client = httpx.Client(base_url=f"http://127.0.0.1:{http}", timeout=scaled(10), trust_env=False)
    service = RunningService(folder, config, ("127.0.0.1", sip), ("127.0.0.1", mqtt), client, process)
    try:
        service.healthy()
        yield service
    finally:
        client.close()
        stop(process, 20)
