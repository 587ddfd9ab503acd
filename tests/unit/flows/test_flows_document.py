"""docs/flows.md names every key of a flow with its default, and shows an example as it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from rich.console import Console

from callcenter.flow_tree import flow_tree
from callcenter.flows import load_flow
from callcenter.flows.schema import AnyStep, Flow, Group, HoursPart, StepPart

ROOT = Path(__file__).parent.parent.parent.parent
DOCUMENT = (ROOT / "docs" / "flows.md").read_text("utf-8")

PARTS: dict[str, type[BaseModel]] = {
    f"## `[{name}]": field.annotation
    for name, field in Flow.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
}
KINDS: tuple[type[StepPart], ...] = get_args(AnyStep)
STEPS = {f'### `do = "{kind.model_fields["do"].default}"`': kind for kind in KINDS}
TABLES: dict[str, type[BaseModel]] = {**PARTS, "## `[hours]": HoursPart, "## `[group.NAME]": Group, **STEPS}


def described(heading: str) -> dict[str, str]:
    """The keys in the table under a heading, each with its default as it is written there."""
    text = re.split(r"^#+ ", DOCUMENT.partition(f"\n{heading}")[2], maxsplit=1, flags=re.MULTILINE)[0]
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|", text, flags=re.MULTILINE)
    return {key: default.strip() for key, default in rows}


def written(field: FieldInfo) -> str:
    """A default as TOML has it; nothing for one that is needed or empty."""
    default: Any = field.default
    if default is PydanticUndefined or default == "":
        return ""
    return f"`{json.dumps(default)}`"


@pytest.mark.parametrize("heading", TABLES)
def test_every_key_is_described_with_its_default(heading: str) -> None:
    fields = {name: field for name, field in TABLES[heading].model_fields.items() if name != "do"}
    assert described(heading) == {name: written(field) for name, field in fields.items()}


def test_every_part_has_a_heading() -> None:
    assert len(PARTS) == len(Flow.model_fields) - 3  # hours may be none, groups and steps are many


def test_the_picture_is_what_the_command_draws() -> None:
    console = Console(width=200, no_color=True)
    with console.capture() as capture:
        console.print(flow_tree(load_flow(ROOT / "flows" / "front.toml"), "flows/front.toml"))
    picture = "\n".join(line.rstrip() for line in capture.get().splitlines())
    assert picture.partition("\n")[2] in DOCUMENT


def test_the_examples_are_named() -> None:
    assert {f"`{file.name}`" for file in (ROOT / "flows").glob("*.toml")} <= set(
        re.findall(r"`\w+\.toml`", DOCUMENT)
    )
