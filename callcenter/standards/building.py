"""From what a standard's files say together to a `Standard`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from callcenter.domain.rings import CHINA, Cadence
from callcenter.domain.standards import KINDS, Rule, Standard, Thresholds
from callcenter.standards.errors import Problem, StandardError


def build(whole: Mapping[str, Any], where: str) -> Standard:
    """A standard of a merged table whose parts have been checked. Raises StandardError.

    `where` is named where something is missing, or does not go together.
    """
    problems = [Problem(where, key, reason) for key, reason in _missing(whole)]
    if problems:
        raise StandardError(*problems)
    limits, rules = _thresholds(whole), [_rule(id, whole["rule"][id]) for id in KINDS if id in whole["rule"]]
    problems = [Problem(where, *each) for each in (limits, *rules) if isinstance(each, tuple)]
    if problems:
        raise StandardError(*problems)
    rings = whole["rings"]
    return Standard(
        name=whole["name"],
        title=whole["title"],
        version=whole["version"],
        max_rings=rings["max_rings"],
        cadence=Cadence(**{**_cadence(CHINA), **rings.get("cadence", {})}),
        thresholds=cast(Thresholds, limits),
        rules=tuple(cast(Sequence[Rule], rules)),
    )


def _cadence(cadence: Cadence) -> dict[str, float]:
    return {"tone": cadence.tone, "pause": cadence.pause}


def _missing(whole: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What neither this standard nor one that it extends says."""
    if "max_rings" not in whole.get("rings", {}):
        yield "rings.max_rings", 'is missing: write it, or extend a standard (extends = "handbook")'
    for key in (each.name for each in fields(Thresholds)):
        if key not in whole.get("thresholds", {}):
            yield f"thresholds.{key}", 'is missing: extends = "handbook" gives the measured ones'
    if not whole["rule"]:
        yield "rule", 'there is no rule: write some, or extend a standard (extends = "handbook")'
    for id, part in whole["rule"].items():
        for key in required(KINDS[id]):
            if key not in part:
                yield f"rule.{id}.{key}", "is missing"


def required(kind: type[Rule]) -> list[str]:
    """The keys that a rule of that kind must have."""
    needed = (each for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING)
    return [each.name for each in needed if each.name != "id"]


def _thresholds(whole: Mapping[str, Any]) -> Thresholds | tuple[str, str]:
    try:
        return Thresholds(**whole["thresholds"])
    except ValueError as error:
        return "thresholds", str(error)


def _rule(id: str, part: Mapping[str, Any]) -> Rule | tuple[str, str]:
    try:
        return cast(Rule, _adapter(id).validate_json(json.dumps({"id": id, **part})))
    except ValidationError as error:
        return f"rule.{id}", error.errors()[0]["msg"].removeprefix("Value error, ")


@cache
def _adapter(id: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[id])
