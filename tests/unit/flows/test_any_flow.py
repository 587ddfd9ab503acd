"""Whatever a file holds, it is a flow, or a FlowError says why not."""

from __future__ import annotations

import contextlib
import copy
import json
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.workdays import Calendar
from callcenter.flow_tree import flow_tree
from callcenter.flows import FlowError, check_flow, check_site, load_flow, parse_flow
from callcenter.flows.calendar import parse_calendar
from callcenter.settings import Settings

EXAMPLES = sorted((Path(__file__).parent.parent.parent.parent / "flows").glob("*.toml"))
PARSED = [tomllib.loads(file.read_text("utf-8")) for file in EXAMPLES]
WORDS = sorted({word for file in EXAMPLES for word in file.read_text("utf-8").replace('"', " ").split()})

texts = st.sampled_from([*WORDS, "end", "back", "", "0", "*"]) | st.text("abé中0-:*#\\\n\"'", max_size=6)
values = st.recursive(
    texts
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.booleans()
    | st.dates()
    | st.datetimes()
    | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def toml(value: Any) -> str:
    """A value as TOML writes it in line."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False)
        case dict():
            return "{" + ", ".join(f"{toml(key)} = {toml(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return repr(value)


def written(flow: dict[str, Any]) -> str:
    return "".join(f"{toml(key)} = {toml(value)}\n" for key, value in flow.items())


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """An example in which some keys are gone, renamed, or hold something else."""
    flow = copy.deepcopy(draw(st.sampled_from(PARSED)))
    for _ in range(draw(st.integers(1, 4))):
        part: Any = flow
        while True:
            key = draw(st.sampled_from(sorted(part)))
            if not isinstance(part[key], dict) or not part[key] or draw(st.booleans()):
                break
            part = part[key]
        old = part.pop(key)
        if draw(st.booleans()):
            part[draw(st.just(key) | texts)] = draw(values | st.just(old))
        if not flow:
            break
    return written(flow)


def taken(text: str) -> None:
    """A flow that is taken can be used by all that reads one; a refusal names file, key and reason."""
    try:
        flow = parse_flow(text, "x.toml")
    except FlowError as error:
        assert error.problems
        assert all(problem.key and problem.reason for problem in error.problems)
        assert str(error).startswith("x.toml: ")
        return
    assert len(flow.digest) == 12
    assert flow_tree(flow, "x.toml").children
    check_flow(flow, Settings(), ())
    check_site({"front": flow})


@pytest.mark.parametrize("flow", PARSED, ids=[file.stem for file in EXAMPLES])
def test_an_example_is_the_same_however_it_is_written(flow: dict[str, Any]) -> None:
    assert parse_flow(written(flow), "x.toml") in [load_flow(file) for file in EXAMPLES]


@given(damaged())
def test_a_damaged_flow_is_refused_or_a_flow(text: str) -> None:
    taken(text)


@given(st.dictionaries(st.sampled_from(["start", "step", "group", "hours", "notice"]), values, max_size=5))
def test_any_values_are_refused_or_a_flow(flow: dict[str, Any]) -> None:
    taken(written(flow))


@given(
    st.text()
    | st.lists(st.sampled_from(WORDS)).map(" ".join)
    | st.lists(st.sampled_from(WORDS)).map("\n".join)
)
def test_any_text_is_refused_or_a_flow(text: str) -> None:
    taken(text)


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = " + "9" * 5000, "a." * 5000 + "b = 1", "\0"])
def test_a_text_that_no_reader_can_take_is_refused(text: str) -> None:
    with pytest.raises(FlowError):
        parse_flow(text, "x.toml")


@given(st.binary())
def test_any_bytes_are_refused_or_a_flow(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    with contextlib.suppress(FlowError):
        load_flow(path)


@pytest.mark.parametrize("name", ["", "gone.toml", "\0", "x" * 300])
def test_a_file_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FlowError, match="file: cannot be read"):
        load_flow(tmp_path / name)


@given(st.dictionaries(st.sampled_from(["years", "holidays", "working", "weekends"]), values, max_size=4))
def test_any_calendar_is_refused_or_one(file: dict[str, Any]) -> None:
    with contextlib.suppress(FlowError):
        parse_calendar(written(file), "calendar.toml", Calendar())
