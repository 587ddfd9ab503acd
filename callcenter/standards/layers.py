"""The files that a standard is made of: its own, the one that it extends, and so on."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from callcenter.standards.errors import Problem, StandardError, suggest

SUFFIX = ".toml"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one file says. `where` names it in errors; `path` is None for one that ships with the service."""

    where: str
    values: Mapping[str, Any]
    path: Path | None = None


def standard_names() -> list[str]:
    """The names of the standards that ship with the service."""
    entries = files("callcenter.standards").iterdir()
    return sorted(each.name.removesuffix(SUFFIX) for each in entries if each.name.endswith(SUFFIX))


def chain(name: str) -> tuple[Layer, ...]:
    """The layers of the standard `name` (`vanke`, or a path that ends in .toml), the deepest first.

    Raises StandardError.
    """
    return complete(read_layer(name))


def complete(layer: Layer) -> tuple[Layer, ...]:
    """A layer behind all that it extends, the deepest first. Raises StandardError, also for a circle."""
    found, seen = [layer], [_place(layer)]
    while (wanted := found[0].values.get("extends")) is not None:
        below = _below(found[0], wanted)
        if _place(below) in seen:
            circle = " -> ".join((*(each.where for each in reversed(found)), below.where))
            raise StandardError(Problem(found[0].where, "extends", f"goes in a circle: {circle}"))
        seen.append(_place(below))
        found.insert(0, below)
    return tuple(found)


def _place(layer: Layer) -> str:
    """The same for a file whatever its path is written like."""
    return layer.where if layer.path is None else str(layer.path.resolve())


def read_layer(name: str) -> Layer:
    """The file of a standard by its name or its path. Raises StandardError."""
    if name.endswith(SUFFIX):
        path = Path(name)
        return parse_layer(_text(path), name, path)
    if name not in standard_names():
        raise StandardError(
            suggest(name, standard_names(), f"there is no standard {name!r} (a file's name ends in .toml)")
        )
    text = files("callcenter.standards").joinpath(name + SUFFIX).read_text("utf-8")
    return parse_layer(text, name + SUFFIX)


def parse_layer(text: str, where: str, path: Path | None = None) -> Layer:
    """Raises StandardError where it is no TOML."""
    try:
        return Layer(where, tomllib.loads(text), path)
    except (ValueError, RecursionError) as error:  # ValueError: also a whole number of 4301 digits
        raise StandardError(Problem(where, "file", f"is not valid TOML: {error}")) from None


def _below(layer: Layer, wanted: Any) -> Layer:
    if not isinstance(wanted, str) or not wanted:
        reason = 'must be the name of a standard, such as "handbook", or of a file that ends in .toml'
        raise StandardError(Problem(layer.where, "extends", reason))
    if wanted.endswith(SUFFIX) and layer.path is not None:  # a file beside the one that names it
        wanted = str(layer.path.parent / wanted)
    try:
        return read_layer(wanted)
    except StandardError as error:
        raise StandardError(Problem(layer.where, "extends", str(error))) from None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        reason = "is not UTF-8 text: save it as UTF-8"
    except ValueError as error:  # a name that no file can have
        reason = f"cannot be read: {error}"
    raise StandardError(Problem(str(path), "file", reason))
