"""The command line: what each command says, and what it says when it cannot."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from callcenter import __version__, app, cli, console, supervisor
from callcenter.settings import Settings
from tests.speech import dialogue, facts, speech_model, wav
from tests.support import free_port

ROLES = ("switchboard", "scribe", "web", "broker")
GOOD = "repair-good"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In an empty folder, and with the root logger as it was afterwards."""
    monkeypatch.chdir(tmp_path)
    converter = logging.Formatter.converter
    yield
    logging.Formatter.converter = converter


def call(*words: object) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words], terminal_width=500)


def refused(result: Result) -> str:
    """The clear error of a command that could not: status 2, one line, no traceback."""
    assert result.exit_code == console.USAGE, result.output
    assert "Traceback" not in result.output
    return result.output.replace("\n", "")


def test_help_names_every_command() -> None:
    shown = call("--help").output
    for name in ("up", "switchboard", "scribe", "web", "demo", "calls", "judge", "doctor", "model"):
        assert name in shown


def test_the_version() -> None:
    assert call("--version").output == f"sanxiang {__version__}\n"


@pytest.mark.parametrize("command", ["up", *ROLES, "calls"])
def test_a_missing_configuration_file(command: str) -> None:
    assert "cannot read none.toml" in refused(call(command, "--config", "none.toml"))


@pytest.mark.parametrize("command", ["up", *ROLES, "calls"])
def test_a_bad_configuration_file_of_this_folder(command: str) -> None:
    Path("callcenter.toml").write_text("[sip]\nlisten = 5\n")
    assert "callcenter.toml: sip.listen" in refused(call(command))


@pytest.mark.parametrize("command", ["up", *ROLES])
@pytest.mark.parametrize(("flag", "value"), [("--sip", "5060"), ("--http", "nowhere")])
def test_a_bad_address(command: str, flag: str, value: str) -> None:
    assert "is not HOST:PORT" in refused(call(command, flag, value))


def test_up_refuses_pages_for_everybody() -> None:
    assert "no log-in yet" in refused(call("up", "--http", "0.0.0.0:8080"))


def test_up_without_a_speech_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_MODELS", str(tmp_path))
    assert "callcenter model install" in refused(call("up"))


@pytest.mark.parametrize("command", ["switchboard", "scribe", "web"])
def test_a_database_that_is_none(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_DATABASE__URL", "nonsense://x")
    assert "callcenter:" in refused(call(command))


@pytest.mark.parametrize("command", ["switchboard", "scribe", "web"])
def test_a_broker_address_that_is_none(command: str) -> None:
    assert "mqtt.url must begin with mqtt://" in refused(call(command, "--mqtt", "http://broker"))


def test_the_command_line_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("callcenter.toml").write_text('site = "here"\n[sip]\nlisten = "0.0.0.0:5060"\nrealm = "r"\n')
    seen: list[Settings] = []
    monkeypatch.setattr(app, "run_switchboard", seen.append)
    words = ["--data", "d", "--sip", "127.0.0.1:5070", "--http", "127.0.0.1:1", "--mqtt", "mqtt://h"]
    assert call("switchboard", *words).exit_code == 0
    settings = seen[0]
    assert (settings.site, settings.sip.realm, settings.sip.listen) == ("here", "r", "127.0.0.1:5070")
    assert (settings.data, settings.http.listen, settings.mqtt.url) == (Path("d"), "127.0.0.1:1", "mqtt://h")


class FakeSupervisor:
    """Notes what it is given, and ends with 7."""

    given: tuple[Any, ...] = ()

    def __init__(self, *given: Any) -> None:
        type(self).given = given

    async def run(self) -> int:
        return 7


@pytest.fixture
def supervised(monkeypatch: pytest.MonkeyPatch) -> type[FakeSupervisor]:
    speech_model()
    monkeypatch.setattr(supervisor, "Supervisor", FakeSupervisor)
    return FakeSupervisor


def test_up_starts_every_role_with_its_flags(supervised: type[FakeSupervisor]) -> None:
    words = ("--data", "d", "--sip", "127.0.0.1:5070", "--http", "127.0.0.1:0", "--verbose")
    assert call("up", *words).exit_code == 7
    roles, flags, environment = supervised.given
    assert roles == ["broker", "switchboard", "scribe", "web"]
    assert flags == list(words)
    assert environment == {"CALLCENTER_MQTT__URL": "mqtt://127.0.0.1:1883"}


def test_a_broker_of_ones_own_is_not_embedded(supervised: type[FakeSupervisor]) -> None:
    url = "mqtt://user:hidden@127.0.0.1:1884"
    assert call("up", "--data", "d", "--mqtt", url).exit_code == 7
    roles, flags, environment = supervised.given
    assert roles == ["switchboard", "scribe", "web"]
    assert environment == {"CALLCENTER_MQTT__URL": url}
    assert not any("hidden" in flag for flag in flags)  # a command line is seen by everybody


def test_calls_of_an_empty_database() -> None:
    assert json.loads(call("calls", "--data", "d", "--json").output) == []
    assert "主叫" in call("calls", "--data", "d").output


def test_judge_tells_its_findings_as_json(tmp_path: Path) -> None:
    speech_model()
    told = tmp_path / "facts.json"
    told.write_text(json.dumps(facts(dialogue(GOOD))), "utf-8")
    sides = ("--agent", wav(GOOD, "agent"), "--caller", wav(GOOD, "caller"))
    result = call("judge", "--standard", "vanke", *sides, "--facts", told, "--json")
    assert result.exit_code == 0, result.output
    findings = json.loads(result.stdout)["findings"]
    keys = {"rule", "verdict", "clause", "start", "end", "heard", "why"}
    assert {finding["rule"]: finding["verdict"] for finding in findings}["opening"] == "pass"
    assert all(keys <= set(finding) for finding in findings)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--standard", "none"), "none"),
        (("--facts", "none.json"), "none.json: cannot be read"),
        (("--agent", "none.wav"), "none.wav"),
        (("--name", "ABC"), "must hold Chinese"),
    ],
)
def test_judge_says_what_is_wrong(more: tuple[str, str], told: str) -> None:
    speech_model()
    words = {"--agent": wav(GOOD, "agent"), "--caller": wav(GOOD, "caller"), more[0]: more[1]}
    assert told in refused(call("judge", *(word for pair in words.items() for word in pair)))


