"""The commands of docker/compose.yaml, with its broker's configuration and its secrets, without containers.

Each role is started with the image's entry point and the compose file's command and environment; then the
compose file's own health checks are asked until they are content. Only addresses and folders differ.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers import ServerProcess, postgresql
from tests.support import free_port, scaled, wait_for

DOCKER = Path(__file__).parent.parent.parent / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
ROLES = ("switchboard", "scribe", "web")


@dataclass(frozen=True)
class Host:
    """What the containers would share: a folder, and the environment with the addresses of this test."""

    folder: Path
    environment: dict[str, str]

    def run(self, command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        program = {"callcenter": [sys.executable, "-m", "callcenter"], "python": [sys.executable]}
        words = [*program[command[0]], *command[1:]]
        return subprocess.Popen(words, cwd=self.folder, env=self.environment, **more)


def local(text: str, folder: Path) -> str:
    """A path of the containers as one below `folder`."""
    return text.replace("/run/secrets/", f"{folder}/secrets/").replace(
        "/mosquitto/data/", f"{folder}/broker/"
    )


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    subprocess.run([sys.executable, DOCKER / "make_secrets.py", tmp_path / "secrets"], check=True)
    (tmp_path / "broker").mkdir()
    port, config = free_port(), tmp_path / "mosquitto.conf"
    text = local((DOCKER / "mosquitto.conf").read_text("utf-8"), tmp_path)
    config.write_text(text.replace("listener 1883", f"listener {port} 127.0.0.1\nuser root"))
    binary = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    assert binary is not None, "no Mosquitto here: apt install mosquitto"
    server = ServerProcess([binary, "-c", str(config)], port, tmp_path / "mosquitto.log")
    server.start()
    try:
        yield port
    finally:
        server.stop()


@pytest.fixture
def host(tmp_path: Path, broker: int) -> Iterator[Host]:
    mqtt = tmp_path / "secrets" / "mqtt_url"
    mqtt.chmod(0o600)
    mqtt.write_text(mqtt.read_text().replace(":1883", f":{broker}"))
    (tmp_path / "callcenter.toml").write_text(
        local((DOCKER / "callcenter.toml").read_text("utf-8"), tmp_path)
    )
    with postgresql() as url:
        database = tmp_path / "secrets" / "database_url"
        database.chmod(0o600)
        database.write_text(url.replace("postgresql:", "postgresql+psycopg:"))
        service = COMPOSE["services"]["web"]["environment"]
        own = {
            "CALLCENTER_DATA": str(tmp_path / "data"),
            "CALLCENTER_SIP__LISTEN": f"127.0.0.1:{free_port()}",
            "CALLCENTER_HTTP__LISTEN": f"127.0.0.1:{free_port()}",
        }
        asked = {key: local(value, tmp_path) for key, value in service.items()}
        yield Host(tmp_path, {**os.environ, **asked, **own})


def healthy(host: Host, role: str) -> bool:
    check: list[str] = COMPOSE["services"][role]["healthcheck"]["test"]
    assert check[0] == "CMD"
    return host.run(check[1:], stdout=subprocess.DEVNULL).wait(scaled(30)) == 0


def test_the_roles_work_as_the_compose_file_starts_them(host: Host) -> None:
    with (host.folder / "roles.log").open("wb") as log:
        roles = [
            host.run(["callcenter", *COMPOSE["services"][role]["command"]], stderr=log) for role in ROLES
        ]
    try:
        for role in ROLES:
            wait_for(partial(healthy, host, role), 60, message=f"{role} does not become healthy")
        assert [process.poll() for process in roles] == [None, None, None]
    finally:
        for process in roles:
            process.send_signal(signal.SIGTERM)
        ended = [process.wait(scaled(20)) for process in roles]
    assert ended == [0, 0, 0], (host.folder / "roles.log").read_text()
