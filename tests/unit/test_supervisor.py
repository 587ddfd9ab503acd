"""The supervisor starts roles again, gives up where that would not help, and leaves nobody behind.

Each supervisor is a process of its own, and its roles are one small program that does what a test wants of a
role by that name.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from callcenter import supervisor
from callcenter.supervisor import embedded_broker, put_behind
from tests.support import scaled, wait_for

ROLE = """
import os, pathlib, signal, sys, time
role, *flags = sys.argv[1:]
folder = pathlib.Path(os.environ["FOLDER"])
def end(*_):
    (folder / f"{role}.ended").touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
if role == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
with (folder / f"{role}.lives").open("a") as lives:
    lives.write(f"{os.getpid()} {os.environ['CALLCENTER_SUPERVISED']} {os.environ['GIVEN']} {flags}\\n")
if role == "misconfigured":
    while not (folder / "steady.lives").exists():
        time.sleep(0.02)
    sys.exit(2)
if role == "orphan":
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.02)
    end()
while True:
    time.sleep(0.02)
"""
SUPERVISE = """
import asyncio, logging, sys
from callcenter import supervisor
supervisor.GRACE = float(sys.argv[1])
logging.basicConfig(level=logging.INFO)
command = (sys.executable, sys.argv[2])
made = supervisor.Supervisor(sys.argv[3:], ["--flag", "value"], {"GIVEN": "yes"})
for child in made._children:
    child.command = (*command, *child.command[3:])
sys.exit(asyncio.run(made.run()))
"""

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a supervisor of the roles named; whatever still lives at the end is killed."""
    (tmp_path / "role.py").write_text(ROLE)
    started: list[subprocess.Popen[bytes]] = []

    def run(*roles: str, grace: float = 30.0) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", SUPERVISE, str(grace), str(tmp_path / "role.py"), *roles]
        environment = {**os.environ, "FOLDER": str(tmp_path)}
        with (tmp_path / "log").open("wb") as log:
            started.append(subprocess.Popen(command, env=environment, stderr=log))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()
    for file in tmp_path.glob("*.lives"):
        for life in file.read_text().splitlines():
            kill(int(life.split()[0]))


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def lives(folder: Path, role: str) -> list[int]:
    """The process ids of the role's lives so far."""
    file = folder / f"{role}.lives"
    return [int(line.split()[0]) for line in file.read_text().splitlines()] if file.exists() else []


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_role_is_started_with_its_flags_and_environment(start: Start, tmp_path: Path) -> None:
    start("one")
    wait_for(lambda: lives(tmp_path, "one"))
    assert (tmp_path / "one.lives").read_text().split(maxsplit=1)[1] == "1 yes ['--flag', 'value']\n"


def test_a_role_that_dies_is_started_again_and_takes_no_other_with_it(start: Start, tmp_path: Path) -> None:
    process = start("one", "other")
    wait_for(lambda: lives(tmp_path, "one") and lives(tmp_path, "other"))
    os.kill(lives(tmp_path, "one")[0], signal.SIGKILL)
    wait_for(lambda: len(lives(tmp_path, "one")) == 2, message="not started again")
    assert len(lives(tmp_path, "other")) == 1
    assert process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_every_role_in_order(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    process = start("one", "other")
    wait_for(lambda: lives(tmp_path, "one") and lives(tmp_path, "other"))
    process.send_signal(number)
    assert process.wait(scaled(20)) == 0
    assert (tmp_path / "one.ended").exists()
    assert (tmp_path / "other.ended").exists()


def test_a_role_that_cannot_work_as_configured_ends_all(start: Start, tmp_path: Path) -> None:
    process = start("steady", "misconfigured")
    assert process.wait(scaled(20)) == 2
    assert (tmp_path / "steady.ended").exists()
    assert len(lives(tmp_path, "misconfigured")) == 1
    assert "role misconfigured role=misconfigured" in (tmp_path / "log").read_text()


def test_a_role_that_does_not_end_is_killed(start: Start, tmp_path: Path) -> None:
    process = start("stubborn", grace=0.3)
    wait_for(lambda: lives(tmp_path, "stubborn"))
    process.terminate()
    assert process.wait(scaled(20)) == 0
    assert gone(lives(tmp_path, "stubborn")[0])


def test_a_killed_supervisor_leaves_nobody_behind(start: Start, tmp_path: Path) -> None:
    process = start("orphan")
    wait_for(lambda: lives(tmp_path, "orphan"))
    process.kill()
    wait_for(lambda: (tmp_path / "orphan.ended").exists(), message="the role lives on")


def test_waits_grow_from_death_to_death() -> None:
    assert list(supervisor.BACKOFF) == sorted(supervisor.BACKOFF)
    assert supervisor.BACKOFF[0] < 1


@pytest.mark.parametrize("listen", ["127.0.0.1:1883", "[::1]:1883"])
def test_the_brokers_port_stays_as_it_was_given(listen: str) -> None:
    assert embedded_broker(listen) == listen


def test_a_free_port_is_chosen_once() -> None:
    host, _, port = embedded_broker("127.0.0.1:0").rpartition(":")
    assert host == "127.0.0.1"
    with socket.create_server((host, int(port))):
        assert int(port) > 0


def test_a_session_is_put_behind_the_others(caplog: pytest.LogCaptureFixture) -> None:
    sleeper = subprocess.Popen(["sleep", "60"], start_new_session=True)
    group = Path(f"/proc/{sleeper.pid}/autogroup")
    try:
        put_behind(sleeper.pid, 5)
        assert not group.exists() or group.read_text("ascii").endswith("nice 5\n")
    finally:
        sleeper.kill()
        sleeper.wait()
    put_behind(sleeper.pid, 5)  # it has died meanwhile
    assert not caplog.records
