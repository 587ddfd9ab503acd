"""The configuration of the demo's service."""

from __future__ import annotations

from pathlib import Path

from callcenter.demo.script import five_calls
from callcenter.demo.service import BUSY_NUMBER, HOTLINE_CALLERS, HOTLINE_FLOW, Ports, config_text
from callcenter.flows import check_flow, load_flow
from callcenter.settings import load_settings
from prompts.catalogue import load_catalogue


def test_the_service_takes_the_configuration(tmp_path: Path) -> None:
    ports = Ports(sip=5070, http=8081, mqtt=1884, rtp=14000)
    file = tmp_path / "callcenter.toml"
    file.write_text(config_text(five_calls(), ports), "utf-8")
    settings = load_settings(file)
    assert settings.sip.listen == ports.server
    assert settings.sip.rtp_ports == (14000, 14399)
    five = [desk for desk in settings.desks if desk.flow is None]
    assert len(five) == 5
    assert len(settings.trunks) == 5 + len(HOTLINE_CALLERS)
    assert {desk.agents for desk in five} == {(f"800{n}",) for n in range(1, 6)}
    assert BUSY_NUMBER in {extension.number for extension in settings.extensions}


def test_no_desk_gives_up_before_its_agent_answers(tmp_path: Path) -> None:
    file = tmp_path / "callcenter.toml"
    calls = five_calls()
    file.write_text(config_text(calls, Ports(5070, 8081, 1884, 14000)), "utf-8")
    five = [desk for desk in load_settings(file).desks if desk.flow is None]
    for desk, call in zip(five, calls, strict=True):
        assert desk.ring_timeout > call.ring_seconds + 5


def test_the_hotline_has_a_flow_that_is_good(tmp_path: Path) -> None:
    file, flow = tmp_path / "callcenter.toml", tmp_path / "hotline.toml"
    file.write_text(config_text([], Ports(5070, 8081, 1884, 14000)), "utf-8")
    flow.write_text(HOTLINE_FLOW, "utf-8")
    settings = load_settings(file)
    (desk,) = settings.desks
    assert desk.flow == flow
    assert check_flow(load_flow(flow), settings, load_catalogue().prompts) == []


def test_free_ports_differ() -> None:
    ports = Ports.free()
    assert len({ports.sip, ports.http, ports.mqtt}) == 3
    assert ports.page == f"http://127.0.0.1:{ports.http}/"
