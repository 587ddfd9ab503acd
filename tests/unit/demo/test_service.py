"""The configuration of the demo's service."""

from __future__ import annotations

from pathlib import Path

from callcenter.demo.script import five_calls
from callcenter.demo.service import BUSY_NUMBER, Ports, config_text
from callcenter.settings import load_settings


def test_the_service_takes_the_configuration(tmp_path: Path) -> None:
    ports = Ports(sip=5070, http=8081, mqtt=1884, rtp=14000)
    file = tmp_path / "callcenter.toml"
    file.write_text(config_text(five_calls(), ports), "utf-8")
    settings = load_settings(file)
    assert settings.sip.listen == ports.server
    assert settings.sip.rtp_ports == (14000, 14399)
    assert len(settings.desks) == len(settings.trunks) == 5
    assert {desk.agents for desk in settings.desks} == {(f"800{n}",) for n in range(1, 6)}
    assert BUSY_NUMBER in {extension.number for extension in settings.extensions}


def test_no_desk_gives_up_before_its_agent_answers(tmp_path: Path) -> None:
    file = tmp_path / "callcenter.toml"
    calls = five_calls()
    file.write_text(config_text(calls, Ports(5070, 8081, 1884, 14000)), "utf-8")
    for desk, call in zip(load_settings(file).desks, calls, strict=True):
        assert desk.ring_timeout > call.ring_seconds + 5


def test_free_ports_differ() -> None:
    ports = Ports.free()
    assert len({ports.sip, ports.http, ports.mqtt}) == 3
    assert ports.page == f"http://127.0.0.1:{ports.http}/"
