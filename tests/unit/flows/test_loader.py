"""Reading a flow; what is wrong is told with file, key and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.flows import FlowError, flow_of, load_flow, parse_flow
from callcenter.flows.schema import Ring
from callcenter.settings import Desk

SMALL = """
[start]
open = "ring"

[group.front]
agents = ["8001"]

[step.ring]
do = "ring"
group = "front"
"""


def refused(text: str) -> str:
    with pytest.raises(FlowError) as caught:
        parse_flow(text, "x.toml")
    return str(caught.value)


def test_a_small_flow() -> None:
    flow = parse_flow(SMALL, "x.toml")
    assert flow.groups["front"].order == "in_turn"
    assert flow.notice.mode == "off"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('open = "ring"', "open = 3", "x.toml: start.open: "),
        ('open = "ring"', 'opne = "ring"', "x.toml: start.opne: Extra inputs are not permitted"),
        ("[start]", "[start", "x.toml: file: is not valid TOML"),
        ('do = "ring"', 'do = "sing"', "x.toml: step.ring: Input tag 'sing'"),
        ('do = "ring"', 'do = "ring"\nprompt = "x"', "x.toml: step.ring.prompt: Extra inputs"),
        ("[step.ring]", "[step.Ring]", "x.toml: step.Ring: "),
        ("[step.ring]", "[step.end]", "x.toml: step: 'end' is a word of its own"),
        ("[start]", '[hours]\nweekends = ["9-17"]\n[start]', "'9-17' is no time from-to, for example"),
        (
            "[start]",
            '[hours]\nweekends = ["09:00-25:00"]\n[start]',
            "hours.weekends.0: '09:00-25:00' is past",
        ),
        ("[start]", '[hours]\ndates = { "2026-13-01" = [] }\n[start]', "hours.dates.2026-13-01: "),
        ("[start]", '[notice]\nobjection_key = "12"\n[start]', "notice.objection_key"),
        ('agents = ["8001"]', "agents = []", "group.front.agents: "),
        ('agents = ["8001"]', 'agents = [{ number = "8001", teir = 1 }]', "group.front.agents.0.teir: "),
        ('agents = ["8001"]', 'agents = ["8001"]\norder = "random"', "group.front.order: "),
    ],
)
def test_a_wrong_key_is_named(old: str, new: str, told: str) -> None:
    assert told in refused(SMALL.replace(old, new))


def test_a_wrong_key_of_a_menu_is_named() -> None:
    menu = '[step.menu]\ndo = "menu"\nprompt = "menu"\nkeys = { "12" = "ring" }\n'
    assert "x.toml: step.menu.keys.12: " in refused(SMALL + menu)


def test_all_that_is_wrong_is_told_at_once() -> None:
    told = refused(SMALL.replace('open = "ring"', 'open = "nowhere"').replace('"front"', '"back"'))
    assert len(told.splitlines()) == 3  # the start, the group that is not there, the one that nobody rings


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match=r"front\.toml: file: cannot be read: No such file") as caught:
        load_flow(tmp_path / "front.toml")
    assert caught.value.where.endswith("front.toml")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "front.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(FlowError, match="is not UTF-8"):
        load_flow(tmp_path / "front.toml")


@pytest.mark.parametrize("ring", ["in_order", "together"])
def test_a_desk_without_a_file_rings_its_agents(ring: str) -> None:
    values = {"id": "front", "number": "8000", "name": "前台", "agents": ("8001", "8002"), "ring_timeout": 7}
    flow = flow_of(Desk.model_validate({**values, "ring": ring}))
    (group,) = flow.groups.values()
    assert [agent.number for agent in group.agents] == ["8001", "8002"]
    assert (group.order, group.ring_timeout, group.missed, group.returning) == (ring, 7, "keep", 0)
    step = flow.steps[flow.start.open]
    assert isinstance(step, Ring)
    assert {exit.to for exit in step.exits()} == {"end"}
    assert (flow.notice.mode, flow.after.survey, flow.hours) == ("off", "", None)


def test_a_desk_with_a_file_does_what_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "front.toml").write_text(SMALL, "utf-8")
    desk = Desk(id="front", number="8000", name="前台", flow=tmp_path / "front.toml")
    assert flow_of(desk) == parse_flow(SMALL, "")
