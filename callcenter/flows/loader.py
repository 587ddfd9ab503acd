"""Reading a flow: a TOML file as a `Flow`, or the flow of a desk that has no file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from callcenter.flows.checks import Problem, structure
from callcenter.flows.schema import Flow
from callcenter.settings import Desk


class FlowError(Exception):
    """A flow is wrong; each line of the message names the file, the key and the reason."""

    def __init__(self, where: str, problems: Iterable[Problem]) -> None:
        self.where, self.problems = where, tuple(problems)
        super().__init__("\n".join(f"{where}: {problem}" for problem in self.problems))


def load_flow(path: Path) -> Flow:
    """The flow in a file, sound in itself. Whether it fits the site is for `check_flow`. Raises FlowError."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise FlowError(str(path), [Problem("file", f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise FlowError(str(path), [Problem("file", "is not UTF-8 text")]) from None
    return parse_flow(text, str(path))


def parse_flow(text: str, where: str) -> Flow:
    """The flow written in `text`; `where` is named in errors. Raises FlowError."""
    try:
        flow = Flow.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise FlowError(where, [Problem("file", f"is not valid TOML: {error}")]) from None
    except ValidationError as error:
        raise FlowError(where, [_problem(item) for item in error.errors()]) from None
    if problems := structure(flow):
        raise FlowError(where, problems)
    return flow


def flow_of(desk: Desk) -> Flow:
    """What a desk does whose `[[desk]]` names its agents and no file: it rings them. Raises FlowError
    where it names a file that is wrong."""
    if desk.flow is not None:
        return load_flow(desk.flow)
    group = {
        "agents": desk.agents,
        "order": desk.ring,
        "ring_timeout": desk.ring_timeout,
        "missed": "keep",
    }
    ring = {"do": "ring", "group": "desk"}
    return Flow.model_validate({"start": {"open": "ring"}, "group": {"desk": group}, "step": {"ring": ring}})


def _problem(item: Any) -> Problem:
    """pydantic's error with the key as the file has it: without the kind of step, which it puts there."""
    location = [str(part) for part in item["loc"] if part != "[key]"]
    if len(location) > 2 and location[0] == "step":
        del location[2]
    return Problem(".".join(location) or "file", item["msg"].removeprefix("Value error, "))
