"""The desk's own words: what the second hearing listens for, and names that are put right by sound.

The shipped file is for any property-management desk; a site's own file and the desks' names are added to it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final

from transcripts.sound import syllables

SHIPPED: Final = Path(__file__).parent / "data" / "lexicon.toml"

_DIGITS: Final = "零一二三四五六七八九"
_KEYS: Final = ("names", "phrases")


class LexiconError(Exception):
    """The file cannot be used; the message names it, and says what is wrong."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`names` are put right wherever they are heard; `phrases` are how people talk here."""

    names: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()

    def extended(self, names: Iterable[str] = (), phrases: Iterable[str] = ()) -> Lexicon:
        """With those of a desk or site added, each once."""
        return Lexicon(_once((*self.names, *names)), _once((*self.phrases, *phrases)))

    def listened_for(self) -> list[str]:
        """The phrases of the second hearing: the lexicon's, and how numbers and rooms are said."""
        return list(_once((*self.names, *self.phrases, *_numbers())))


def load_lexicon(site: Path | None = None) -> Lexicon:
    """The shipped lexicon with a site's own. Raises LexiconError."""
    shipped = _read(SHIPPED)
    return shipped.extended(_read(site).names, _read(site).phrases) if site else shipped


def _read(path: Path) -> Lexicon:
    try:
        value = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise LexiconError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise LexiconError(f"{path}: is not text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise LexiconError(f"{path}: is not valid TOML: {error}") from None
    if unknown := sorted(set(value) - set(_KEYS)):
        raise LexiconError(f"{path}: unknown key {unknown[0]!r}; there are names and phrases")
    names, phrases = (_texts(path, key, value.get(key, [])) for key in _KEYS)
    return Lexicon(names, phrases)


def _texts(path: Path, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise LexiconError(f"{path}: {key} must be a list of texts in quotation marks")
    for each in value:
        if not syllables(each):
            raise LexiconError(f"{path}: {key}: {each!r} holds no Chinese, and is compared by sound")
    return _once(value)


def _once(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


@cache
def _numbers() -> tuple[str, ...]:
    """Digits in any order, and rooms: the recogniser learns from these which word follows which."""
    counted = _DIGITS[1:]
    pairs = [a + b for a, b in product(_DIGITS, repeat=2)]
    houses = [f"{a}栋{b}" for a, b in product(counted, repeat=2)]
    doors = [f"{a}楼{b}号" for a, b in product(counted, repeat=2)]
    whole = [f"{counted[at]}栋{counted[at - 3]}楼{counted[at - 6]}号" for at in range(9)]
    tens = [f"{each}十" for each in counted[1:]] + [f"十{each}" for each in counted]
    units = [f"{each}{unit}" for each, unit in product(counted, ("单元", "号楼", "层"))]
    return (
        *pairs,
        *houses,
        *doors,
        *whole,
        *tens,
        *units,
        "电话一三",
        "电话一八",
        "幺三",
        "幺八",
        "零幺",
        "幺幺",
    )
