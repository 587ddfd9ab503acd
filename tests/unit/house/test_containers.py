"""The compose file against the compose specification, and against the product."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose
from compose_spec.models import ComposeSpecification

from callcenter.cli import app
from callcenter.healthcheck import CHECKS
from callcenter.settings import load_settings

DOCKER = Path(__file__).parent.parent.parent.parent / "docker"
TEXT = (DOCKER / "compose.yaml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
DOCKERFILE = (DOCKER / "Dockerfile").read_text("utf-8")
ROLES = ("switchboard", "scribe", "web")


def test_it_is_a_compose_file() -> None:
    # Merged beforehand: the parser knows no YAML anchors.
    merged = yaml.safe_dump({key: value for key, value in COMPOSE.items() if not key.startswith("x-")})
    PyCompose.from_yaml(merged).validate()
    ComposeSpecification.model_validate(yaml.safe_load(merged))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_a_command_and_is_asked_by_its_own_check(role: str) -> None:
    service = COMPOSE["services"][role]
    assert service["command"] == [role]
    assert role in {command.name or command.callback.__name__ for command in app.registered_commands}  # type: ignore[union-attr]
    assert service["healthcheck"]["test"] == ["CMD", "python", "-m", "callcenter.healthcheck", role]
    assert role in CHECKS


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_no_more_rights_than_it_needs(role: str) -> None:
    service = COMPOSE["services"][role]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_nothing_is_open_to_the_network_but_sip_and_rtp() -> None:
    published = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_image_is_run_by_a_user_and_starts_the_product() -> None:
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER sanxiang$", last, re.MULTILINE)
    assert 'ENTRYPOINT ["callcenter"]' in last
    assert "HEALTHCHECK" in last


def test_every_secret_is_made_and_used(tmp_path: Path) -> None:
    for _ in range(2):  # again: what is there is kept
        subprocess.run(
            [sys.executable, DOCKER / "make_secrets.py", tmp_path], check=True, capture_output=True
        )
    made = {file.name for file in tmp_path.iterdir()}
    assert made == set(COMPOSE["secrets"])
    used = {name for service in COMPOSE["services"].values() for name in service.get("secrets", ())}
    assert used == made
    assert all(COMPOSE["secrets"][name]["file"] == f"./secrets/{name}" for name in made)
    password = (tmp_path / "postgres_password").read_text().strip()
    assert password in (tmp_path / "database_url").read_text()


def test_the_configuration_uses_the_secrets(tmp_path: Path) -> None:
    subprocess.run([sys.executable, DOCKER / "make_secrets.py", tmp_path], check=True, capture_output=True)
    file = tmp_path / "callcenter.toml"
    text = (DOCKER / "callcenter.toml").read_text("utf-8")
    file.write_text(text.replace("/run/secrets", str(tmp_path)), "utf-8")
    settings = load_settings(file)
    passwords = [extension.password for extension in settings.extensions]
    passwords += [trunk.password for trunk in settings.trunks]
    assert len({password.get_secret_value() for password in passwords}) == len(passwords) == 4


def test_the_image_is_made_of_a_wheel_with_the_built_pages() -> None:
    project = tomllib.loads((DOCKER.parent / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["artifacts"] == [
        "callcenter/web/static/dist/*"
    ]
    build = DOCKERFILE.partition("FROM ")[2]
    assert build.index("frontend/build.py") < build.index("COPY callcenter/") < build.index("pip wheel")
