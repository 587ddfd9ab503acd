"""A flow as a picture."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from callcenter.flow_tree import flow_tree
from callcenter.flows import load_flow, parse_flow

EXAMPLES = sorted((Path(__file__).parent.parent.parent / "flows").glob("*.toml"))


def drawn(text: str) -> list[str]:
    console = Console(width=200, no_color=True)
    with console.capture() as capture:
        console.print(flow_tree(parse_flow(text, "x.toml"), "x.toml"))
    return [line.rstrip() for line in capture.get().splitlines()]


SMALL = """
[hours]
working_days = ["09:00-18:00"]
[start]
open = "menu"
closed = "bye"
[group.all]
agents = ["8001", { number = "8002", tier = 2, skills = ["english"] }]
[step.menu]
do = "menu"
prompt = "menu-main"
keys = { "1" = "ring", "2" = "menu" }
[step.ring]
do = "ring"
group = "all"
nobody = "bye"
[step.bye]
do = "hangup"
"""


def test_a_flow_is_drawn_from_its_beginnings_on() -> None:
    lines = drawn(SMALL)
    assert lines[0].startswith("x.toml  ")
    assert lines[1:] == [
        "├── 营业时间 hours: 工作日 09:00-18:00；周末 休息 closed；节假日 休息 closed",
        "├── 录音告知 recording notice: 不播放 off",
        "├── 坐席组 group all: 8001，再 8002（english），轮流 in turn，每人 20 秒",
        "├── 营业 open → menu 按键菜单 menu 「menu-main」，6 秒，3 次",
        "│   ├── 按 1 键 → ring 振铃 ring all",
        "│   │   ├── 无人接听 no answer → 结束 end",
        "│   │   ├── 占线 busy → 结束 end",
        "│   │   └── 无人在岗 nobody → bye 挂断 hang up",
        "│   ├── 按 2 键 → menu 见上 above",
        "│   └── 未选择 otherwise → 结束 end",
        "└── 非营业 closed → bye 见上 above",
    ]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_step_of_an_example_is_drawn(file: Path) -> None:
    flow, text = load_flow(file), "\n".join(drawn(file.read_text("utf-8")))
    for name in flow.steps:
        assert f" → {name} " in text
