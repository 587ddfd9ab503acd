"""What no type says of the value of a rule's key: that it can be heard, that there is such a kind or item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from callcenter.domain.standards import LEVELS
from callcenter.domain.tickets import TICKET_KINDS
from callcenter.standards.errors import suggest

Path = tuple[str | int, ...]
"""Keys and indices that lead to a value."""
Found = Iterator[tuple[Path, str]]
"""Where it is, and what is wrong and to be done."""

ITEMS: Final = ("household", "surname", "telephone", "matter")
"""What may be collected of a caller."""
MATTERS: Final = tuple(kind.id for kind in TICKET_KINDS)


def meaningless(key: str, value: Any, path: Path) -> Found:
    """What is wrong with the value of a rule's key, whose type is right."""
    if isinstance(value, float | int):
        yield from _figure(key, value, path)
    for check in CHECKS.get(key, ()):
        yield from check(value, path)


def _figure(key: str, value: float, path: Path) -> Found:
    if key == "limit" and any(part in LEVELS for part in path):
        if value > 0:
            yield path, "is a level in dBov, 0 or below: -26 is what telephones aim at"
    elif value < 0:
        yield path, "must not be below 0"


def _figures(value: Mapping[str, float], path: Path) -> Found:
    for key, part in value.items():
        yield from _figure(key, part, (*path, key))


def _not_empty(value: str, path: Path) -> Found:
    if not value.strip():
        yield path, "must not be empty"


def _share(value: float, path: Path) -> Found:
    if value > 1:
        yield path, "is a part of the whole: between 0 and 1"


def _heard(value: Any, path: Path) -> Found:
    for place, phrase in _texts(value, path):
        if problem := unheard(phrase):
            yield place, problem


def _known(known: Iterable[str], what: str, value: Iterable[str], path: Path) -> Found:
    """The keys of a table, or the members of a list."""
    for number, each in enumerate(value):
        if each not in known:
            yield (*path, each if isinstance(value, Mapping) else number), suggest(each, known, what)


def _known_within(known: Iterable[str], what: str, value: Mapping[str, Iterable[str]], path: Path) -> Found:
    for key, part in value.items():
        yield from _known(known, what, part, (*path, key))


_NO_ITEM, _NO_MATTER = "there is no such item", "there is no such kind of matter"
Check = Callable[[Any, Path], Found]
CHECKS: Final[Mapping[str, tuple[Check, ...]]] = {
    **dict.fromkeys(("title", "source", "clause"), (_not_empty,)),
    **dict.fromkeys(
        ("greetings", "names", "any_name", "rivals", "phrases", "partial", "others", "offers", "confirms",
         "words", "listening"), (_heard,),
    ),
    "asks": (_heard, lambda value, path: _known(ITEMS, _NO_ITEM, _tables_keys(value), path)),
    "wanted": (partial(_known, MATTERS, _NO_MATTER), partial(_known_within, ITEMS, _NO_ITEM)),
    "kinds": (partial(_known, MATTERS, _NO_MATTER),),
    **dict.fromkeys(("limits", "workdays"), (partial(_known, MATTERS, _NO_MATTER), _figures)),
    "share": (_share,),
}  # fmt: skip
"""By a rule's key: what is looked at."""


def _tables_keys(value: Any) -> Any:
    """`asks` is a table by the item in one rule, and a plain list in another."""
    return value if isinstance(value, Mapping) else ()


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """All texts within, with where they are; of a forbidden word not where it is forbidden."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            if key != "where":
                yield from _texts(part, (*path, key))
    else:
        for number, part in enumerate(value):
            yield from _texts(part, (*path, number))


def unheard(phrase: str) -> str:
    """Why a phrase cannot be listened for; nothing where it can."""
    depth = 0
    for character in phrase:
        depth += {"【": 1, "】": -1}.get(character, 0)
        if depth not in (0, 1):
            return f"{phrase!r} opens or closes 【】 in the wrong place"
    if depth:
        return f"{phrase!r} opens 【 and does not close it"
    if "【】" in phrase:
        return f"{phrase!r} has nothing in its 【】"
    if not any("\u4e00" <= character <= "\u9fff" for character in phrase):
        return f"{phrase!r} holds no Chinese to listen for"
    if "{" in phrase:
        return f"{phrase!r} holds a brace: phrases have no places to fill in, leave that part out"
    return ""
