"""The doctor finds what is wrong, says how to mend it, and changes nothing."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from rich.console import Console

from callcenter.doctor import Check, examine, report
from callcenter.store import migrate
from tests.speech import speech_model
from tests.support import free_port

DESK = """
[[desk]]
id = "front"
number = "8000"
name = "前台"
agents = ["8001"]

[[extension]]
number = "8001"
password = "{password}"
"""


def config(folder: Path, text: str = "", password: str = "correct-horse") -> Path:
    file = folder / "callcenter.toml"
    ports = f'[sip]\nlisten = "127.0.0.1:{free_port()}"\n'
    file.write_text(text or ports + DESK.format(password=password), "utf-8")
    return file


def found(checks: list[Check], what: str) -> Check:
    return next(check for check in checks if what in check.what)


def test_a_good_installation(tmp_path: Path) -> None:
    speech_model()
    checks = examine(config(tmp_path), tmp_path / "data")
    for what in ("configuration", "passwords", "data folder", "database", "speech model", "prompts", "SIP"):
        assert found(checks, what).good, found(checks, what)
    assert found(checks, "standard vanke").good
    assert not (tmp_path / "data").exists()  # it looked, and changed nothing


def test_every_fault_has_a_remedy(tmp_path: Path) -> None:
    for check in examine(config(tmp_path), tmp_path / "data"):
        assert check.mend or check.good


def test_a_bad_configuration_is_the_only_thing_told(tmp_path: Path) -> None:
    (check,) = examine(config(tmp_path, "site = 3\n"), None)
    assert not check.good
    assert "callcenter.toml: site" in check.found


def test_no_desk(tmp_path: Path) -> None:
    assert not found(examine(config(tmp_path, 'site = "main"\n'), tmp_path), "configuration").good


@pytest.mark.parametrize("password", ["short", "change-me-8001"])
def test_a_weak_password_is_named_by_its_account_and_not_shown(tmp_path: Path, password: str) -> None:
    check = found(examine(config(tmp_path, password=password), tmp_path), "passwords")
    assert (check.good, check.found) == (False, "8001")
    assert password not in f"{check.found} {check.mend}"


def test_a_taken_sip_port(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        text = f'[sip]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"\n'
        check = found(examine(config(tmp_path, text), tmp_path), "SIP")
    assert not check.good
    assert "in use" in check.found


def test_a_missing_speech_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_MODELS", str(tmp_path))
    check = found(examine(config(tmp_path), tmp_path), "speech model")
    assert (check.good, check.mend) == (False, "callcenter model install")


def test_a_standard_that_is_not_there(tmp_path: Path) -> None:
    text = DESK.format(password="correct-horse").replace('name = "前台"', 'name = "x"\nstandard = "none"')
    assert not found(examine(config(tmp_path, text), tmp_path), "standard none").good


def test_a_page_for_everybody(tmp_path: Path) -> None:
    checks = examine(config(tmp_path, f'[http]\nlisten = "0.0.0.0:{free_port()}"\n'), tmp_path)
    assert "no log-in yet" in found(checks, "page address").found


def test_a_broker_that_is_not_there(tmp_path: Path) -> None:
    text = f'[mqtt]\nurl = "mqtt://user:hidden@127.0.0.1:{free_port()}"\n'
    check = found(examine(config(tmp_path, text), tmp_path), "MQTT")
    assert not check.good
    assert "hidden" not in check.found


def test_a_broker_that_is_there_is_told_without_its_password(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        text = f'[mqtt]\nurl = "mqtt://user:hidden@127.0.0.1:{server.getsockname()[1]}"\n'
        check = found(examine(config(tmp_path, text), tmp_path), "MQTT")
    assert check.good
    assert "hidden" not in check.found


def test_a_database_is_told_with_its_revision(tmp_path: Path) -> None:
    migrate.upgrade(f"sqlite:///{tmp_path / 'callcenter.db'}")
    check = found(examine(config(tmp_path), tmp_path), "database")
    assert check.good
    assert migrate.head() in check.found


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://u:hidden@127.0.0.1:{free_port()}/d"
    check = found(examine(config(tmp_path, f'[database]\nurl = "{url}"\n'), tmp_path), "database")
    assert not check.good
    assert "hidden" not in check.found


def test_too_few_ports_for_a_call(tmp_path: Path) -> None:
    assert not found(examine(config(tmp_path, "[sip]\nrtp_ports = [20000, 20001]\n"), tmp_path), "RTP").good


def test_the_report_shows_a_remedy_only_where_one_is_needed() -> None:
    console = Console(record=True, width=120)
    console.print(report([Check("one", True, "fine", "nothing"), Check("two", False, "bad", "mend it")]))
    text = console.export_text()
    assert "mend it" in text
    assert "nothing" not in text