def test_judge_says_what_is_wrong_with_the_facts(tmp_path: Path) -> None:
    speech_model()
    bad = tmp_path / "facts.json"
    bad.write_text('{"rings": "two"}')
    words = ("--agent", wav(GOOD, "agent"), "--caller", wav(GOOD, "caller"), "--facts", bad)
    assert "facts.json" in refused(call("judge", *words))


def test_a_model_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_MODELS", str(tmp_path / "models"))
    (tmp_path / "wrong.zip").write_bytes(b"PK")
    assert "SHA-256" in refused(call("model", "install", "--from", tmp_path / "wrong.zip"))
    assert "no such file" in refused(call("model", "install", "--from", tmp_path / "none.zip"))


def test_a_model_of_ones_own_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = speech_model()
    monkeypatch.setenv("CALLCENTER_MODELS", str(tmp_path / "models"))
    assert str(tmp_path / "models") in call("model", "install", "--from", source).output.replace("\n", "")


def test_doctor_tells_by_its_status(tmp_path: Path) -> None:
    Path("callcenter.toml").write_text("site = 3\n")
    result = call("doctor")
    assert result.exit_code == 1
    assert "callcenter.toml" in result.output


def test_a_taken_port_is_a_clear_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        broker = f"mqtt://127.0.0.1:{free_port()}"
        told = refused(call("web", "--data", tmp_path, "--http", address, "--mqtt", broker))
    assert "cannot listen on http.listen" in told


FLOW = '[start]\nopen = "ring"\n[group.all]\nagents = ["8001"]\n[step.ring]\ndo = "ring"\ngroup = "all"\n'
SITE = """
[[desk]]
id = "front"
number = "8000"
name = "前台"
flow = "flows/front.toml"
[[extension]]
number = "8001"
password = "correct-horse"
"""


def site(flow: str) -> None:
    """A configuration in this folder, with its desk's flow in `flows/`."""
    Path("flows").mkdir()
    Path("flows/front.toml").write_text(flow, "utf-8")
    Path("callcenter.toml").write_text(SITE, "utf-8")


def test_a_good_flow() -> None:
    site(FLOW)
    told = call("flow", "check", "flows/front.toml")
    assert told.exit_code == 0
    assert "the flow is good: flows/front.toml" in told.output
    assert "营业 open → ring" in call("flow", "show", "flows/front.toml").output


def test_a_flow_with_a_mistake() -> None:
    site(FLOW.replace("8001", "8009"))
    told = refused(call("flow", "check", "flows/front.toml"))
    assert "flows/front.toml: group.all.agents: 8009 is no [[extension]]" in told
    assert call("flow", "show", "flows/front.toml").exit_code == 0  # nothing is wrong with it in itself
    assert "none.toml: file: cannot be read" in refused(call("flow", "show", "none.toml"))


@pytest.mark.parametrize("command", ["up", "switchboard"])
def test_a_start_with_a_mistake_in_a_flow(command: str, tmp_path: Path) -> None:
    speech_model()
    site(FLOW.replace('open = "ring"', 'open = "gone"'))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    told = refused(call(command, "--config", tmp_path / "callcenter.toml", "--data", elsewhere))
    assert "flows/front.toml: start.open: there is no [step.gone]; there are: ring" in told
