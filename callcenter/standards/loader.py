"""A standard's TOML file as a `Standard`, with errors that name the file and the key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from callcenter.domain.rings import Cadence
from callcenter.domain.standards import KINDS, Rule, Standard, Thresholds


class StandardError(Exception):
    """A standard is unknown or its file is wrong; the message names the file and the key."""


Text = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(gt=0, le=600)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Cadence(_Part):
    tone: Seconds = 1.0
    pause: Seconds = 4.0


class _Rings(_Part):
    max_rings: int = Field(ge=1, le=20)
    cadence: _Cadence = _Cadence()


class _File(_Part):
    name: Text
    title: Text
    version: Text
    rings: _Rings
    thresholds: Thresholds
    rule: dict[str, dict[str, Any]]


def standard_names() -> list[str]:
    """The names of the standards that ship with the service."""
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in files("callcenter.standards").iterdir()
        if entry.name.endswith(".toml")
    )


@cache
def load_standard(name: str) -> Standard:
    """The standard `name`, or the one in the file of that path (`…/own.toml`). Raises StandardError."""
    if name.endswith(".toml"):
        try:
            return parse_standard(Path(name).read_text("utf-8"), name)
        except (OSError, UnicodeDecodeError) as error:
            raise StandardError(f"cannot read the standard {name}: {error}") from None
    if name not in standard_names():
        raise StandardError(f"there is no standard {name!r}; there are: {', '.join(standard_names())}")
    return parse_standard(
        files("callcenter.standards").joinpath(f"{name}.toml").read_text("utf-8"), f"{name}.toml"
    )


def parse_standard(text: str, where: str) -> Standard:
    """The standard written in `text`; `where` is named in errors. Raises StandardError."""
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise StandardError(f"{where} is not valid TOML: {error}") from None
    except ValidationError as error:
        raise StandardError("\n".join(_explain(where, error))) from None
    if unknown := sorted(set(file.rule) - set(KINDS)):
        raise StandardError(
            f"{where}: rule.{unknown[0]}: there is no such rule; there are: {', '.join(KINDS)}"
        )
    return Standard(
        name=file.name,
        title=file.title,
        version=file.version,
        max_rings=file.rings.max_rings,
        cadence=Cadence(**file.rings.cadence.model_dump()),
        thresholds=file.thresholds,
        rules=tuple(_rule(where, id, file.rule[id]) for id in KINDS if id in file.rule),
    )


def _rule(where: str, id: str, part: Mapping[str, Any]) -> Rule:
    try:
        rule: Rule = TypeAdapter(KINDS[id]).validate_python({"id": id, **part})
    except ValidationError as error:
        raise StandardError("\n".join(_explain(where, error, f"rule.{id}"))) from None
    for phrase in rule.listened_for():
        if problem := _problem(phrase):
            raise StandardError(f"{where}: rule.{id}: {problem}")
    return rule


def _problem(phrase: str) -> str:
    """Why it cannot be listened for; nothing where it can."""
    if phrase.count("【") != phrase.count("】"):
        return f"{phrase!r} opens 【 and does not close it"
    if not any("\u4e00" <= character <= "\u9fff" for character in phrase):
        return f"{phrase!r} holds no Chinese to listen for"
    return ""


def _explain(where: str, error: ValidationError, *under: str) -> Iterator[str]:
    for item in error.errors():
        key = ".".join((*under, *(str(part) for part in item["loc"])))
        yield f"{where}: {key}: {item['msg'].removeprefix('Value error, ')}"
