"""A standard's TOML files as a `Standard`, with errors that name each file and key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from callcenter.domain.standards import Standard
from callcenter.settings import Desk
from callcenter.standards.building import build
from callcenter.standards.errors import Problem, StandardError
from callcenter.standards.layers import SUFFIX, Layer, chain, complete, parse_layer, standard_names
from callcenter.standards.meaning import Found
from callcenter.standards.merging import merge
from callcenter.standards.shape import check_file, check_override


def load_standard(name: str) -> Standard:
    """The standard `name`, or the one in the file of that path (`…/own.toml`), as it is now.

    Raises StandardError, with all that is wrong.
    """
    return _read(name) if name.endswith(SUFFIX) else _shipped(name)


def _read(name: str) -> Standard:
    layers = chain(name)
    _refuse(_problems(layers))
    return _merged(layers)


_shipped = cache(_read)


def parse_standard(text: str, where: str) -> Standard:
    """The standard written in `text`; `where` is named in errors. Raises StandardError."""
    layers = complete(parse_layer(text, where))
    _refuse(_problems(layers))
    return _merged(layers)


def desk_standard(desk: Desk) -> Standard:
    """The standard of a desk, with what the desk says otherwise, as it was when it was first asked for.

    Raises StandardError.
    """
    return _overridden(desk.standard, desk.id, _Frozen(desk.override), desk.max_rings)


class _Frozen:
    """A desk's override as a key of the cache: settings do not change while the service runs."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self._text = repr(values)

    def __hash__(self) -> int:
        return hash(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and self._text == other._text


@cache
def _overridden(name: str, desk: str, override: _Frozen, max_rings: int | None) -> Standard:
    if not override.values and max_rings is None:
        return load_standard(name)
    where = f"[[desk]] {desk}: override"
    below = chain(name)
    _refuse(_problems(below))
    _refuse(_told(where, check_override(override.values)))
    rings = {} if max_rings is None else {"rings": {"max_rings": max_rings}}
    return _merged((*below, Layer(where, override.values), Layer(where, rings)))


def _problems(layers: Iterable[Layer]) -> list[Problem]:
    found = [problem for layer in layers for problem in _told(layer.where, check_file(layer.values))]
    return found + [problem for layer in layers for problem in _name_is_taken(layer)]


def _name_is_taken(layer: Layer) -> list[Problem]:
    """A file of one's own that calls itself as a shipped one: nobody could tell their findings apart."""
    name = layer.values.get("name")
    if name not in standard_names() or (layer.where == f"{name}{SUFFIX}" and layer.path is None):
        return []
    return [Problem(layer.where, "name", f"{name!r} is a standard that ships: give yours another name")]


def _told(where: str, found: Found) -> list[Problem]:
    return [Problem(where, key_of(path), reason) for path, reason in found]


def key_of(path: Iterable[str | int]) -> str:
    """`rule.closing.phrases[2]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _merged(layers: Sequence[Layer]) -> Standard:
    whole, problems = merge(layers)
    _refuse(problems)
    return build(whole, layers[-1].where)


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise StandardError(*problems)
