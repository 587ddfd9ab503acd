"""A standard's TOML file as a `Standard`, with errors that name the file and the key."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from callcenter.domain.rings import Cadence
from callcenter.domain.standards import LengthRule, OpeningRule, PhraseRule, Rule, Standard, Thresholds


class StandardError(Exception):
    """A standard is unknown or its file is wrong; the message names the file and the key."""


def _phrase(value: str) -> str:
    if value.count("【") != value.count("】"):
        raise ValueError(f"{value!r} opens 【 and does not close it")
    if not any("\u4e00" <= character <= "\u9fff" for character in value):
        raise ValueError(f"{value!r} holds no Chinese to listen for")
    return value


AnyRule = TypeVar("AnyRule", bound=Rule)
Phrases = tuple[Annotated[str, AfterValidator(_phrase)], ...]
Text = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(gt=0, le=600)]
Cost = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Cadence(_Part):
    tone: Seconds = 1.0
    pause: Seconds = 4.0


class _Rings(_Part):
    max_rings: int = Field(ge=1, le=20)
    cadence: _Cadence = _Cadence()


class _Thresholds(_Part):
    sure: Cost
    absent: Cost
    spot: Cost


class _Rule(_Part):
    title: Text
    source: Text
    clause: Text


class _Length(_Rule):
    limit: float = Field(gt=0, le=86400)


class _Opening(_Rule):
    greetings: Phrases = Field(min_length=1)
    names: Phrases = ()
    any_name: Phrases = ()
    rivals: Phrases = ()
    within: Seconds
    gap: Seconds


class _Phrase(_Rule):
    phrases: Phrases = Field(min_length=1)
    partial: Phrases = ()
    others: Phrases = ()
    last: Seconds | None = None


class _Rules(_Part):
    three_rings: _Rule | None = None
    opening: _Opening | None = None
    anything_else: _Phrase | None = None
    closing: _Phrase | None = None
    caller_hangs_up_first: _Rule | None = None
    hotline_held: _Length | None = None
    private_call: _Length | None = None


class _File(_Part):
    name: Text
    title: Text
    version: Text
    rings: _Rings
    thresholds: _Thresholds
    rule: _Rules


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
    if file.thresholds.sure >= file.thresholds.absent:
        raise StandardError(f"{where}: thresholds.sure must be below thresholds.absent")
    return _standard(file)


def _standard(file: _File) -> Standard:
    rules = file.rule
    return Standard(
        name=file.name,
        title=file.title,
        version=file.version,
        max_rings=file.rings.max_rings,
        cadence=Cadence(**file.rings.cadence.model_dump()),
        thresholds=Thresholds(**file.thresholds.model_dump()),
        three_rings=_make(Rule, "three_rings", rules.three_rings),
        opening=_make(OpeningRule, "opening", rules.opening),
        anything_else=_make(PhraseRule, "anything_else", rules.anything_else),
        closing=_make(PhraseRule, "closing", rules.closing),
        caller_hangs_up_first=_make(Rule, "caller_hangs_up_first", rules.caller_hangs_up_first),
        hotline_held=_make(LengthRule, "hotline_held", rules.hotline_held),
        private_call=_make(LengthRule, "private_call", rules.private_call),
    )


def _make(kind: type[AnyRule], id: str, part: _Rule | None) -> AnyRule | None:
    return None if part is None else kind(id=id, **part.model_dump())


def _explain(where: str, error: ValidationError) -> list[str]:
    return [
        f"{where}: {'.'.join(str(part) for part in item['loc'])}: {item['msg'].removeprefix('Value error, ')}"
        for item in error.errors()
    ]
