"""Which keys a standard's file may hold and what each is, one file at a time and before any is merged.

So an error names the file and the key as it stands there, and all of a file's errors are told at once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

from pydantic import Field, TypeAdapter, ValidationError

from callcenter.domain.standards import KINDS, Forbidden, Thresholds
from callcenter.standards.errors import suggest
from callcenter.standards.instructions import ADD, INSTRUCTIONS, OFF, REMOVE
from callcenter.standards.meaning import Found, Path, meaningless

Shape = Mapping[str, Any]
"""By key: a type, or the shape of a table."""
Text = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(gt=0, le=600)]
HEAD: Final[Shape] = {
    "extends": Text,
    "name": Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=40)],
    "title": Text,
    "version": Text,
}
BODY: Final[Shape] = {
    "rings": {
        "max_rings": Annotated[int, Field(ge=1, le=20)],
        "cadence": {"tone": Seconds, "pause": Seconds},
    },
    "thresholds": dict.fromkeys(("sure", "absent", "spot"), Annotated[float, Field(ge=0, le=1)]),
    "rule": {},
}
assert set(BODY["thresholds"]) == {each.name for each in fields(Thresholds)}


def check_file(values: Mapping[str, Any]) -> Found:
    """What is wrong with a standard's file."""
    for key in ("name", "title", "version"):
        if key not in values:
            yield (key,), "is missing: every standard has its own"
    yield from _table(values, {**HEAD, **BODY}, ())


def check_override(values: Mapping[str, Any]) -> Found:
    """What is wrong with a desk's changes of its standard."""
    for key in set(HEAD) & set(values):
        yield (key,), "is the standard's own: take it out here, or write a file that extends the standard"
    if "max_rings" in _mapping(values.get("rings")):
        yield ("rings", "max_rings"), "is written as max_rings of the desk: write it there"
    yield from _table({key: part for key, part in values.items() if key not in HEAD}, BODY, ())


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _table(value: Any, shape: Shape, path: Path) -> Found:
    if not isinstance(value, Mapping):
        yield path, f"must be a table, not {value!r}"
        return
    for key, part in value.items():
        here = (*path, key)
        if path == ("rule",):
            yield from _rule(key, part, here)
        elif key not in shape:
            yield here, suggest(key, shape, "there is no such key")
        elif isinstance(shape[key], Mapping):
            yield from _table(part, shape[key], here)
        else:
            yield from _value(part, shape[key], here)


def _rule(id: str, value: Any, path: Path) -> Found:
    if id not in KINDS:
        yield path, suggest(id, KINDS, "there is no such rule")
        return
    if not isinstance(value, Mapping):
        yield path, f"must be a table, not {value!r}; a rule is switched off by off = true in it"
        return
    hints = hints_of(id)
    for key, part in value.items():
        here = (*path, key)
        if key == OFF:
            yield from _value(part, bool, here)
        elif key in (ADD, REMOVE):
            yield from _changes(part, id, here)
        elif key not in hints:
            known = (*hints, *INSTRUCTIONS)
            yield here, suggest(key, known, f"there is no such key in the rule {id}")
        else:
            yield from _entry(key, part, hints[key], here)


def _changes(value: Any, id: str, path: Path) -> Found:
    """`add` and `remove`: for lists alone, or tables of lists."""
    if not isinstance(value, Mapping):
        yield path, f'must say of which list, as {path[-1]}.phrases = ["…"]'
        return
    lists = {key: hint for key, hint in hints_of(id).items() if _is_list(hint)}
    for key, part in value.items():
        here = (*path, key)
        if key not in lists:
            yield here, suggest(key, lists, "there is no such list")
        elif path[-1] == REMOVE and key == "words":
            yield from _value(part, tuple[str, ...], here)  # a forbidden word is taken out by its word
        else:
            yield from _entry(key, part, lists[key], here)


def _is_list(hint: Any) -> bool:
    return get_origin(hint) is tuple or (
        get_origin(hint) is Mapping and get_origin(get_args(hint)[1]) is tuple
    )


def _entry(key: str, value: Any, hint: Any, path: Path) -> Found:
    """A key of a rule: its type, and what no type says."""
    wrong = list(_value(value, hint, path))
    yield from wrong
    if wrong:
        return
    yield from meaningless(key, value, path)


def _value(value: Any, hint: Any, path: Path) -> Found:
    try:
        text = json.dumps(value)
    except TypeError:
        yield path, "must not be a date or a time"
        return
    if not _finite(value):
        yield path, "must be a number that has an end"
        return
    try:
        _adapter(hint).validate_json(text, strict=True)
    except ValidationError as error:
        for item in error.errors():
            yield (*path, *item["loc"]), _reason(item["msg"], item["input"])
    else:
        yield from _keys_of_items(value, hint, path)


def _reason(message: str, value: Any) -> str:
    plain = message.removeprefix("Value error, ").replace("Input should be", "must be")
    plain = plain.replace("a valid array", 'a list, such as ["…"]').replace("a valid string", 'a text in "…"')
    plain = plain.replace("a dictionary or an instance of Forbidden", 'a table, such as { word = "…" }')
    plain = plain.replace("an object", 'a table, such as { word = "…" }')
    return f"{plain}, not {value!r}" if plain.startswith("must be") else plain


def _finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _keys_of_items(value: Any, hint: Any, path: Path) -> Found:
    """Keys that a forbidden word does not have; pydantic passes over them."""
    if hint != tuple[Forbidden, ...]:
        return
    known = tuple(get_type_hints(Forbidden))
    for number, item in enumerate(value):
        for key in item:
            if key not in known:
                yield (*path, number, key), suggest(key, known, "a forbidden word has no such key")


@cache
def hints_of(id: str) -> Mapping[str, Any]:
    """The keys of a rule with their types; its id is the name of its table."""
    return {key: hint for key, hint in get_type_hints(KINDS[id]).items() if key != "id"}


@cache
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint)
