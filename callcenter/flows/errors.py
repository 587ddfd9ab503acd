"""What is wrong with a flow's or a calendar's file, told so that it can be mended."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Problem:
    """`key` as the file has it, such as `step.menu.keys.1`; `reason` says what to do."""

    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.key}: {self.reason}"


class FlowError(Exception):
    """A flow or a calendar is wrong; each line of the message names the file, the key and the reason."""

    def __init__(self, where: str, problems: Iterable[Problem]) -> None:
        self.where, self.problems = where, tuple(problems)
        super().__init__("\n".join(f"{where}: {problem}" for problem in self.problems))

    @classmethod
    def together(cls, errors: Iterable[FlowError]) -> FlowError:
        """All that is wrong with several files as one error."""
        errors = tuple(errors)
        whole = cls(", ".join(error.where for error in errors), ())
        whole.problems = tuple(problem for error in errors for problem in error.problems)
        whole.args = ("\n".join(map(str, errors)),)
        return whole


def read_text(path: Path) -> str:
    """A file's text. Raises FlowError."""
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise FlowError(str(path), [Problem("file", f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise FlowError(str(path), [Problem("file", "is not UTF-8 text")]) from None
    except ValueError as error:  # a name that no file can have
        raise FlowError(str(path), [Problem("file", f"cannot be read: {error}")]) from None


def parse(kind: type[Model], text: str, where: str) -> Model:
    """The TOML `text` as a value of `kind`; `where` is named in errors. Raises FlowError."""
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a whole number of 4301 digits
        raise FlowError(where, [Problem("file", f"is not valid TOML: {error}")]) from None
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise FlowError(where, [_problem(item) for item in error.errors()]) from None


def _problem(item: ErrorDetails) -> Problem:
    """pydantic's error with the key as the file has it: without the kind of step, which it puts there."""
    location = [str(part) for part in item["loc"] if part != "[key]"]
    if len(location) > 2 and location[0] == "step":
        del location[2]
    return Problem(".".join(location) or "file", item["msg"].removeprefix("Value error, "))
