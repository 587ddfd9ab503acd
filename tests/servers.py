"""Real servers for the tests, each in a process of its own on a free loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support import free_port, wait_for

POSTGRESQL_FOLDERS = ("/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt")
EMBEDDED = """
import asyncio, sys
from callcenter.events.broker import run
asyncio.run(run("127.0.0.1", int(sys.argv[1])))
"""


class ServerProcess:
    """A server that can be killed with SIGKILL and started again on its port."""

    def __init__(self, command: Sequence[str], port: int, log: Path, user: str | None = None) -> None:
        self.port = port
        self._command, self._log, self._user = list(command), log, user
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when the port answers; raises RuntimeError with its words where it ends."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, **as_user(self._user))
        wait_for(self._answers, 20, message=f"{self._command[0]} does not answer on port {self.port}")

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGINT)

    def words(self) -> str:
        """What the server wrote."""
        return self._log.read_text("utf-8", "replace")

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(20)
            self._process = None

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._command[0]} ended: {self.words()[-2000:]}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def as_user(user: str | None) -> dict[str, Any]:
    """Popen's arguments to become `user` where we are root; a server that refuses root needs it."""
    if user is None or os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextmanager
def postgresql() -> Iterator[str]:
    """A new PostgreSQL server; yields the address of its (empty) database `postgres`."""
    binaries = postgresql_binaries()
    folder = Path(tempfile.mkdtemp(prefix="sanxiang-pg-"))
    data = folder / "data"
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        initdb = [
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run([*initdb, "--locale=C"], check=True, capture_output=True, **as_user("postgres"))
        port = free_port()
        options = (
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "fsync=off",
            "max_connections=60",
        )
        command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port)]
        command += [word for option in options for word in ("-c", option)]
        server = ServerProcess(command, port, folder / "log", "postgres")
        server.start()
        # It listens before it takes connections.
        ready = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        wait_for(lambda: subprocess.run(ready, check=False).returncode == 0, 20)
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def postgresql_binaries() -> Path:
    """Debian keeps them out of the PATH."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    for folder in POSTGRESQL_FOLDERS:
        for initdb in sorted(Path(folder).glob("*/bin/initdb"), reverse=True):
            return initdb.parent
    raise RuntimeError("no PostgreSQL server here: apt install postgresql")


def mosquitto(folder: Path, *, user: str | None = None, password: str | None = None) -> ServerProcess:
    """A Mosquitto in memory, with one user where `user` is given; not started yet."""
    binary = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    if binary is None:
        raise RuntimeError("no Mosquitto here: apt install mosquitto")
    port = free_port()
    lines = [f"listener {port} 127.0.0.1", "persistence false", "user root", "max_queued_messages 0"]
    if user is None:
        lines.append("allow_anonymous true")
    else:
        passwords = folder / "mosquitto.passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, user, password or ""], check=True)
        lines += ["allow_anonymous false", f"password_file {passwords}"]
    config = folder / "mosquitto.conf"
    config.write_text("\n".join(lines) + "\n")
    return ServerProcess([binary, "-c", str(config)], port, folder / "mosquitto.log")


def embedded_broker(folder: Path) -> ServerProcess:
    """Our embedded broker (amqtt) in a process of its own; not started yet."""
    port = free_port()
    return ServerProcess([sys.executable, "-c", EMBEDDED, str(port)], port, folder / "broker.log")
