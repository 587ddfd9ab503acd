"""A flow as a picture."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from callcenter.flow_tree import flow_tree
from callcenter.flows import load_flow, parse_flow

FLOWS = sorted((Path(__file__).parent.parent.parent / "flows").glob("*.toml"))
EVERYTHING = """
[start]
open = "hello"

[group.a]
agents = [{ number = "8001", tier = 2 }, "8002"]

[step.hello]
do = "say"
prompt = "hello"
next = "language"

[step.language]
do = "language"
prompt = "menu-language"
keys = { "2" = "en" }
next = "away"

[step.away]
do = "outside"
number = "13800138000"
no_answer = "hello"
"""


def drawn(text: str) -> str:
    console = Console(width=200, record=True, file=Path("/dev/null").open("w"))  # noqa: SIM115
    with console.file:
        console.print(flow_tree(parse_flow(text, "x.toml"), "x.toml"))
    return console.export_text()


def test_a_flow_is_drawn_from_its_start() -> None:
    text = drawn(
        EVERYTHING.replace("[group.a]", "[group.a]").replace('no_answer = "hello"', 'nobody = "ring"')
        + """
[step.ring]
do = "ring"
group = "a"
"""
    )
    lines = [line.strip("│├└─ ") for line in text.splitlines()]
    assert lines[0].startswith("x.toml  ")
    assert "营业时间 hours: 全天 always open" in lines
    assert "坐席组 group a: 8002，再 8001，轮流 in turn，每人 20 秒" in lines
    assert "营业 open → hello 播放 say 「hello」" in lines
    assert "然后 next → language 选择语言 language 「menu-language」：2 English" in lines
    assert "无人接听 no answer → 结束 end" in lines
    assert "无人在岗 nobody → ring 振铃 ring a" in lines
    assert text.index("hello") < text.index("language") < text.index("away")


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_every_step_of_the_examples_is_drawn_once(path: Path) -> None:
    flow = load_flow(path)
    text = drawn(path.read_text("utf-8"))
    for id in flow.steps:
        entered = [line for line in text.splitlines() if f"→ {id} " in line and "见上" not in line]
        assert len(entered) == 1, id


def test_numbers_that_ring_through_are_counted_and_not_shown() -> None:
    text = drawn(FLOWS[0].read_text("utf-8"))
    assert "直通号码 always through: 1" in text
    assert "13800138000" not in text
